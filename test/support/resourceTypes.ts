/** Pulumi's names of the types of resources, as the tests look for them. */
export const types = {
    command: "command:local:Command",
    image: "docker:index/image:Image",
    provider: "pulumi:providers:kubernetes",
    release: "kubernetes:helm.sh/v3:Release",
    namespace: "kubernetes:core/v1:Namespace",
    configMap: "kubernetes:core/v1:ConfigMap",
    secret: "kubernetes:core/v1:Secret",
    service: "kubernetes:core/v1:Service",
    deployment: "kubernetes:apps/v1:Deployment",
    statefulSet: "kubernetes:apps/v1:StatefulSet",
    job: "kubernetes:batch/v1:Job",
    ingress: "kubernetes:networking.k8s.io/v1:Ingress",
    networkPolicy: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    ipAddressPool: "kubernetes:metallb.io/v1beta1:IPAddressPool",
    l2Advertisement: "kubernetes:metallb.io/v1beta1:L2Advertisement",
};
