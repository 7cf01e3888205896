import * as path from "node:path";
import { getStack } from "@pulumi/pulumi/metadata";
import { AddressRange, defaultPool } from "./lib/addressRange";
import { clusterAdvice, loadSettings, reservedAddresses } from "./settings";

/** Ports of every node by which localhost reaches the ingress. */
const nodePorts = { http: 30080, https: 30443 };
const folder = (name: string) => path.join(__dirname, name);

export = async () => {
    // Settings: they are read and checked before anything is made.
    const { addressesReachable, backups, caCertificates, domain, httpsRedirect, networkSubnet, sources, ...settings } =
        await loadSettings();
    // What makes the stack is loaded only now, so that a refusal comes sooner.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would not read TypeScript
    const components = require("./components") as typeof import("./components");
    const {
        Calico,
        DjangoImage,
        DomainCertificate,
        DomainIngress,
        EndpointCheck,
        endpoints,
        IngressNginx,
        KindCluster,
        LoadBalancedWeb,
        MetalLb,
        ThreeTierApp,
    } = components;
    const { images, charts } = sources;
    const { hostPorts, name: clusterName, ...shape } = settings.cluster;

    // Cluster
    const cluster = new KindCluster("cluster", {
        ...shape,
        clusterName,
        nodeImage: images.node,
        portMappings: hostPorts && [
            { hostPort: hostPorts.http, containerPort: nodePorts.http },
            { hostPort: hostPorts.https, containerPort: nodePorts.https },
        ],
        registryMirror: sources.registryMirror,
        caCertificates: caCertificates?.pem,
        networkSubnet,
        advice: clusterAdvice(getStack(), clusterName),
    });
    // Before anything else is registered: whether another stack has a cluster of that name.
    await cluster.checked;

    // Network
    const { podSubnet, kubeProxyMode } = shape;
    const { nodesReady } = new Calico("calico", { cluster, chart: charts.calico, podSubnet, kubeProxyMode });

    // Load balancer: the web demo has the pool's first address, the ingress the second.
    const addressPool =
        settings.addressPool ?? cluster.networkSubnet.apply((cidr) => defaultPool(AddressRange.parse(cidr)).toString());
    const metalLb = new MetalLb("metallb", {
        cluster,
        chart: charts.metallb,
        addressPool,
        reserved: reservedAddresses,
    });
    const [webAddress, ingressAddress] = [metalLb.address(0), metalLb.address(1)];
    const web = new LoadBalancedWeb(
        "web",
        { cluster, image: images.nginx, address: webAddress },
        { dependsOn: nodesReady },
    );

    // Ingress
    const ingress = new IngressNginx("ingress-nginx", {
        cluster,
        chart: charts.ingressNginx,
        address: ingressAddress,
        nodePorts: hostPorts && nodePorts,
        // An Ingress of a user's own need not name it: the cluster has no other.
        servesWithoutClass: true,
    });

    // App
    const image = new DjangoImage("backend-image", {
        cluster,
        repository: `${clusterName}-backend`,
        context: folder("app-django"),
        baseImage: images.python,
        pipIndex: sources.pipIndex,
        caCertificates,
    });
    const backendPrefix = "/backend";
    const app = new ThreeTierApp("app", {
        cluster,
        images: { ...images, backend: image.imageName },
        sources: { frontend: folder("app-frontend"), database: folder("app-database") },
        domain,
        backendPrefix,
        httpsOnly: httpsRedirect,
        backups,
        ingressPods: ingress.pods,
        nodesReady,
    });

    // Routes
    const certificate = new DomainCertificate("domain", { domain });
    const site = { cluster, className: ingress.className, certificate, httpsRedirect };
    const webRoutes = new DomainIngress("web", {
        ...site,
        namespace: web.namespace,
        routes: [domain, `web.${domain}`].map((host) => ({ host, prefix: "/", service: web.service })),
    });
    const appRoutes = new DomainIngress("app", {
        ...site,
        namespace: app.namespace,
        routes: [
            { host: domain, prefix: "/frontend", strip: true, service: app.frontend },
            { host: domain, prefix: backendPrefix, strip: true, service: app.backend },
            { host: domain, prefix: "/db", service: app.backend },
        ],
    });

    // Outputs: the stack is up when a user of this machine gets an answer.
    const { caCertificate } = certificate;
    const open = endpoints({
        domain,
        webAddress: web.address,
        ingressAddress: ingressAddress.ip,
        localPorts: addressesReachable ? undefined : hostPorts,
    });
    const triggers = [webRoutes.revision, appRoutes.revision, web.revision, app.revisions];
    new EndpointCheck(
        "endpoint-check",
        { endpoints: open, versions: { web: web.version, ...app.versions }, caCertificate, triggers },
        {
            deletedWith: cluster.childOptions.deletedWith,
            dependsOn: [webRoutes, appRoutes, web, app],
            aliases: [{ name: "answers" }],
        },
    );
    return {
        clusterName: cluster.clusterName,
        kubeconfig: cluster.kubeconfig,
        kubeProxyMode,
        addressPool,
        webAddress: web.address,
        ingressAddress: ingressAddress.ip,
        urls: open.urls,
        hostsEntry: open.hostsEntry,
        try: open.try,
        caCertificate,
    };
};
