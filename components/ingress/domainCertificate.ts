import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** What a {@link DomainCertificate} vouches for. */
export interface DomainCertificateArgs {
    /** The domain; the certificate holds for it and for every name directly below. */
    domain: string;
}

const days = 24;

/** A certificate for the domain by a certificate authority (CA) of the stack's own, which a browser can be told to trust. */
export class DomainCertificate extends pulumi.ComponentResource {
    /** The CA's certificate, PEM. */
    readonly caCertificate: pulumi.Output<string>;
    /** The domain's certificate, PEM. */
    readonly certificate: pulumi.Output<string>;
    /** The domain's private key, PEM, a secret. */
    readonly privateKey: pulumi.Output<string>;

    constructor(name: string, { domain }: DomainCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:DomainCertificate", name, {}, opts);
        const childOptions = { parent: this };
        const ecdsa = { algorithm: "ECDSA", ecdsaCurve: "P256" };
        const caKey = new tls.PrivateKey(`${name}-ca-key`, ecdsa, childOptions);
        const ca = new tls.SelfSignedCert(
            `${name}-ca`,
            {
                privateKeyPem: caKey.privateKeyPem,
                subject: { commonName: `Load balancing lab CA for ${domain}` },
                isCaCertificate: true,
                allowedUses: ["cert_signing", "crl_signing"],
                validityPeriodHours: 825 * days,
            },
            childOptions,
        );
        const key = new tls.PrivateKey(`${name}-key`, ecdsa, childOptions);
        const request = new tls.CertRequest(
            `${name}-request`,
            { privateKeyPem: key.privateKeyPem, subject: { commonName: domain }, dnsNames: [domain, `*.${domain}`] },
            childOptions,
        );
        const certificate = new tls.LocallySignedCert(
            name,
            {
                certRequestPem: request.certRequestPem,
                caPrivateKeyPem: caKey.privateKeyPem,
                caCertPem: ca.certPem,
                allowedUses: ["digital_signature", "server_auth"],
                validityPeriodHours: 825 * days,
                // An update in the last month makes a new one.
                earlyRenewalHours: 30 * days,
            },
            childOptions,
        );
        this.caCertificate = ca.certPem;
        this.certificate = certificate.certPem;
        this.privateKey = pulumi.secret(key.privateKeyPem);
        this.registerOutputs({ caCertificate: this.caCertificate });
    }
}
