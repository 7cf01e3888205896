import type * as k8s from "@pulumi/kubernetes";
import { resources, restrictedContainer } from "./restricted";

const folder = "/var/log/access";

/** Where a tier writes its access log, for its logger to ship. */
export const accessLogFile = `${folder}/access.log`;

/** The tier appends, so that a file cut to nothing stays its file. */
const script = `touch ${accessLogFile}
tail -n +1 -F ${accessLogFile} &
while sleep 10; do
    if [ "$(wc -c <${accessLogFile})" -gt 8388608 ]; then : >${accessLogFile}; fi
done`;

/**
 * A sidecar that ships a tier's access log to where `kubectl logs` finds it: a native one, which starts before the tier and ends
 * after it: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
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
        startupProbe: { exec: { command: ["test", "-e", accessLogFile] }, periodSeconds: 1 },
    };
    return { logger, mount, volume: { name: "access-log", emptyDir: { sizeLimit: "64Mi" } } };
}
