import type { ContainerArgs } from "./pod";

const folder = "/var/log/access";

/**
 * Where a tier writes its access log for its logger to ship. It is a named pipe, in which a line of up to 4096 bytes stays
 * whole.
 */
export const accessLogFile = `${folder}/access.log`;

/** The pipe is open for writing too: so it never ends, and no writer waits for a reader. */
const script = `[ -p ${accessLogFile} ] || mkfifo ${accessLogFile}
trap 'exit 0' TERM
cat <>${accessLogFile} &
wait`;

/**
 * A sidecar that ships a tier's access log to where `kubectl logs` finds it. Nothing is kept on the pod's disk. Of what is
 * shipped the kubelet keeps the last 50 MiB per container:
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation
 *
 * @param image a busybox
 */
export function accessLog(image: string) {
    const mount = { name: "access-log", mountPath: folder };
    const logger: ContainerArgs = {
        name: "logger",
        image,
        command: ["sh", "-c", script],
        resources: { cpu: "5m", memory: "8Mi", memoryLimit: "32Mi" },
        volumeMounts: [mount],
        startupProbe: { exec: { command: ["test", "-p", accessLogFile] }, periodSeconds: 1 },
    };
    return { logger, mount, volume: { name: "access-log", emptyDir: { sizeLimit: "1Mi" } } };
}
