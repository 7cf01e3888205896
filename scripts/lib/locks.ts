import { existsSync, readFileSync, readdirSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { join } from "node:path";

/** A lock on a stack, as the local backend stores it: the process that works on the stack. */
export interface Lock {
    pid: number;
    hostname: string;
    timestamp: string;
}

/** What has to be known of a machine to check a lock. */
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

/** Whether the process that took the lock has certainly ended: it was killed, or the machine has restarted since. */
export function isStale(lock: Lock, machine: Machine = thisMachine()): boolean {
    if (lock.hostname !== machine.hostname) return false;
    return Date.parse(lock.timestamp) < machine.started || !machine.isRunning(lock.pid);
}

function thisMachine(): Machine {
    return { hostname: hostname(), started: Date.now() - uptime() * 1000, isRunning };
}

/** Whether there is a process. */
export function isRunning(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        // EPERM: the process runs, as another user.
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
