import * as assert from "node:assert/strict";
import { DomainCertificate } from "../../../../components";
import { runResources, type Stack } from "../../../support/program";

describe("DomainCertificate", () => {
    let stack: Stack;
    before(async () => {
        stack = await runResources(() => {
            const { caCertificate, certificate } = new DomainCertificate("domain", { domain: "dev.local" });
            return { caCertificate, certificate };
        });
    });
    const inputsOf = (kind: string, name: string) =>
        stack.find(`tls:index/${kind[0]?.toLowerCase()}${kind.slice(1)}:${kind}`, name).inputs;

    it("the certificate holds for the domain and for every name directly below it", () => {
        const { dnsNames, subject, privateKeyPem } = inputsOf("CertRequest", "domain-request");
        assert.deepEqual(dnsNames, ["dev.local", "*.dev.local"]);
        assert.equal(subject.commonName, "dev.local");
        assert.equal(privateKeyPem, "domain-key-pem");
    });

    it("the certificate is signed by a certificate authority of the stack's own, and is for servers alone", () => {
        const { certRequestPem, caPrivateKeyPem, caCertPem, allowedUses } = inputsOf("LocallySignedCert", "domain");
        assert.deepEqual(
            { certRequestPem, caPrivateKeyPem, caCertPem },
            { certRequestPem: "domain-request-pem", caPrivateKeyPem: "domain-ca-key-pem", caCertPem: "domain-ca-pem" },
        );
        assert.deepEqual(allowedUses, ["digital_signature", "server_auth"]);
        const ca = inputsOf("SelfSignedCert", "domain-ca");
        assert.equal(ca.isCaCertificate, true);
        assert.equal(ca.privateKeyPem, "domain-ca-key-pem");
        assert.ok(ca.allowedUses.includes("cert_signing"));
        assert.deepEqual(stack.outputs, { caCertificate: "domain-ca-pem", certificate: "domain-pem" });
    });

    it("the certificate is valid for no longer than browsers accept, and is renewed in its last month", () => {
        const { validityPeriodHours, earlyRenewalHours } = inputsOf("LocallySignedCert", "domain");
        // https://support.apple.com/103769
        assert.ok(validityPeriodHours <= 825 * 24);
        assert.equal(earlyRenewalHours, 30 * 24);
    });
});
