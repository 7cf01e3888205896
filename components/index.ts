/**
 * The components, for this stack and for programs of your own. What puts something into a cluster takes a {@link Cluster}. None
 * knows a setting or a command of this project.
 */
export type { Cluster, LocalImage } from "./cluster/cluster";
export { Calico, type CalicoArgs } from "./cluster/calico";
export { KindCluster, type KindClusterArgs } from "./cluster/kindCluster";
export { KubectlWait, type KubectlWaitArgs } from "./cluster/kubectlWait";
export { DomainCertificate, type DomainCertificateArgs } from "./ingress/domainCertificate";
export { DomainIngress, type DomainIngressArgs } from "./ingress/domainIngress";
export { EndpointCheck, type EndpointCheckArgs } from "./ingress/endpointCheck";
export { type Endpoints, endpoints, type EndpointsArgs } from "./ingress/endpoints";
export { IngressNginx, type IngressNginxArgs } from "./ingress/ingressNginx";
export { MetalLb, type MetalLbArgs } from "./ingress/metalLb";
export type { Route, ServiceRef } from "./ingress/routes";
export type { ServiceAddress } from "./ingress/serviceAddress";
export { Backend, type BackendArgs } from "./app/backend";
export { Database, type DatabaseArgs } from "./app/database";
export { DjangoImage, type DjangoImageArgs } from "./app/djangoImage";
export { Frontend, type FrontendArgs } from "./app/frontend";
export { HttpWorkload, type HttpWorkloadArgs, type HttpWorkloadShape } from "./app/httpWorkload";
export { LoadBalancedWeb, type LoadBalancedWebArgs } from "./app/loadBalancedWeb";
export { type Flow, NetworkPolicies, type NetworkPoliciesArgs, type PodGroup } from "./app/networkPolicies";
export { ThreeTierApp, type ThreeTierAppArgs } from "./app/threeTierApp";
