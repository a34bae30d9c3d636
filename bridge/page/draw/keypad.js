// The keypad: for dialling, and for tones in a call.

import { h } from "../dom.js";
import { holding } from "./holding.js";
import { button, plainButton } from "./parts.js";

const KEYS = [
    ["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
    ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", "+"], ["#", ""],
];

export function keypadScreen(ui, seen) {
    return h(
        "div", { class: "keypad-screen", key: "keypad-screen" },
        h("h1", { class: "hidden", tabindex: "-1", id: "title" }, ui.words.say("nav.keypad")),
        keypadPanel(ui, seen, "screen"),
    );
}

/** Number, twelve keys, dial. */
export function keypadPanel(ui, seen, place) {
    const set = (text) => ui.go({ act: "typed", field: "dial", text });
    return h(
        "div", { class: "keypad", key: "keypad" },
        numberField(ui, { id: `number-${place}`, text: seen.typed, label: "keypad.number", set, enter: seen.dial.does }),
        twelve(ui, (text) => ui.go({ act: "append", field: "dial", text }), true),
        h(
            "div", { class: "keypad-row" },
            seen.can_redial ? button(ui, seen.redial, { class: "round", bare: true }) : h("span"),
            button(ui, seen.dial, { class: "wide" }),
            plainButton(ui, "keypad.erase", { act: "erase", field: "dial" },
                { icon: "erase", bare: true, class: "round", id: "erase" }),
        ),
    );
}

/** A field for a number: the screen's own keyboard stays away, a real one may type. */
export function numberField(ui, { id, text, label, set, enter }) {
    return h(
        "div", { class: "number", key: id },
        h("label", { for: id, class: "hidden" }, ui.words.say(label)),
        h("input", {
            id, type: "text", inputmode: "none", autocomplete: "off", spellcheck: "false", maxlength: "64",
            value: text, placeholder: ui.words.say(label), class: "number-field",
            on: {
                input: (event) => set(event.target.value),
                keydown: (event) => {
                    if (event.key === "Enter") {
                        event.preventDefault();
                        ui.go(enter);
                    }
                },
            },
        }),
    );
}

/** The twelve keys, each appended to what is typed; 0 held gives a plus where `plus` is set. */
export function twelve(ui, press, plus = false) {
    return h(
        "div", { class: "twelve", role: "group", "aria-label": ui.words.say("keypad.label") },
        KEYS.map(([digit, letters]) =>
            h(
                "button",
                {
                    key: digit, type: "button", class: "digit", "data-id": `digit-${digit}`,
                    "aria-label": ui.words.has(`keypad.key.${digit}`) ? ui.words.say(`keypad.key.${digit}`) : digit,
                    on: plus && digit === "0"
                        ? holding(() => press("0"), () => press("+"))
                        : { click: () => press(digit) },
                },
                h("span", { class: "digit-sign", "aria-hidden": "true" }, digit === "*" ? "∗" : digit),
                h("span", { class: "digit-letters", "aria-hidden": "true" }, letters),
            )),
    );
}
