// The diagram: how far the last request came, and through which pods.

import { inWords } from "./api.js";
import { element, inMilliseconds, make, pods, showPods } from "./pods.js";

const stops = ["browser", "ingress", "frontend", "backend", "database"];

/** Where a request's way ended. */
function end({ path, status, ok, errors, frontend, backend }) {
    if (status === undefined) return "ingress";
    if (!frontend) return "frontend";
    if (errors.database) return "database";
    // What is not valid is refused before the database is asked.
    return backend && path.startsWith("api/entries") && (ok || status === 404) ? "database" : "backend";
}

function draw(answer) {
    const ended = answer && end(answer);
    // A refusal, such as 400, is an answer too, if it is the app's.
    const failed = answer && !(answer.status < 500 && answer.frontend);
    for (const [index, stop] of stops.entries()) {
        const shown = document.querySelector(`[data-stop="${stop}"]`);
        const reached = index <= stops.indexOf(ended);
        shown.dataset.state = failed && stop === ended ? "failed" : reached ? "reached" : "";
        if (pods[stop] === undefined) continue;
        for (const chip of showPods(shown.querySelector("ul"), pods[stop], (pod) => make("li", {}, pod))) {
            chip.ariaCurrent = chip.dataset.pod === answer?.[stop] ? "true" : null;
        }
    }
    element("last").replaceChildren(...(answer ? describe(answer) : ["No request yet."]));
}

function describe(answer) {
    return [
        "Last request: ",
        make("code", {}, `${answer.method} ${answer.path}`),
        ` · ${answer.status ? `HTTP ${answer.status}` : "no answer"} · ${inMilliseconds(answer.milliseconds)}`,
        ...(answer.requestId ? [" · request id ", make("code", { id: "request-id" }, answer.requestId)] : []),
        ...(answer.ok ? [] : [" ", make("span", { className: "problem" }, inWords(answer))]),
    ];
}

document.addEventListener("answer", (event) => draw(event.detail));
document.addEventListener("reset", () => draw());

// Without a prefix there is no ingress: kubectl's port-forward leads here, and not to the pages of the other tiers.
if (location.pathname === "/") {
    document.querySelector("nav").hidden = true;
    document
        .querySelector('[data-stop="ingress"]')
        .replaceChildren(make("h3", {}, "Port-forward"), make("p", {}, "always leads to the same pod"));
}
