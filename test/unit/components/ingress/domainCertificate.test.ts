import * as assert from "node:assert/strict";
import { DomainCertificate } from "../../../../components";
import { validity } from "../../../../components/ingress/domainCertificate";
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

    it("no certificate is valid for longer than browsers accept", () => {
        // https://support.apple.com/103769
        for (const { hours } of Object.values(validity)) assert.ok(hours <= 825 * 24);
    });

    it("the CA of a stack that is there stays as it is: those who trust it need not do so anew", () => {
        assert.equal(inputsOf("SelfSignedCert", "domain-ca").validityPeriodHours, 825 * 24);
    });

    it("the certificate is renewed in its last month, and the CA in time", () => {
        for (const [kind, name, { hours, renewal }] of [
            ["LocallySignedCert", "domain", validity.certificate],
            ["SelfSignedCert", "domain-ca", validity.ca],
        ] as const) {
            const { validityPeriodHours, earlyRenewalHours } = inputsOf(kind, name);
            assert.deepEqual([validityPeriodHours, earlyRenewalHours], [hours, renewal]);
            assert.ok(renewal < hours, "a new one is not renewed at once");
        }
        assert.equal(validity.certificate.renewal, 30 * 24);
    });

    it("a certificate never outlives its CA, whenever an update renews it", () => {
        const { certificate, ca } = validity;
        // An update at any day of ten years, counted in hours. What is in its time for renewal is made anew, the CA first.
        let [madeCa, made] = [0, 0];
        for (let now = 0; now < 10 * 365 * 24; now += 24) {
            if (now >= madeCa + ca.hours - ca.renewal) madeCa = made = now;
            if (now >= made + certificate.hours - certificate.renewal) made = now;
            assert.ok(made + certificate.hours <= madeCa + ca.hours, `day ${now / 24}`);
        }
        // Also if the only update was in the last hour before the CA's time for renewal.
        assert.ok(ca.hours - ca.renewal + certificate.hours <= ca.hours);
    });
});
