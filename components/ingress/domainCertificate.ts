import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** What a {@link DomainCertificate} vouches for. */
export interface DomainCertificateArgs {
    /** The domain; the certificate holds for it and for every name directly below. */
    domain: string;
}

const days = 24;

/**
 * How long the certificates hold, h. An update in a certificate's last hours, `renewal` of them, makes a new one.
 *
 * A certificate must not outlive its CA. So the CA is renewed as soon as it could not outlive a new certificate, and a month
 * before. Its own key stays. A browser that trusts a CA takes it for no more than 825 days: https://support.apple.com/103769
 */
export const validity = {
    certificate: { hours: 397 * days, renewal: 30 * days },
    ca: { hours: 825 * days, renewal: (397 + 30) * days },
};

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
                validityPeriodHours: validity.ca.hours,
                earlyRenewalHours: validity.ca.renewal,
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
                validityPeriodHours: validity.certificate.hours,
                earlyRenewalHours: validity.certificate.renewal,
            },
            childOptions,
        );
        this.caCertificate = ca.certPem;
        this.certificate = certificate.certPem;
        this.privateKey = pulumi.secret(key.privateKeyPem);
        this.registerOutputs({ caCertificate: this.caCertificate });
    }
}
