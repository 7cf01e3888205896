import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
    AddressRange,
    Answers,
    Backend,
    Calico,
    Database,
    defaultPool,
    DjangoImage,
    DomainCertificate,
    DomainIngress,
    Frontend,
    IngressNginx,
    KindCluster,
    LoadBalancedWeb,
    MetalLb,
    NetworkPolicies,
} from "./components";
import { readDockerHost } from "./lib/docker";
import { checkMachine, fitToMachine } from "./settings/machine";
import { entrances } from "./components/ingress/endpoints";
import { restrictedNamespace } from "./components/app/restricted";
import { readSettings } from "./settings/schema";
import { projectConfig } from "./settings/stackConfig";

/** Ports of every node by which localhost reaches the ingress. */
const nodePorts = { http: 30080, https: 30443 };

export = async () => {
    // Settings: read, checked by themselves, then against this machine, before anything is made.
    const host = await readDockerHost();
    const settings = fitToMachine(readSettings(projectConfig(), pulumi.getStack()), host);
    await checkMachine(settings, host);
    const { backups, domain, httpsRedirect, sources } = settings;
    const { images, charts } = sources;

    // Cluster
    const { hostPorts, name: clusterName, ...shape } = settings.cluster;
    const cluster = new KindCluster("cluster", {
        ...shape,
        clusterName,
        nodeImage: images.node,
        portMappings: hostPorts && [
            { hostPort: hostPorts.http, containerPort: nodePorts.http },
            { hostPort: hostPorts.https, containerPort: nodePorts.https },
        ],
        registryMirror: sources.registryMirror,
        networkSubnet: settings.networkSubnet,
    });
    const { inside, kubeconfig } = cluster;

    // Network
    const calico = new Calico(
        "calico",
        { kubeconfig, chart: charts.calico, podSubnet: shape.podSubnet, kubeProxyMode: shape.kubeProxyMode },
        inside,
    );
    const onEveryNode = { ...inside, dependsOn: calico.nodesReady };

    // Load balancer
    const addressPool =
        settings.addressPool ?? cluster.networkSubnet.apply((cidr) => defaultPool(AddressRange.parse(cidr)).toString());
    const metalLb = new MetalLb("metallb", { kubeconfig, chart: charts.metallb, addressPool }, inside);
    const web = new LoadBalancedWeb("web", { image: images.nginx, address: metalLb.address(0) }, onEveryNode);

    // Ingress
    const ingressAddress = metalLb.address(1);
    const ingress = new IngressNginx(
        "ingress-nginx",
        { kubeconfig, chart: charts.ingressNginx, address: ingressAddress, nodePorts: hostPorts && nodePorts },
        inside,
    );

    // App
    const image = new DjangoImage("backend-image", {
        repository: `${clusterName}-backend`,
        context: path.join(__dirname, "app-django"),
        baseImage: images.python,
        pipIndex: sources.pipIndex,
        clusterName: cluster.clusterName,
    });
    const app = new k8s.core.v1.Namespace("app", { metadata: { name: "app", labels: restrictedNamespace } }, inside);
    const namespace = app.metadata.name;
    const entrance = { namespace: ingress.namespace };
    new NetworkPolicies(
        "app",
        {
            namespace,
            flows: [
                { from: entrance, to: "frontend", port: 8080 },
                { from: entrance, to: "backend", port: 8000 },
                { from: "frontend", to: "backend", port: 8000 },
                { from: "backend", to: "db", port: 5432 },
                { from: "backend-migration", to: "db", port: 5432 },
            ],
        },
        inside,
    );
    const database = new Database(
        "db",
        {
            namespace,
            image: images.postgres,
            scripts: path.join(__dirname, "app-database"),
            backupIntervalMinutes: backups.intervalMinutes,
            backupsKept: backups.kept,
        },
        inside,
    );
    const backend = new Backend(
        "backend",
        {
            namespace,
            image: image.imageName,
            loggerImage: images.busybox,
            databaseUrl: database.url,
            reportUrl: database.reportUrl,
            domain,
            urlPrefix: "/backend",
            httpsOnly: httpsRedirect,
        },
        onEveryNode,
    );
    const frontend = new Frontend(
        "frontend",
        {
            namespace,
            image: images.nginx,
            loggerImage: images.busybox,
            pages: path.join(__dirname, "app-frontend"),
            backendUrl: backend.url,
        },
        onEveryNode,
    );

    // Routes into the app and to the web demo
    const certificate = new DomainCertificate("domain", { domain });
    const { className } = ingress;
    const routing = { className, certificate, httpsRedirect };
    const webRoutes = new DomainIngress(
        "web",
        {
            ...routing,
            namespace: web.namespace,
            routes: [domain, `web.${domain}`].map((at) => ({
                host: at,
                path: "/",
                service: web.serviceName,
                port: 80,
            })),
        },
        inside,
    );
    const appRoutes = new DomainIngress(
        "app",
        {
            ...routing,
            namespace,
            // The first group is what the service is asked for: /frontend and /backend come off, /db stays on.
            rewriteTarget: "/$1",
            routes: [
                { host: domain, path: "/frontend(?:/|$)(.*)", service: frontend.serviceName, port: 80 },
                { host: domain, path: "/backend(?:/|$)(.*)", service: backend.serviceName, port: 8000 },
                { host: domain, path: "/(db(?:/.*)?)$", service: backend.serviceName, port: 8000 },
            ],
        },
        inside,
    );

    // Outputs, once a user of this machine is answered
    const reach = pulumi.all([web.address, pulumi.output(ingressAddress.ip)]).apply(([webAddress, address]) =>
        entrances({
            domain,
            webAddress,
            ingressAddress: address,
            localPorts: settings.addressesReachable ? undefined : hostPorts,
        }),
    );
    const { caCertificate } = certificate;
    new Answers(
        "answers",
        { urls: reach.urls.apply((urls) => Object.values(urls)), address: reach.address, caCertificate },
        { deletedWith: inside.deletedWith, dependsOn: [webRoutes, appRoutes, frontend, backend] },
    );
    return {
        clusterName: cluster.clusterName,
        kubeconfig,
        kubeProxyMode: shape.kubeProxyMode,
        addressPool,
        webAddress: web.address,
        ingressAddress: ingressAddress.ip,
        urls: reach.urls,
        hostsEntry: reach.hostsEntry,
        try: reach.try,
        caCertificate,
    };
};
