"use strict";

const element = (id) => document.getElementById(id);
const answers = { frontend: new Map(), backend: new Map() };

/** Asks the backend through the frontend, and notes which pod of each tier answered. */
async function call(path, options) {
    const response = await fetch(path, { cache: "no-store", ...options });
    const pods = { frontend: response.headers.get("X-Frontend-Pod"), backend: response.headers.get("X-Pod") };
    for (const [tier, pod] of Object.entries(pods)) {
        if (pod === null) continue;
        element(tier).textContent = pod;
        answers[tier].set(pod, (answers[tier].get(pod) ?? 0) + 1);
    }
    draw();
    const body = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    if (!response.ok) throw new Error(body?.error ?? `The answer was HTTP ${response.status}.`);
    return body;
}

function draw() {
    const tiers = Object.entries(answers).map(([tier, counts]) => {
        const most = Math.max(...counts.values());
        const rows = [...counts].sort().map(([pod, count]) => {
            const row = document.createElement("div");
            row.className = "pod";
            const bar = document.createElement("div");
            bar.className = "bar";
            bar.style.width = `${(100 * count) / most}%`;
            row.append(span(pod), bar, span(String(count)));
            return row;
        });
        const heading = document.createElement("h3");
        heading.textContent = tier;
        return counts.size === 0 ? [] : [heading, ...rows];
    });
    element("tiers").replaceChildren(...tiers.flat());
}

function span(text) {
    const made = document.createElement("span");
    made.textContent = text;
    return made;
}

/** Runs what may fail and shows why it did. */
async function attempt(action) {
    try {
        element("problem").textContent = "";
        await action();
    } catch (error) {
        element("problem").textContent = error.message;
    }
}

async function fire(count) {
    // Ten at a time, as many as a browser and a small cluster bear.
    for (let left = count; left > 0; left -= 10) {
        await Promise.all(Array.from({ length: Math.min(10, left) }, () => call("api/whoami")));
    }
}

async function list() {
    const { entries } = await call("api/entries");
    element("entries").replaceChildren(
        ...entries.map(({ id, name, message, pod }) => {
            const item = document.createElement("li");
            const author = document.createElement("b");
            author.textContent = name;
            const written = document.createElement("small");
            written.textContent = ` written by ${pod} `;
            const remove = document.createElement("button");
            remove.textContent = "Delete";
            remove.onclick = () =>
                attempt(async () => {
                    await call(`api/entries/${id}`, { method: "DELETE" });
                    await list();
                });
            item.append(author, ` ${message}`, written, remove);
            return item;
        }),
    );
}

for (const button of document.querySelectorAll("[data-requests]")) {
    button.onclick = () => attempt(() => fire(Number(button.dataset.requests)));
}
element("reset").onclick = () => {
    for (const counts of Object.values(answers)) counts.clear();
    draw();
};
element("sign").onsubmit = (event) => {
    event.preventDefault();
    attempt(async () => {
        await call("api/entries", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(Object.fromEntries(new FormData(event.target))),
        });
        event.target.reset();
        await list();
    });
};
attempt(list);
