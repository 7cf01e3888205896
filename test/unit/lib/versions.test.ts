import * as assert from "node:assert/strict";
import { charts, endsOfSupport, images, tools } from "../../../lib/versions";

describe("versions", () => {
    it("every version has an entry that tells until when it is supported, or that no date is known", () => {
        const pinned = [
            ...Object.values(charts).map(({ version }) => version),
            ...Object.values(images),
            ...Object.values(tools),
        ];
        assert.equal(endsOfSupport.length, pinned.length);
        for (const { name, version, supportedUntil } of endsOfSupport) {
            assert.ok(
                pinned.some((text) => text === version || text.includes(`:${version}`)),
                `${name} ${version}`,
            );
            if (supportedUntil === undefined || supportedUntil === "ended") continue;
            assert.match(supportedUntil, /^\d{4}-\d{2}-\d{2}$/, name);
            assert.ok(!Number.isNaN(Date.parse(supportedUntil)), name);
        }
    });

    it("an image's version is its tag, without its digest", () => {
        const version = (of: string) => endsOfSupport.find(({ name }) => name === of)?.version;
        assert.match(version("Kubernetes") ?? "", /^v1\.35\.\d+$/);
        assert.match(version("nginx") ?? "", /^\d+\.\d+$/);
    });

    it("each setting that an entry names is one of charts or images", () => {
        const settings = [
            ...Object.keys(charts).map((key) => `sources.charts.${key}.version`),
            ...Object.keys(images).map((key) => `sources.images.${key}`),
        ];
        const named = endsOfSupport.flatMap(({ setting }) => (setting === undefined ? [] : [setting]));
        assert.deepEqual(named.sort(), settings.sort());
    });
});
