import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { quote } from "../../lib/commandLines";

// The commands as a user runs them, in a project of their own, with stubs of docker, pulumi, kind and kubectl.

const project = path.resolve(__dirname, "..", "..");
/** The stack's settings. */
export const settings = "# mine\nconfig:\n    load-balancing-lab:domain: a.local   # why\n";

/** What `pulumi stack output` prints of a stack that is up. */
const outputs =
    '{"clusterName":"lb-dev","kubeconfig":"[secret]","urls":{"frontend":"https://a.local/frontend"},"try":["curl http://1.2.3.4/"]}\n';

const pulumi = `
wait_for_signal() {
    trap 'echo "asked to stop" >>"$HOME/calls"; stop=1' INT
    echo waiting >>"$HOME/calls"
    while [ -z "$stop" ]; do sleep 0.05; done
    sleep 0.3
    echo stopped >>"$HOME/calls"
    exit 3
}
set -- "${"$"}{*% --event-log /dev/fd/3}"
echo "pulumi $*" >>"$HOME/calls"
case "$*" in
version) echo v3.274.1 ;;
"stack ls --json") if [ -f stack ]; then echo '[{"name":"dev","resourceCount":2}]'; else echo '[]'; fi ;;
"stack init dev --no-select")
    touch stack
    printf 'config:\\n  load-balancing-lab:domain: a.local # why\\nencryptionsalt: v1:new\\n' >Pulumi.dev.yaml ;;
"plugin install") ;;
"up --yes --stack dev"*)
    ls -l "$PULUMI_CONFIG_PASSPHRASE_FILE" | cut -c1-10
    if [ -n "$PULUMI_TELLS" ]; then printf '%s\\n' "$PULUMI_TELLS" >/dev/fd/3; exit 1; fi
    if [ -n "$PULUMI_FAILS" ]; then echo "$PULUMI_FAILS" >&2; exit 255; fi
    [ -z "$PULUMI_WAITS" ] || wait_for_signal ;;
"stack output --stack dev --json") cat "$HOME/outputs" ;;
"stack export --stack dev") 
    if [ -f pending ]; then cat pending
    elif [ -f unmade ]; then echo '{"deployment":{}}'
    else echo '{"deployment":{"resources":[{"urn":"urn:pulumi:dev::load-balancing-lab::Command::cluster-nodes"}]}}'; fi ;;
"stack import --stack dev") cat >imported; rm pending ;;
"stack output --stack dev kubeconfig --show-secrets")
    if [ -f stack ]; then echo "apiVersion: v1"; else echo "error: no stack named 'dev' found" >&2; exit 255; fi ;;
"destroy --yes --stack dev")
    [ -z "$DESTROY_FAILS" ] || exit 1
    [ -z "$PULUMI_WAITS" ] || wait_for_signal ;;
"stack rm --yes --preserve-config --stack dev") rm stack ;;
*) echo "unexpected" >&2; exit 99 ;;
esac`;

const docker = `
if [ -n "$DOCKER_DOWN" ]; then echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1; fi
case "$*" in
"context inspect") echo '[{"Endpoints":{"docker":{"Host":"unix:///var/run/docker.sock"}},"Storage":{"TLSPath":""}}]' ;;
--version) echo "Docker version 29.1.3, build 1" ;;
"version --format {{json .Server}}") echo '{"Components":[{"Name":"Engine","Version":"29.1.3"}]}' ;;
"info --format {{json .}}")
    echo '{"Name":"'"$(uname -n)"'","ServerVersion":"29.1.3","Architecture":"x86_64","NCPU":4,"MemTotal":17179869184,"CgroupVersion":"2","SecurityOptions":[],"OperatingSystem":"Debian","DockerRootDir":"/nowhere"}' ;;
"network ls --quiet") ;;
"ps --all --filter label=io.x-k8s.kind.cluster --format"*) cat nodes 2>/dev/null ;;
*) echo "docker $*" >>"$HOME/calls" ;;
esac
exit 0`;

const kubectl = `
case "$1" in version) echo '{"clientVersion":{"gitVersion":"v1.35.8"}}'; exit ;; esac
echo "kubectl $*" >>"$HOME/calls"
ls "$TMPDIR" >there
ls -lL "$KUBECONFIG" | cut -c1-10
cat "$KUBECONFIG"
if [ "$1" = port-forward ]; then
    [ -z "$KUBECTL_SAYS" ] || echo "$KUBECTL_SAYS"
    trap 'sleep 0.3; exit 130' INT; echo waiting >>"$HOME/calls"; while :; do sleep 0.05; done
fi
exit 7`;

/** A backup's name. */
export const backup = "20261125T010000Z-manual.sql.gz";

/**
 * A stub of kubectl that answers as the backup sidecar does. FAILS is a part of the call that fails with SAYS, WAITS a part of
 * one that ends only when it is interrupted.
 */
export const sidecar = `#!/bin/sh
case "$1" in version) echo '{"clientVersion":{"gitVersion":"v1.35.8"}}'; exit ;; esac
echo "kubectl $*" >>"$HOME/calls"
ls "$TMPDIR" >"$HOME/there"
ls -lL "$KUBECONFIG" | cut -c1-10 >"$HOME/mode"
if [ -n "$FAILS" ]; then case "$*" in *"$FAILS"*) echo "$SAYS" >&2; exit 3 ;; esac; fi
case "$*" in
*" backup now") echo "Took ${backup}." ;;
*" backup list") echo NAME ;;
*" backup export "*)
    cat "$HOME/exported" ;;
*" backup import "*) cat >"$HOME/imported"; echo "Stored." ;;
*" backup restore "*) echo "Before: ${backup.replace("manual", "before-restore")}" ;;
esac
if [ -n "$WAITS" ]; then case "$*" in *"$WAITS"*)
    trap 'sleep 0.3; exit 130' INT; echo waiting >>"$HOME/calls"; while :; do sleep 0.05; done ;; esac; fi
exit 0
`;

/** How a command ended. */
export interface Result {
    code: number | null;
    stdout: string;
    stderr: string;
}

/** Makes a project before each test, and removes it afterwards. */
export function useSandbox() {
    let root: string;
    const file = (name: string) => path.join(root, name);
    const calls = () => (fs.existsSync(file("calls")) ? fs.readFileSync(file("calls"), "utf8").trim().split("\n") : []);
    const changes = () => calls().filter((call) => !/ (version|stack ls --json|stack export --stack dev)$/.test(call));

    const node = (command: string, args: string[]) => [
        process.execPath,
        ...["--require", require.resolve("tsx/cjs"), `${project}/scripts/${command}.ts`, ...args],
    ];

    function spawnIn([program = "", ...args]: string[], env: NodeJS.ProcessEnv, stdin: "ignore" | "pipe" = "ignore") {
        const child = spawn(program, args, {
            cwd: root,
            env: { PATH: `${file("stubs")}:/usr/bin:/bin`, HOME: root, TMPDIR: file("tmp"), ...env },
            stdio: [stdin, "pipe", "pipe"],
        });
        const said = { stdout: "", stderr: "" };
        child.stdout?.on("data", (text) => (said.stdout += String(text)));
        child.stderr?.on("data", (text) => (said.stderr += String(text)));
        const result = new Promise<Result>((resolve) => child.once("close", (code) => resolve({ code, ...said })));
        return { child, result, said };
    }
    /** Starts a command, which a test may write to, signal or kill. */
    const start = (command: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
        spawnIn(node(command, args), env, "pipe");
    const run = (command: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
        spawnIn(node(command, args), env).result;

    /** Runs a command until its child waits, then interrupts it twice, as users and terminals do. */
    async function interrupt(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<Result> {
        const { child, result } = spawnIn(node(command, args), env);
        for (let i = 0; !calls().includes("waiting") && i < 400; i++) await setTimeout(50);
        child.kill("SIGINT");
        await setTimeout(100);
        child.kill("SIGINT");
        return result;
    }

    /** Runs a command on a terminal, and types each answer once its question is there. The terminal puts stderr into stdout. */
    async function answer(
        command: string,
        args: string[],
        ...answers: [question: string, typed: string][]
    ): Promise<Result> {
        const inTerminal = ["script", "-qefc", node(command, args).map(quote).join(" "), "/dev/null"];
        const { child, result, said } = spawnIn(inTerminal, { SHELL: "/bin/sh" }, "pipe");
        let seen = 0;
        for (const [question, typed] of answers) {
            for (let i = 0; !said.stdout.includes(question, seen) && i < 400; i++) await setTimeout(50);
            seen = said.stdout.length;
            child.stdin?.write(typed);
        }
        return result;
    }

    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "commands-"));
        fs.mkdirSync(file("tmp"));
        fs.mkdirSync(file("stubs"));
        const stubs = { pulumi, docker, kubectl, kind: "echo kind v0.33.0 go1.26.8 linux/amd64" };
        for (const [name, script] of Object.entries(stubs)) {
            fs.writeFileSync(file(`stubs/${name}`), `#!/bin/sh${script.startsWith("\n") ? "" : "\n"}${script}\n`, {
                mode: 0o755,
            });
        }
        fs.writeFileSync(file("Pulumi.yaml"), "name: load-balancing-lab\nbackend:\n    url: file://./.state\n");
        fs.writeFileSync(file("package.json"), '{"engines":{"node":">=20"}}');
        fs.writeFileSync(file("Pulumi.dev.yaml"), settings);
        fs.writeFileSync(file("outputs"), outputs);
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));
    return { file, calls, changes, run, start, interrupt, answer };
}
