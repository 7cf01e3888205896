/** The components, for this stack and for others: each takes a provider and knows nothing of this stack's settings. */
export { AddressRange, defaultPool } from "./addressRange";
export { Answers, type AnswersArgs } from "./answers";
export { Backend, type BackendArgs } from "./backend";
export { Calico, type CalicoArgs } from "./calico";
export { Database, type DatabaseArgs } from "./database";
export { DjangoImage, type DjangoImageArgs } from "./djangoImage";
export { DomainCertificate, type DomainCertificateArgs } from "./domainCertificate";
export { DomainIngress, type DomainIngressArgs, type Route } from "./domainIngress";
export { Frontend, type FrontendArgs } from "./frontend";
export { IngressNginx, type IngressNginxArgs } from "./ingressNginx";
export { KindCluster, type KindClusterArgs } from "./kindCluster";
export { LoadBalancedWeb, type LoadBalancedWebArgs } from "./loadBalancedWeb";
export { MetalLb, type MetalLbArgs } from "./metalLb";
export { type Flow, NetworkPolicies, type NetworkPoliciesArgs } from "./networkPolicies";
export type { ServiceAddress } from "./serviceAddress";
