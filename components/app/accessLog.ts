import type * as k8s from "@pulumi/kubernetes";
import { resources, restrictedContainer } from "./restricted";

const folder = "/var/log/access";

/** Where a tier writes its access log, for its logger to ship: a named pipe, in which a line of up to 4096 bytes stays whole. */
export const accessLogFile = `${folder}/access.log`;

/** Open for writing too, the pipe has no end, and no writer waits for a reader. */
const script = `[ -p ${accessLogFile} ] || mkfifo ${accessLogFile}
trap 'exit 0' TERM
cat <>${accessLogFile} &
wait`;

/**
 * A sidecar that ships a tier's access log to where `kubectl logs` finds it: a native one, which starts before the tier and ends
 * after it: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/. Nothing is kept on the pod's disk, and of
 * what is shipped the kubelet keeps the last 50 MiB per container:
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation
 *
 * @param image a busybox
 */
export function accessLog(image: string) {
    const mount = { name: "access-log", mountPath: folder };
    const logger: k8s.types.input.core.v1.Container = {
        name: "logger",
        image,
        restartPolicy: "Always",
        command: ["sh", "-c", script],
        resources: resources("5m", "8Mi", "32Mi"),
        securityContext: restrictedContainer,
        volumeMounts: [mount],
        startupProbe: { exec: { command: ["test", "-p", accessLogFile] }, periodSeconds: 1 },
    };
    return { logger, mount, volume: { name: "access-log", emptyDir: { sizeLimit: "1Mi" } } };
}
