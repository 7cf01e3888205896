import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { checkBackupName, exampleName, findFlaw } from "../../../../scripts/lib/backupFile";

const closing = "--\n-- PostgreSQL database dump complete\n--\n\n";
// Rows that don't compress, so that a part of the file is far from its end.
const rows = Array.from({ length: 2000 }, (_, i) => Math.sin(i + 1).toString(36)).join("\n");
const whole = gzipSync(`-- PostgreSQL database dump\n${rows}\n${closing}`);

describe("backup's file", () => {
    let directory: string;
    before(() => {
        directory = fs.mkdtempSync(path.join(os.tmpdir(), "backups-"));
    });
    after(() => fs.rmSync(directory, { recursive: true }));

    const flawOf = (content: Buffer) => {
        const file = path.join(directory, "backup");
        fs.writeFileSync(file, content);
        return findFlaw(file);
    };

    for (const [what, content] of [
        ["a dump of pg_dump", whole],
        ["a dump that ends with psql's restricted mode", gzipSync(`${closing}\\unrestrict ${"a".repeat(63)}\n\n`)],
    ] as const) {
        it(`${what} is a complete backup`, async () => assert.equal(await flawOf(content), undefined));
    }

    for (const [what, content, flaw] of [
        ["an empty file", Buffer.alloc(0), /unexpected end of file|closing line is missing/],
        [
            "a part of a backup",
            whole.subarray(0, whole.length - 3),
            /unpack to its end as gzip: unexpected end of file/,
        ],
        [
            "a backup with one wrong byte",
            Buffer.concat([whole.subarray(0, -6), Buffer.from([(whole.at(-6) ?? 0) ^ 1]), whole.subarray(-5)]),
            /incorrect data check/,
        ],
        [
            "a backup with words before it",
            Buffer.concat([Buffer.from("Defaulted container\n"), whole]),
            /incorrect header check/,
        ],
        ["plain SQL", Buffer.from(closing), /unpack to its end as gzip: incorrect header check/],
        ["other data that is compressed", gzipSync("hello\n"), /closing line is missing/],
        ["half a dump", gzipSync(`-- PostgreSQL database dump\n${rows}\n`), /closing line is missing/],
        ["a dump that goes on after its end", gzipSync(`${closing}more\n`), /closing line is missing/],
    ] as const) {
        it(`${what} is not a complete backup`, async () => assert.match((await flawOf(content)) ?? "complete", flaw));
    }

    it("a backup's name has letters, digits, periods, hyphens and underscores, then .sql.gz", () => {
        for (const name of [exampleName, "a.sql.gz", "My_dump-1.2.sql.gz"]) checkBackupName(name);
        for (const name of [
            "",
            "x.sql",
            "../x.sql.gz",
            ".x.sql.gz",
            "a b.sql.gz",
            "my.dump",
            "x.sql.gz\n",
            "-x.sql.gz",
        ]) {
            assert.throws(() => checkBackupName(name), /is not the name of a backup/, name);
        }
    });
});
