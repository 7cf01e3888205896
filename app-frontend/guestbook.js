// The guestbook: who signed, and which pod wrote it to the database.

import { call, inWords } from "./api.js";
import { element, make, markAs } from "./pods.js";

const form = element("sign");
const fields = ["name", "message"];
const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

async function list() {
    const answer = await call("api/entries");
    element("entries-problem").textContent = inWords(answer);
    // What is there is better than nothing.
    if (!answer.ok) return;
    const { entries } = answer.body;
    element("entries").replaceChildren(...entries.map(makeEntry));
    element("entries-empty").hidden = entries.length > 0;
}

function makeEntry({ id, name, message, createdAt, pod }) {
    const remove = make(
        "button",
        { type: "button", className: "quiet", ariaLabel: `Delete the entry by ${name}` },
        "Delete",
    );
    remove.onclick = () => whileBusy(remove, () => erase(id));
    const entry = make(
        "li",
        {},
        make("p", { className: "author" }, name),
        make("p", { className: "message" }, message),
        make(
            "p",
            { className: "written" },
            make("time", { dateTime: createdAt }, when.format(new Date(createdAt))),
            " by ",
            markAs(pod, make("span", { className: "pod" }, pod)),
        ),
        remove,
    );
    entry.dataset.entry = id;
    return entry;
}

async function erase(id) {
    const answer = await call(`api/entries/${id}`, { method: "DELETE" });
    await list();
    if (answer.ok) element("guestbook-status").textContent = "Deleted.";
    else element("entries-problem").textContent = inWords(answer);
    // The button is gone, and the focus with it.
    if (document.activeElement === document.body) element("entries-title").focus({ preventScroll: true });
}

async function sign() {
    const answer = await call("api/entries", { method: "POST", body: Object.fromEntries(new FormData(form)) });
    // Each error where it belongs; what is about no field, below the form.
    const errors = { ...answer.errors };
    for (const field of fields) {
        element(`${field}-error`).textContent = (errors[field] ?? []).join(" ");
        element(field).ariaInvalid = errors[field] ? "true" : null;
        delete errors[field];
    }
    element("sign-problem").textContent = inWords({ errors });
    form.querySelector("[aria-invalid]")?.focus();
    if (!answer.ok) return;
    form.reset();
    await list();
    element("guestbook-status").textContent = `Written by ${answer.body.pod}.`;
}

/** Does what a button asks for, once at a time. */
async function whileBusy(button, action) {
    button.disabled = true;
    element("guestbook").ariaBusy = "true";
    element("guestbook-status").textContent = "";
    try {
        await action();
    } finally {
        element("guestbook").ariaBusy = "false";
        button.disabled = false;
    }
}

form.onsubmit = (event) => {
    event.preventDefault();
    whileBusy(event.submitter, sign);
};
element("refresh").onclick = () => whileBusy(element("refresh"), list);
whileBusy(element("refresh"), list);
