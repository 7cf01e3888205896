import { existsSync, readFileSync, readdirSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { join } from "node:path";

/** Who is working on a stack, as the local backend writes it down. */
export interface Lock {
    pid: number;
    hostname: string;
    timestamp: string;
}

/** This machine, as far as it matters to locks. */
export interface Machine {
    hostname: string;
    /** When it started, in ms since 1970. */
    started: number;
    isRunning(pid: number): boolean;
}

/** The locks on a stack. */
export function readLocks(stateDirectory: string, stack: string): Lock[] {
    const locks = join(stateDirectory, ".pulumi", "locks");
    if (!existsSync(locks)) return [];
    return readdirSync(locks, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".json") && path.split(/[\\/]/).at(-2) === stack)
        .map((path) => JSON.parse(readFileSync(join(locks, path), "utf8")) as Lock);
}

/** Whether the process that took the lock is gone for certain: killed, or the machine was switched off under it. */
export function isStale(lock: Lock, machine: Machine = thisMachine()): boolean {
    if (lock.hostname !== machine.hostname) return false;
    return Date.parse(lock.timestamp) < machine.started || !machine.isRunning(lock.pid);
}

function thisMachine(): Machine {
    return { hostname: hostname(), started: Date.now() - uptime() * 1000, isRunning };
}

function isRunning(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        // Another user's process can't be signalled, but is there.
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
