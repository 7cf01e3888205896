import * as assert from "node:assert/strict";
import { countMarked, markedHeaders, markOf, parseForwarded } from "../../../experiments/accessLogs";
import { parseWorkers } from "../../../experiments/ways";

const series = "m4x1k2-ab12.load";

describe("access logs", () => {
    it("counts the lines of one series, whichever format the log has", () => {
        const log = [
            `172.18.0.3 - - [26/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 57 "-" "load-balancing-lab ${markOf(series, 7)}" "-"`,
            `172.18.0.3 - - [26/Nov/2026:06:00:00 +0000] "GET / HTTP/1.0" 200 57 "-" "load-balancing-lab ${series}" "-"`,
            `{"method":"GET","path":"/whoami","status":200,"pod":"backend-1","requestId":"${series}.8"}`,
            // Of others: the same run's other series, another run, a visitor, a longer mark.
            `{"method":"GET","path":"/whoami","requestId":"m4x1k2-ab12.single.8"}`,
            `{"method":"GET","path":"/whoami","requestId":"m4x1k2-ffff.load.8"}`,
            `172.18.0.1 - - [26/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 57 "-" "curl/8.5.0" "-"`,
            `{"requestId":"${series}er.8"}`,
            "",
        ].join("\n");
        assert.equal(countMarked(log, series), 3);
        assert.equal(countMarked("", series), 0);
    });

    it("the headers are those that the logs show", () => {
        assert.deepEqual(markedHeaders("m4.load.1"), {
            "user-agent": "load-balancing-lab m4.load.1",
            "x-request-id": "m4.load.1",
        });
        // The tiers log an id only if it looks like this: app-frontend/nginx.conf.template, app-django/config/gunicorn.conf.py.
        assert.match(markOf(series, 99_999), /^[A-Za-z0-9._-]{1,64}$/);
    });

    it("ingress-nginx's log: which pod got a request in the end, and what else it logs", () => {
        const line = (requestId: string, upstream: string) =>
            JSON.stringify({
                time: "2026-11-26T06:00:00+00:00",
                method: "GET",
                path: "/backend/whoami",
                status: 200,
                durationSeconds: 0.004,
                pod: "ingress-nginx-controller-1",
                requestId,
                service: "app-backend-8000",
                upstream,
            });
        const log = [
            "I1126 06:00:00.000000       7 controller.go:196] Configuration changes detected, backend reload required",
            line(`${series}.0`, "192.168.2.10:8000"),
            line(`${series}.1`, "192.168.2.11:8000, 192.168.2.10:8000"),
            line(series, "192.168.2.11:8000"),
            line("0123456789abcdef0123456789abcdef", "192.168.2.11:8000"),
            '{"requestId":null}',
            "{broken",
        ].join("\n");
        assert.deepEqual(parseForwarded(log, series), [
            { index: 0, upstream: "192.168.2.10" },
            { index: 1, upstream: "192.168.2.10" },
            { index: undefined, upstream: "192.168.2.11" },
        ]);
    });

    it("nginx's configuration: its worker processes, one where none is named", () => {
        assert.equal(parseWorkers("\ndaemon off;\n\nworker_processes 8;\n\nworker_rlimit_nofile 1047552;\n"), 8);
        assert.equal(parseWorkers("events {}"), 1);
    });
});
