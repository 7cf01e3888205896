import * as assert from "node:assert/strict";
import { summarize } from "../../../../scripts/lib/summary";

describe("summary", () => {
    it("summarize: prints the lines to try, and commands for the same stack", () => {
        const text = summarize({ try: ["curl http://172.18.255.200/"], urls: { db: "https://s.local/db" } }, "s07");
        assert.match(text, /^ {2}curl http:\/\/172\.18\.255\.200\/$/m);
        assert.match(text, /once you have run what `npm run hosts -- --stack s07` prints:/);
        assert.match(text, /^ {2}npm run kubectl -- --stack s07 get pods -A$/m);
        assert.match(text, /^ {2}npm run down -- --stack s07$/m);
    });
    it("summarize: leaves out the outputs that an interrupted run has not written", () => {
        const text = summarize({ clusterName: "lb-dev" }, "dev");
        assert.doesNotMatch(text, /undefined|Try|browser|--stack/);
    });
});
