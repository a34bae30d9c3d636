// Settings: what this screen looks like for everybody, the rest behind a PIN in a room.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { twelve } from "./keypad.js";
import { button, chooser, empty, plainButton } from "./parts.js";

const PIN_DIGITS = 12; // the longest one that can be typed

export function settings(ui, seen) {
    const { settings: all } = seen;
    return h(
        "div", { class: "settings-screen", key: "settings" },
        h("div", { class: "list-head", key: "head" },
            h("h1", { id: "title", tabindex: "-1" }, ui.words.say("settings.title")),
            all.can_shut && plainButton(ui, "settings.shut", { act: "lower" }, { icon: "lock", class: "pill" })),
        h("section", { class: "setting-group", key: "own", "aria-labelledby": "own-title" },
            h("h2", { id: "own-title" }, ui.words.say("settings.own")),
            all.own.map((one) => chooser(ui, one, (value) => ui.go({ act: "prefer", name: one.name, value })))),
        all.shut ? shut(ui, all.shut) : rest(ui, all),
        all.bridge && about(ui, all),
        h("details", { class: "setting-group", key: "keys" },
            h("summary", null, ui.words.say("shortcuts.title")),
            h("dl", { class: "shortcuts" }, SHORTCUTS.map(([keys, label]) =>
                h("div", { key: label + keys }, h("dt", null, h("kbd", null, keys)), h("dd", null, ui.words.say(label)))))),
    );
}

const SHORTCUTS = [
    ["Ctrl+Alt+A", "verb.answer"], ["Ctrl+Alt+H", "verb.reject"], ["Ctrl+Alt+F", "verb.forward"],
    ["Ctrl+Alt+V", "verb.voicemail"], ["Alt+H", "verb.hangup"], ["Alt+P", "verb.hold"],
    ["Alt+F", "verb.transfer"], ["Alt+C", "verb.add"], ["Alt+T", "verb.connect"],
    ["Alt+M", "verb.merge"], ["Alt+↑ Alt+↓", "verb.swap"], ["Alt+D", "shortcuts.move"],
    ["0–9 * # +", "shortcuts.digits"], ["Esc", "sheet.close"],
];

function shut(ui, one) {
    if (one.kind === "no_pin") {
        return h("section", { class: "setting-group", key: "shut" },
            h("p", { class: "note" }, icon("lock", 24), ui.words.say("settings.no_pin")));
    }
    const filled = "●".repeat(one.digits) || ui.words.say("settings.pin_hint");
    return h(
        "section", { class: "setting-group pin", key: "shut", "aria-labelledby": "pin-title" },
        h("h2", { id: "pin-title" }, icon("lock", 24), ui.words.say("settings.pin")),
        h("p", { class: "number-field", role: "status", "aria-label": ui.words.say("settings.pin_typed", { count: one.digits }) }, filled),
        twelve(ui, (text) => ui.go({ act: "append", field: "pin", text, most: PIN_DIGITS })),
        h("div", { class: "keypad-row" },
            plainButton(ui, "keypad.erase", { act: "erase", field: "pin" }, { icon: "erase", bare: true, class: "round" }),
            button(ui, { id: "pin-enter", icon: "check", label: "settings.open", tone: "go", why: one.digits ? "" : "settings.pin_hint", pending: one.pending, does: { act: "raise" } }, { class: "wide", size: 24 })),
    );
}

function rest(ui, all) {
    return h(
        "section", { class: "setting-group", key: "rest", "aria-labelledby": "rest-title" },
        h("h2", { id: "rest-title" }, ui.words.say("settings.bridge")),
        !all.known ? empty(ui, "list.loading") : all.rows.map((one) => setting(ui, one)),
    );
}

function setting(ui, one) {
    const change = (value) => ui.go(one.why ? { act: "say", key: one.why } : { act: "change", name: one.name, value });
    const known = ui.words.has(one.label) ? ui.words.say(one.label) : one.name;
    switch (one.kind) {
        case "switch":
            return h("label", { class: "setting switch", key: one.name },
                h("span", null, known),
                h("input", { type: "checkbox", role: "switch", checked: Boolean(one.value), "data-id": `setting-${one.name}`, on: { change: (event) => change(event.target.checked) } }));
        case "percent":
            return h("label", { class: "setting", key: one.name },
                h("span", null, known),
                h("input", { type: "range", min: "0", max: "150", step: "5", value: String(one.value), "aria-valuetext": `${one.value} %`, on: { change: (event) => change(Number(event.target.value)) } }),
                h("output", { "aria-hidden": "true" }, `${one.value} %`));
        case "choice":
            return h("label", { class: "setting", key: one.name },
                h("span", null, known),
                h("select", { value: String(one.value), on: { change: (event) => change(event.target.value) } }, one.choices.map((each) =>
                    h("option", { key: each.value, value: each.value, selected: each.value === one.value }, ui.words.has(each.label) ? ui.words.say(each.label) : String(each.value)))));
        default:
            return h("p", { class: "setting file", key: one.name },
                h("span", null, known), h("span", { class: "value" }, String(one.value ?? "")),
                one.where && h("span", { class: "where" }, ui.words.say("settings.in_file", { where: one.where })));
    }
}

function about(ui, all) {
    const { bridge } = all;
    return h(
        "section", { class: "setting-group about", key: "about", "aria-labelledby": "about-title" },
        h("h2", { id: "about-title" }, ui.words.say("settings.about")),
        h("p", null, `Offhook ${bridge.version}`, bridge.name && ` · ${bridge.name}`),
        bridge.healthy ? h("p", null, icon("check", 20), ui.words.say("settings.healthy"))
            : h("ul", { class: "problems", lang: "en" }, bridge.problems.map((one) => h("li", { key: one }, icon("warning", 20), one))),
    );
}
