// Letters for a screen that has no keyboard: a room's telephone.

import { h } from "../dom.js";
import { plainButton } from "./parts.js";

export function letters(ui, name) {
    const rows = ui.words.say("letters.rows").split(" ");
    return h(
        "details", { class: "letters", key: "letters" },
        h("summary", null, ui.words.say("letters.title")),
        rows.map((row) =>
            h("div", { class: "letters-row", key: row }, [...row].map((letter) =>
                h("button", { key: letter, type: "button", class: "letter", on: { click: () => ui.go({ act: "search-append", name, text: letter }) } }, letter)))),
        h("div", { class: "letters-row", key: "last" },
            h("button", { type: "button", class: "letter is-space", on: { click: () => ui.go({ act: "search-append", name, text: " " }) } }, ui.words.say("letters.space")),
            plainButton(ui, "keypad.erase", { act: "search-erase", name }, { icon: "erase", bare: true, class: "letter" })),
    );
}
