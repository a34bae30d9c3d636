// Sheets over a call: tones, and the choice of somebody to add, to transfer to, to forward to.

import { h } from "../dom.js";
import { lampKey } from "./home.js";
import { numberField, twelve } from "./keypad.js";
import { button, plainButton } from "./parts.js";

export function sheet(ui, seen) {
    const one = seen.sheet;
    if (!one) {
        return null;
    }
    return h(
        "div",
        {
            class: ["sheet", `sheet-${one.kind}`], key: "sheet", role: "dialog", "aria-modal": "true",
            "aria-labelledby": "sheet-title",
        },
        h("div", { class: "sheet-head" },
            h("h2", { id: "sheet-title", tabindex: "-1" }, ui.words.say(one.kind === "dtmf" ? "dtmf.title" : one.title)),
            plainButton(ui, "sheet.close", { act: "sheet", sheet: null }, { icon: "close", bare: true, class: "round", id: "sheet-close" })),
        one.kind === "dtmf" ? tones(ui, one) : pick(ui, one),
    );
}

function tones(ui, one) {
    return h(
        "div", { class: "tones" },
        h("p", { class: "number-field", "aria-live": "off" }, one.typed.slice(-20) || ui.words.say("dtmf.hint")),
        twelve(ui, (digit) => ui.go(one.why ? { act: "say", key: one.why } : { act: "dtmf", digit, call: one.call })),
    );
}

function pick(ui, one) {
    const [first] = one.verbs;
    return h(
        "div", { class: "pick" },
        h("div", { class: "pick-number" },
            numberField(ui, {
                id: "pick-number", text: one.typed, label: "keypad.number",
                set: (text) => ui.go({ act: "typed", field: "pick", text }), enter: send(one, first, one.typed),
            }),
            twelve(ui, (text) => ui.go({ act: "append", field: "pick", text }), true),
            h("div", { class: "pick-verbs" }, one.verbs.map((verb) => verbButton(ui, one, verb)))),
        h("div", { class: "pick-people" },
            one.people.length > 0 && h("h3", { key: "keys-title" }, ui.words.say("home.favourites")),
            one.people.length > 0 && h("ul", { class: "keys", key: "keys" },
                one.people.map((each) => h("li", { key: each.position }, lampKey(ui, each, choose(each.target))))),
            (one.contacts?.groups ?? []).flatMap((group) => group.rows).length > 0 &&
                h("h3", { key: "contacts-title" }, ui.words.say("nav.contacts")),
            contacts(ui, one)),
    );
}

// A name fills the number in: what happens with it is chosen with the buttons below.
const choose = (target) => ({ act: "typed", field: "pick", text: target });

function contacts(ui, one) {
    const rows = (one.contacts?.groups ?? []).flatMap((group) => group.rows);
    return rows.length > 0 && h("ul", { class: "rows", key: "rows" }, rows.map((row) =>
        h("li", { key: row.id },
            h("button", { type: "button", class: "row-button", on: { click: () => ui.go(choose(row.numbers[0].number)) } },
                h("span", { class: "row-name" }, row.who.name),
                h("span", { class: "row-more" }, row.numbers[0].number)))));
}

const send = (one, verb, target) => ({ act: "send-to", verb, target, call: verb === "dial" ? null : one.call });

function verbButton(ui, one, verb) {
    const label = `pick.${one.purpose}.${verb}`;
    const why = one.why || (one.typed ? "" : "keypad.empty");
    const tone = verb === "dial" ? "go" : "";
    return button(ui, { id: `pick-${verb}`, icon: verb === "dial" ? "answer" : "transfer", label, tone, why, pending: false, does: send(one, verb, one.typed) }, { class: "wide", size: 24 });
}
