// Requests to the backend, by way of the frontend.

import { see } from "./pods.js";

/** Longer than the frontend waits for the backend: its answer tells more than our own impatience. */
const timeoutSeconds = 40;

/**
 * Asks, and tells those who listen for "answer" on the document. Never throws: an answer that is not `ok` has `errors`, messages
 * by what they are about.
 */
export async function call(path, { method = "GET", body } = {}) {
    const started = performance.now();
    const answer = { method, path, ok: false, errors: {} };
    try {
        const response = await fetch(path, {
            method,
            cache: "no-store",
            signal: AbortSignal.timeout(timeoutSeconds * 1000),
            ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
        });
        const text = await response.text();
        answer.status = response.status;
        answer.requestId = response.headers.get("X-Request-ID");
        answer.frontend = response.headers.get("X-Frontend-Pod");
        answer.backend = response.headers.get("X-Pod");
        answer.body = parse(text);
        answer.ok = response.ok;
        if (!answer.ok) answer.errors = answer.body?.errors ?? { answer: [statusInWords(answer)] };
    } catch (error) {
        const late = error.name === "TimeoutError" ? ` within ${timeoutSeconds} seconds` : "";
        answer.errors = { answer: [`No answer${late}. Is the cluster up?`] };
    }
    answer.milliseconds = performance.now() - started;
    for (const tier of ["frontend", "backend"]) if (answer[tier]) see(tier, answer[tier]);
    document.dispatchEvent(new CustomEvent("answer", { detail: answer }));
    return answer;
}

/** Not every answer is the app's: the ingress and nginx have error pages of their own, and 204 has nothing. */
function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function statusInWords({ status, frontend }) {
    return frontend ? `The answer was HTTP ${status}.` : `HTTP ${status}: the ingress reached no frontend pod.`;
}

/** Why an answer is not as it should be. */
export function inWords({ errors }) {
    return Object.values(errors).flat().join(" ");
}
