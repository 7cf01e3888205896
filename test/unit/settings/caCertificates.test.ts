import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { readCaCertificates } from "../../../settings/caCertificates";
import { formatFinding } from "../../../settings/finding";

describe("CA certificates", () => {
    let folder: string;
    const file = (name: string) => path.join(folder, name);
    const write = (name: string, content: string | Buffer) => {
        fs.writeFileSync(file(name), content);
        return file(name);
    };
    let [company, campus, key]: string[] = [];
    before(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "authorities-"));
        const make = (name: string) => {
            const args = `req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out ca.pem -subj /O=Lab/CN=${name} -days 2`;
            execFileSync("openssl", args.split(" "), { cwd: folder, stdio: "pipe" });
            return fs.readFileSync(file("ca.pem"), "utf8");
        };
        [company, campus] = [make("company"), make("campus")];
        key = fs.readFileSync(file("key.pem"), "utf8");
    });
    after(() => fs.rmSync(folder, { recursive: true }));
    /** The message of the one finding of a file. */
    const refusal = (given: string, now?: Date) => {
        const { pem, findings } = readCaCertificates(given, now) ?? assert.fail();
        assert.equal(pem, "");
        const [finding, ...more] = findings;
        assert.deepEqual([finding?.status, finding?.subject, more], ["FAIL", "sources.caCertificates", []]);
        return formatFinding(finding ?? assert.fail(), "dev");
    };

    it("readCaCertificates: without the setting there are none", () =>
        assert.equal(readCaCertificates(undefined), undefined));

    it("readCaCertificates: what is between the certificates and Windows' line ends don't count", () => {
        const pem = `${company}${campus}`;
        const commented = `\uFEFF# company\n${company}\n\n# campus\n${campus}# end`;
        for (const text of [pem, pem.trimEnd(), commented, commented.replaceAll("\n", "\r\n")]) {
            const given = write("good.pem", text);
            assert.deepEqual(readCaCertificates(given), { file: given, pem, findings: [] });
        }
    });

    it("readCaCertificates: a relative path begins in the project's folder", () => {
        const given = path.relative(process.cwd(), write("good.pem", company ?? ""));
        assert.equal(readCaCertificates(given)?.file, file("good.pem"));
    });

    it("readCaCertificates: a file that is not there is refused, with its path, what is right, and a command", () =>
        assert.equal(
            refusal("none/ca.pem"),
            `FAIL  sources.caCertificates: none/ca.pem does not exist: there is no file ${path.resolve("none/ca.pem")}. ` +
                "It has to be a PEM file with certificates of authorities, and no private key\n" +
                "      For example: npm run set -- sources.caCertificates company-ca.pem",
        ));

    it("readCaCertificates: a folder, and a path through a file, are refused", () => {
        assert.match(refusal(folder), / is a folder\. It has to be a PEM file/);
        assert.match(refusal(path.join(write("good.pem", company ?? ""), "ca.pem")), / does not exist/);
    });

    it("readCaCertificates: a file that can't be read is refused", function () {
        if (process.getuid?.() === 0) this.skip();
        fs.chmodSync(write("secret.pem", company ?? ""), 0);
        assert.match(refusal(file("secret.pem")), / can't be read: EACCES/);
    });

    it("readCaCertificates: a file without a certificate is refused", () => {
        for (const text of ["", "company", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"]) {
            assert.match(refusal(write("bad.pem", text)), / has no certificate\. /);
        }
    });

    it("readCaCertificates: a certificate in binary form is refused, with the command that converts it", () => {
        execFileSync("openssl", ["x509", "-in", "ca.pem", "-outform", "der", "-out", "ca.der"], { cwd: folder });
        const refused = refusal(file("ca.der"));
        assert.match(refused, / is a certificate in binary form \(DER\)/);
        const [, command = ""] = /^ {6}To convert it: (.*)$/m.exec(refused) ?? [];
        execFileSync("sh", ["-c", command], { cwd: folder });
        assert.equal(readCaCertificates(file("company-ca.pem"))?.pem, campus);
    });

    it("readCaCertificates: a text that is no valid certificate is refused, with its place", () => {
        const cut = campus?.slice(0, 200) ?? "";
        const nonsense = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
        for (const text of [cut, nonsense]) {
            const refused = refusal(write("bad.pem", `${company}${text}${company}`));
            assert.match(refused, / has a text that is not a valid certificate: number 2 of its 3\. /);
        }
    });

    it("readCaCertificates: a private key is refused, whatever its kind, with the command that leaves it out", () => {
        for (const kind of ["", "RSA ", "EC ", "ENCRYPTED "]) {
            const own = key?.replaceAll("PRIVATE KEY", `${kind}PRIVATE KEY`);
            const refused = refusal(write("ca and key.pem", `${company}${own}${campus}`));
            assert.match(refused, / has a private key/);
            const [, command = ""] = /^ {6}To leave it out: (.*)$/m.exec(refused) ?? [];
            execFileSync("sh", ["-c", command], { cwd: folder });
            assert.equal(fs.readFileSync(file("company-ca.pem"), "utf8"), `${company}${campus}`);
        }
    });

    it("readCaCertificates: a certificate that has expired is refused, with its day and name", () => {
        const given = write("good.pem", `${company}${campus}`);
        const later = new Date(Date.now() + 3 * 86_400_000);
        const end = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
        assert.match(
            refusal(given, later),
            new RegExp(` has a certificate that expired on ${end}: O=Lab, CN=company\\. `),
        );
    });

    it("readCaCertificates: more than a variable can hold is refused", () => {
        const count = Math.ceil(120_000 / (company?.length ?? 1));
        assert.match(
            refusal(write("many.pem", company?.repeat(count) ?? "")),
            new RegExp(` has ${count} certificates`),
        );
        assert.deepEqual(readCaCertificates(write("many.pem", company?.repeat(count - 1) ?? ""))?.findings, []);
    });
});
