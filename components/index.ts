/** The components, for this stack and for others: each takes a provider and knows nothing of this stack's settings. */
export { AddressRange, defaultPool } from "../lib/addressRange";
export { Answers, type AnswersArgs } from "./ingress/endpointCheck";
export { Backend, type BackendArgs } from "./app/backend";
export { Calico, type CalicoArgs } from "./cluster/calico";
export { Database, type DatabaseArgs } from "./app/database";
export { DjangoImage, type DjangoImageArgs } from "./app/djangoImage";
export { DomainCertificate, type DomainCertificateArgs } from "./ingress/domainCertificate";
export { DomainIngress, type DomainIngressArgs, type Route } from "./ingress/domainIngress";
export { Frontend, type FrontendArgs } from "./app/frontend";
export { IngressNginx, type IngressNginxArgs } from "./ingress/ingressNginx";
export { KindCluster, type KindClusterArgs } from "./cluster/kindCluster";
export { LoadBalancedWeb, type LoadBalancedWebArgs } from "./app/loadBalancedWeb";
export { MetalLb, type MetalLbArgs } from "./ingress/metalLb";
export { type Flow, NetworkPolicies, type NetworkPoliciesArgs } from "./app/networkPolicies";
export type { ServiceAddress } from "./ingress/serviceAddress";
