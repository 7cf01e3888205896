// Many requests, and which pods answered them.

import { call, inWords } from "./api.js";
import { element, forgetPods, inMilliseconds, make, pods, showPods } from "./pods.js";

/** As many at once as a browser and a small cluster bear. */
const atOnce = 10;
const tiers = ["frontend", "backend"];
/** Stands for a pod where none answered; pods have names. */
const none = "";
const number = new Intl.NumberFormat();
const buttons = document.querySelectorAll("[data-requests]");

/** All since the last reset. `left` is what the burst still waits for. */
const nothing = () => ({
    counts: { frontend: new Map(), backend: new Map() },
    reasons: new Map(),
    times: [],
    sent: 0,
    failed: 0,
    left: 0,
    rate: undefined,
});
let load = nothing();

const increment = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);

function count(answer) {
    load.sent++;
    load.left--;
    load.times.push(answer.milliseconds);
    for (const tier of tiers) increment(load.counts[tier], answer[tier] ?? none);
    if (answer.ok) return;
    load.failed++;
    increment(load.reasons, inWords(answer));
}

async function fire(size, button) {
    const mine = load;
    const started = performance.now();
    let unsent = size;
    mine.left = size;
    setBusy(size);
    const send = async () => {
        // A failed request is counted, too, and keeps none from being sent.
        while (unsent > 0 && load === mine) {
            unsent--;
            const answer = await call("api/whoami");
            // What comes in after a reset belongs to no one.
            if (load !== mine) return;
            count(answer);
            // Of a single request, the rate would say nothing.
            if (size > 1) mine.rate = (1000 * (size - mine.left)) / (performance.now() - started);
            draw(size);
        }
    };
    const failedBefore = mine.failed;
    await Promise.all(Array.from({ length: Math.min(atOnce, size) }, send));
    if (load !== mine) return;
    setBusy(0);
    const failed = mine.failed - failedBefore;
    element("summary").textContent = `${size} sent, ${failed === 0 ? "none" : failed} failed.`;
    // A disabled button loses the focus.
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
}

/** While a burst of this size runs, or none. */
function setBusy(size) {
    for (const button of buttons) button.disabled = size > 0;
    element("load").ariaBusy = String(size > 0);
    element("progress").hidden = size === 0;
    element("progress").max = size || 1;
    element("summary").textContent = "";
    draw(size);
}

function reset() {
    load = nothing();
    forgetPods();
    setBusy(0);
    document.dispatchEvent(new Event("reset"));
}

// Drawing

/** What chance does with `total` answers if all pods are equal: the mean, and how far 19 in 20 bars are from it at most. */
function expected(total, podCount) {
    const mean = total / Math.max(1, podCount);
    return { mean, spread: podCount > 1 ? 1.96 * Math.sqrt(mean * (1 - 1 / podCount)) : 0 };
}

function draw(size = 0) {
    // One axis for both tiers, and long enough for what is still to come, so that no bar shrinks during a burst.
    const axis = Math.max(
        10,
        ...tiers.flatMap((tier) => {
            const { mean, spread } = expected(load.sent + load.left, pods[tier].length);
            return [1.05 * (mean + spread), ...load.counts[tier].values()];
        }),
    );
    for (const tier of tiers) drawTier(tier, axis);

    const times = [...load.times].sort((a, b) => a - b);
    element("sent").textContent = number.format(load.sent);
    element("failed").textContent = number.format(load.failed);
    element("failed").classList.toggle("problem", load.failed > 0);
    element("median").textContent = times.length === 0 ? "–" : inMilliseconds(times[Math.floor(times.length / 2)]);
    element("rate").textContent = load.rate === undefined ? "–" : `${number.format(Math.round(load.rate))}/s`;
    element("progress").value = size - load.left;
    element("progress-text").textContent = size === 0 ? "" : `${size - load.left} of ${size}`;
    element("reasons").replaceChildren(
        ...[...load.reasons].map(([reason, times]) => make("li", {}, `${number.format(times)} × ${reason}`)),
    );
}

function drawTier(tier, axis) {
    const counts = load.counts[tier];
    const unanswered = counts.get(none) ?? 0;
    const answered = load.sent - unanswered;
    const shown = document.querySelector(`[data-tier="${tier}"]`);
    shown.querySelector(".total").textContent = `${number.format(answered)} ${answered === 1 ? "answer" : "answers"}`;

    const list = shown.querySelector("ol");
    for (const row of showPods(list, unanswered > 0 ? [...pods[tier], none] : pods[tier], makeRow)) {
        const count = counts.get(row.dataset.pod) ?? 0;
        const share = load.sent === 0 ? "" : ` · ${Math.round((100 * count) / load.sent)}%`;
        row.dataset.count = count;
        row.querySelector(".count").textContent = number.format(count) + share;
        row.style.setProperty("--length", count / axis);
    }
    const { mean, spread } = expected(answered, pods[tier].length);
    list.toggleAttribute("data-expected", pods[tier].length > 1 && answered > 0);
    list.style.setProperty("--mean", mean / axis);
    list.style.setProperty("--low", Math.max(0, mean - spread) / axis);
    list.style.setProperty("--high", Math.min(answered, mean + spread) / axis);
}

function makeRow(pod) {
    return make(
        "li",
        {},
        make("span", { className: "name" }, pod === none ? "no pod answered" : pod),
        make("span", { className: "count" }),
        make("div", { className: "track" }, make("div", { className: "bar" })),
    );
}

for (const button of buttons) button.onclick = () => fire(Number(button.dataset.requests), button);
element("reset").onclick = reset;
// The guestbook's requests are not counted, but show what pods there are.
document.addEventListener("answer", ({ detail: answer }) => {
    if (answer.path !== "api/whoami") draw();
});
