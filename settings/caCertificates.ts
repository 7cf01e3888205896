import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { commandLine, quote } from "../lib/commandLines";
import { invalid, type Finding } from "./finding";

const setting = "sources.caCertificates";
const example = "company-ca.pem";
const begin = "-----BEGIN CERTIFICATE-----";

/** Certificates of authorities that are trusted beside the public ones. */
export interface CaCertificates {
    /** The file that they are in, as an absolute path. */
    file: string;
    /** The certificates as PEM, without what else is in the file: another comment there is no change. */
    pem: string;
    /** Why they can't be used. */
    findings: Finding[];
}

/** Nodes and the image build get them in a variable, and Linux allows 128 KiB for one. */
const longest = 120_000;

/**
 * Reads the certificates that the setting `sources.caCertificates` names; none where it is not set.
 *
 * @param given the path of a PEM file. A relative one begins in the project's folder, in which pulumi and the commands run.
 */
export function readCaCertificates(given: string | undefined, now = new Date()): CaCertificates | undefined {
    if (given === undefined) return undefined;
    const file = resolve(given);
    const refuse = (what: string, remedy?: string): CaCertificates => {
        const detail = `${given} ${what}. It has to be a PEM file with certificates of authorities, and no private key`;
        return { file, pem: "", findings: [{ ...invalid(setting, detail, example), remedy }] };
    };
    let content: Buffer;
    try {
        content = readFileSync(file);
    } catch (error) {
        const { code = "", message } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") return refuse(`does not exist: there is no file ${file}`);
        return refuse(code === "EISDIR" ? "is a folder" : `can't be read: ${message}`);
    }

    const text = content.toString("latin1");
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
        const onlyCertificates = commandLine("sed", "-n", "/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p", file);
        return refuse(
            "has a private key, which nobody needs in order to trust an authority",
            `To leave it out: ${onlyCertificates} >${example}`,
        );
    }
    const certificates = text
        .split(begin)
        .slice(1)
        .map((rest) => parse(begin + rest));
    if (certificates.length === 0) {
        const isBinary = parse(content) !== undefined;
        return refuse(
            isBinary ? "is a certificate in binary form (DER)" : "has no certificate",
            isBinary ? `To convert it: openssl x509 -inform der -in ${quote(file)} -out ${example}` : undefined,
        );
    }
    const valid = certificates.filter((certificate) => certificate !== undefined);
    if (valid.length < certificates.length) {
        const number = certificates.indexOf(undefined) + 1;
        return refuse(`has a text that is not a valid certificate: number ${number} of its ${certificates.length}`);
    }
    const expired = valid.find(({ validTo }) => new Date(validTo) < now);
    if (expired !== undefined) {
        const end = new Date(expired.validTo).toISOString().slice(0, 10);
        return refuse(`has a certificate that expired on ${end}: ${expired.subject.replaceAll("\n", ", ")}`);
    }
    const pem = valid.map(String).join("");
    if (pem.length > longest) {
        return refuse(
            `has ${valid.length} certificates with ${pem.length} characters, and ${longest} are possible. Public authorities are trusted anyway`,
        );
    }
    return { file, pem, findings: [] };
}

function parse(certificate: string | Buffer): X509Certificate | undefined {
    try {
        return new X509Certificate(certificate);
    } catch {
        return undefined;
    }
}
