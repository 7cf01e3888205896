// Which pods there are, as far as answers told, and how they are shown.

export const element = (id) => document.getElementById(id);

/** Makes an element. Strings among the children become text, never HTML. */
export function make(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
}

/** The pods of each tier, in the order in which they were first seen. */
export const pods = { frontend: [], backend: [] };

const paletteSize = 8;
const colours = new Map();

/** Notes a pod, and gives it the colour that it keeps as long as the page is open. */
export function see(tier, pod) {
    if (!pods[tier].includes(pod)) pods[tier].push(pod);
    if (colours.has(pod)) return;
    colours.set(pod, `var(--pod-${colours.size % paletteSize})`);
    for (const shown of document.querySelectorAll("[data-pod]")) paint(shown);
}

export function forgetPods() {
    for (const seen of Object.values(pods)) seen.length = 0;
}

/** Marks an element as a pod's, in its colour if it has one: who wrote an entry may be long gone. */
export function markAs(pod, shown) {
    shown.dataset.pod = pod;
    paint(shown);
    return shown;
}

function paint(shown) {
    const colour = colours.get(shown.dataset.pod);
    if (colour !== undefined) shown.style.setProperty("--pod", colour);
}

/** Brings a list to one item for each of the names. An item stays the same element, so that its changes are animated. */
export function showPods(list, names, makeItem) {
    const items = new Map([...list.children].map((item) => [item.dataset.pod, item]));
    const wanted = names.map((pod) => items.get(pod) ?? markAs(pod, makeItem(pod)));
    for (const item of items.values()) if (!wanted.includes(item)) item.remove();
    for (const [index, item] of wanted.entries()) {
        if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    }
    return wanted;
}

export function inMilliseconds(time) {
    return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
