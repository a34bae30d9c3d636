// Parts that several views are made of. Each takes `ui`: `words`, and `go(does, event)`.

import { h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * A button as `see/buttons.js` describes it. One that cannot act now stays, and says why.
 * @param {object} options class, size of the icon, `bare`: the label is for screen readers alone
 */
export function button(ui, one, options = {}) {
    const label = ui.words.say(one.label, one.with);
    const why = one.why ? ui.words.say(one.why) : "";
    return h(
        "button",
        {
            key: one.id,
            type: "button",
            class: ["button", options.class, one.tone && `tone-${one.tone}`, one.pending && "is-pending"],
            "data-id": one.id,
            "aria-label": options.bare ? label : null,
            "aria-pressed": one.pressed === undefined ? null : String(one.pressed),
            "aria-disabled": why ? "true" : null,
            "aria-busy": one.pending ? "true" : null,
            "aria-keyshortcuts": one.shortcut || null,
            title: why || (options.bare ? label : null),
            on: { click: () => ui.go(one.why ? { act: "say", key: one.why } : one.does) },
        },
        one.icon && icon(one.icon, options.size ?? 28),
        !options.bare && h("span", { class: "label" }, label),
        one.pending && h("span", { class: "dots", "aria-hidden": "true" }, "…"),
    );
}

/** A button that only changes what is seen here. */
export function plainButton(ui, label, does, options = {}) {
    const text = ui.words.say(label, options.with);
    return h(
        "button",
        {
            key: options.key ?? label, type: "button", class: ["button", options.class],
            "aria-label": options.bare ? text : null, title: options.bare ? text : null,
            "data-id": options.id ?? null, "aria-pressed": options.pressed ?? null,
            on: { click: () => ui.go(does) },
        },
        options.icon && icon(options.icon, options.size ?? 24),
        !options.bare && h("span", { class: "label" }, text),
    );
}

/** The round sign of a person: initials, or a figure. */
export function avatar(who, tone = "") {
    return h(
        "span",
        { class: ["avatar", tone && `tone-${tone}`], "aria-hidden": "true" },
        who.initials || icon("person", 32),
    );
}

/** The name, or that it is not known. */
export const nameOf = (ui, who) => who.name || ui.words.say("who.unknown");

// One drawing per shape; `color` is added as a class, so that shape and colour say the same.
const SHAPES = {
    free: [h("circle", { cx: 12, cy: 12, r: 7.5, class: "line thick" })],
    active: [h("circle", { cx: 12, cy: 12, r: 9.5, class: "shape" }), h("rect", { x: 6.5, y: 10.5, width: 11, height: 3, rx: 1, class: "cut" })],
    on: [h("circle", { cx: 12, cy: 12, r: 9.5, class: "shape" }), h("path", { d: "M7.5 12.5l3 3 6-6.5", class: "cut-line" })],
    ringing: [
        h("path", { d: "M12 2l10 10-10 10L2 12z", class: "shape" }),
        h("path", { d: "M12 7v6M12 16v.5", class: "cut-line" }),
    ],
    held: [
        h("circle", { cx: 12, cy: 12, r: 9.5, class: "shape" }),
        h("path", { d: "M9.5 8.500v7M14.5 8.500v7", class: "cut-line" }),
    ],
    news: [h("rect", { x: 3, y: 5, width: 18, height: 14, rx: 2, class: "shape" }), h("path", { d: "M4 7l8 6 8-6", class: "cut-line" })],
    apart: [h("path", { d: "M12 2.500a9.5 9.5 0 0 1 0 19z", class: "shape" }), h("circle", { cx: 12, cy: 12, r: 8.7, class: "line" })],
    barred: [h("circle", { cx: 12, cy: 12, r: 8.5, class: "line thick" }), h("path", { d: "M6.5 6.500l11 11", class: "line thick" })],
    unknown: [h("circle", { cx: 12, cy: 12, r: 8.5, class: "line dashed" }), h("path", { d: "M9.8 9.500a2.3 2.3 0 1 1 3.2 2.300q-1 .5-1 1.700M12 16.300v.2", class: "line" })],
    none: [h("circle", { cx: 12, cy: 12, r: 2, class: "shape" })],
};

/** A lamp: shape, colour and rhythm. The word stands beside it. */
export function lampSign({ shape, color, pattern = "steady" }, size = 26) {
    return h(
        "svg",
        {
            class: ["lamp", `shape-${shape}`, `color-${color}`, pattern !== "steady" && `blink-${pattern}`],
            viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true",
        },
        SHAPES[shape] ?? SHAPES.unknown,
    );
}

/** A small word with a sign, such as HD. */
export function badge(ui, one) {
    return h(
        "span", { key: one.id, class: ["badge", `badge-${one.id}`] },
        one.icon && icon(one.icon, 16), ui.words.say(one.label),
    );
}

/** One of several: radio buttons that look like one bar. */
export function chooser(ui, { name, label, choices, value }, onChoice) {
    return h(
        "fieldset",
        { key: name, class: "chooser" },
        h("legend", null, ui.words.say(label)),
        h("div", { class: "bar-of-choices" }, choices.map((one) =>
            h(
                "label", { key: one.value, class: ["choice", one.value === value && "is-chosen"] },
                h("input", {
                    type: "radio", name, value: one.value, checked: one.value === value,
                    on: { change: () => onChoice(one.value) },
                }),
                one.value === value && icon("check", 18),
                h("span", null, ui.words.has(one.label) ? ui.words.say(one.label) : one.value),
            ))),
    );
}

/** A line that says that nothing is there, or what is wrong. */
export const empty = (ui, key, values) => h("p", { class: "empty", key: "empty" }, ui.words.say(key, values));

/** Tell what the server said where the catalogue has no sentence for it. */
export function sentence(ui, notice) {
    const known = notice.text_key && ui.words.has(notice.text_key);
    const own = known ? ui.words.say(notice.text_key, notice.with) : "";
    const theirs = notice.text && !(known && notice.text_key.startsWith("error."))
        ? h("span", { lang: "en", class: "theirs" }, notice.text) : null;
    return [own, own && theirs ? " " : null, theirs ?? (own ? null : ui.words.say("error.unknown"))];
}
