import type * as pulumi from "@pulumi/pulumi";

/** Port on which an nginx without root listens, such as nginxinc/nginx-unprivileged. */
export const nginxPort = 8080;

/**
 * What workloads of nginxinc/nginx-unprivileged have in common.
 *
 * @param templates name of a ConfigMap with the configuration's templates, in which the image fills in environment variables:
 * https://github.com/nginxinc/docker-nginx-unprivileged
 */
export function nginx(templates: pulumi.Input<string>) {
    return {
        user: 101,
        livenessPath: "/healthz",
        readinessPath: "/healthz",
        resources: { cpu: "10m", memory: "16Mi", memoryLimit: "64Mi" },
        volumes: [
            { name: "templates", configMap: { name: templates } },
            { name: "conf", emptyDir: {} },
        ],
        volumeMounts: [
            { name: "templates", mountPath: "/etc/nginx/templates", readOnly: true },
            { name: "conf", mountPath: "/etc/nginx/conf.d" },
        ],
    };
}
