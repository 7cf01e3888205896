import * as assert from "node:assert/strict";
import {
    anchorsOf,
    findMismatch,
    readBlocks,
    readLinks,
    readPages,
    tableRows,
    translationOf,
} from "../../support/docs";

const page = (...lines: string[]) => ({ name: "docs/a.md", text: lines.join("\n") });

describe("docs", () => {
    it("readPages: all pages of the project, in both languages", () => {
        const names = readPages().map(({ name }) => name);
        for (const name of ["README.md", "README.ko.md", "docs/experiments.md"]) assert.ok(names.includes(name), name);
    });
    it("translationOf: tells the English page of a Korean one", () => {
        assert.equal(translationOf("docs/a.ko.md"), "docs/a.md");
        assert.equal(translationOf("docs/a.md"), undefined);
    });

    it("readBlocks: each with its page, line, language and text", () => {
        const blocks = readBlocks(page("# A", "", "```sh", "ls", "", "pwd", "```", "", "```", "x", "```"));
        assert.deepEqual(blocks, [
            { page: "docs/a.md", line: 4, language: "sh", text: "ls\n\npwd" },
            { page: "docs/a.md", line: 10, language: "", text: "x" },
        ]);
    });
    it("readBlocks: the comment before a block says why it can't be run", () => {
        const blocks = readBlocks(page("<!-- not run: it asks -->", "```sh", "sudo ls", "```", "```sh", "ls", "```"));
        assert.deepEqual(
            blocks.map(({ notRun }) => notRun),
            ["it asks", undefined],
        );
    });
    it("readBlocks: the comment before a block says why one shell is enough", () => {
        const blocks = readBlocks(page("<!-- once: it is slow -->", "```sh", "sleep 100", "```", "```sh", "ls", "```"));
        assert.deepEqual(
            blocks.map(({ once, notRun }) => [once, notRun]),
            [
                ["it is slow", undefined],
                [undefined, undefined],
            ],
        );
    });
    it("readBlocks: what one sees is the text after a block, with at most one paragraph between", () => {
        const sees = (...between: string[]) =>
            readBlocks(page("```sh", "ls", "```", ...between, "```text", "a", "b", "```"))[0]?.sees;
        assert.equal(sees(), "a\nb");
        assert.equal(sees(""), "a\nb");
        assert.equal(sees("", "Two lines", "of a paragraph:", ""), "a\nb");
        for (const between of [
            ["", "One.", "", "Two.", ""],
            ["## B"],
            ["- one"],
            ["| a |"],
            ["```yaml", "a: 1", "```"],
        ]) {
            assert.equal(sees(...between), undefined, between.join("/"));
        }
    });
    it("readBlocks: a block that does not end is refused", () => {
        assert.throws(() => readBlocks(page("```sh", "ls")), /docs\/a\.md:1: this block does not end/);
    });

    const compared: [title: string, printed: string, shown: string, mismatch: RegExp | undefined][] = [
        ["the same", "a\nb\n", "a\nb", undefined],
        ["other blanks and empty lines", "NAME    AGE\n\n web   1s \r\n", "NAME  AGE\nweb  1s", undefined],
        ["what npm prints before", "\n> lab@1 set\n> node set.cjs\n\ndone\n", "done", undefined],
        ["… within a line", "pod=web-1 node=lb-dev-worker", "pod=web-… node=…", undefined],
        ["… for nothing", "web-", "web-…", undefined],
        ["… not beyond a line", "pod=web-1\nnode=x", "pod=web-… node=…", /did not print the line: pod=web-… node=…/],
        ["characters that mean something in expressions", "a.b (c) [d] $1 *", "a.b (c) [d] $1 *", undefined],
        ["the dot is a dot", "axb", "a.b", /did not print the line: a\.b/],
        ["a line of … for several", "a\n1\n2\nb", "a\n…\nb", undefined],
        ["a line of … for none", "a\nb", "a\n…\nb", undefined],
        ["two lines of …, each as long as it takes", "a\nx\na\nb\ny", "…\na\nb\n…", undefined],
        ["a line too many", "a\nb", "a", /also printed the line: b/],
        ["a line too few", "a", "a\nb", /did not print the line: b/],
        ["nothing at all", "", "a", /did not print the line: a/],
        ["another order", "b\na", "a\nb", /did not print the line: a/],
    ];
    for (const [title, printed, shown, mismatch] of compared) {
        it(`findMismatch: ${title}`, () => {
            const found = findMismatch(printed, shown);
            if (mismatch === undefined) assert.equal(found, undefined);
            else assert.match(found ?? "nothing", mismatch);
        });
    }

    it("readLinks: those to files of the project, by where they lead", () => {
        const links = readLinks(
            page(
                "[a](b.md#c) ![p](../p.png)",
                "[d](#e) [web](https://x.test/y) `[no](no.md)`",
                "```",
                "[no](no.md)",
                "```",
            ),
        );
        assert.deepEqual(links, [
            { line: 1, target: "b.md#c", file: "docs/b.md", anchor: "c" },
            { line: 1, target: "../p.png", file: "p.png" },
            { line: 2, target: "#e", file: "docs/a.md", anchor: "e" },
        ]);
    });
    it("anchorsOf: as GitHub makes them", () => {
        const anchors = anchorsOf(
            page(
                "# Load `up`, and more!",
                "## 15. kube-proxy's way: [here](x.md)",
                "## 파드가 사라진다 (예)",
                "### a_b – c",
                "```",
                "# no heading",
                "```",
                "## Twice",
                "## Twice",
            ),
        );
        assert.deepEqual(anchors, [
            "load-up-and-more",
            "15-kube-proxys-way-here",
            "파드가-사라진다-예",
            "a_b--c",
            "twice",
            "twice-1",
        ]);
    });
    it("anchorsOf: the names before a heading too", () => {
        const anchors = anchorsOf(
            page(
                '<a id="a-pod"></a>',
                "",
                "## 파드",
                '<a id="not-of-a-heading"></a>',
                "",
                "a",
                "```",
                '<a id="b"></a>',
                "# B",
                "```",
            ),
        );
        assert.deepEqual(anchors, ["파드", "a-pod"]);
    });
    it("tableRows: the cells of each row, without headings", () => {
        const rows = tableRows(
            page("| k | v |", "|---|---|", "| `a` | x \\| y |", "| b | |", "", "| h |", "| --- |", "| c |"),
        );
        assert.deepEqual(rows, [["`a`", "x \\| y"], ["b", ""], ["c"]]);
    });
});
