import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../../lib/refusal";
import { readText } from "../../lib/textFile";

/** What a ConfigMap holds: texts, and all else in base64. */
export interface ConfigMapContent {
    data: Record<string, string>;
    binaryData?: Record<string, string>;
}

/** Files of a web page, by the ends of their names. */
const textFiles = /\.(html?|css|m?js|json|map|svg|txt|xml|webmanifest)$/i;
const binaryFiles = /\.(png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|wasm|pdf|mp3|mp4|webm)$/i;
/** What editors and desktops leave behind, and names that begin with a period: nobody means to publish these. */
const leftBehind = /^[.]|^#.*#$|~$|\.(swp|swo|bak|orig|rej|tmp)$|^(Thumbs\.db|desktop\.ini)$/i;

/** A ConfigMap is at most 1 MiB, names included. */
const most = 1_000_000;

/**
 * The files of a folder that make up a web page, as a ConfigMap holds them. Files that are not of a page are left out, with a
 * warning, but for what editors and desktops leave behind.
 *
 * @param besides a file of the folder that has another use.
 * @throws {Error} where the folder has folders, a name that a ConfigMap can't have, or too much.
 */
export function readPages(folder: string, besides: string): ConfigMapContent {
    const names = readdirSync(folder)
        .filter((name) => name !== besides && !leftBehind.test(name))
        .sort();
    const refuse = (what: string): never => {
        throw new Refusal(`${folder}: ${what}`);
    };
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    for (const name of names) {
        const path = join(folder, name);
        const found = statSync(path, { throwIfNoEntry: false });
        if (found?.isDirectory()) {
            refuse(
                `the folder ${name} can't be served, since the pages are in a ConfigMap, which has no folders. ` +
                    "Put its files beside index.html, and name them so in the pages.",
            );
        }
        if (!found?.isFile() || !(textFiles.test(name) || binaryFiles.test(name))) {
            void pulumi.log.warn(`${path} is not served: it is not a file of a web page.`);
            continue;
        }
        if (!/^[A-Za-z0-9._-]+$/.test(name)) {
            refuse(
                `"${name}" can't be served under this name, since the pages are in a ConfigMap. Name it with letters, digits, periods, hyphens and underscores.`,
            );
        }
        if (textFiles.test(name)) data[name] = readText(path);
        else binaryData[name] = readFileSync(path, "base64");
    }
    const size = Buffer.byteLength(JSON.stringify({ data, binaryData }));
    if (size > most) {
        refuse(
            `its files are too large, ${size} bytes as Kubernetes stores them. The pages are in a ConfigMap, which takes ${most}. Make pictures smaller.`,
        );
    }
    return Object.keys(binaryData).length === 0 ? { data } : { data, binaryData };
}
