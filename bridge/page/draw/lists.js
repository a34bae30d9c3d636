// Call list and contacts.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { avatar, button, empty, nameOf, plainButton } from "./parts.js";
import { letters } from "./typing.js";

export function history(ui, seen) {
    const list = seen.history;
    return h(
        "div", { class: "list-screen", key: "history" },
        head(ui, seen, "history", !seen.kiosk, list?.can_delete && plainButton(ui, "history.delete_all", { act: "forget" }, { icon: "bin", class: "pill" })),
        list && h("div", { class: "filters", role: "group", "aria-label": ui.words.say("history.filters"), key: "filters" },
            list.filters.map((one) =>
                h("button", { key: one.id, type: "button", class: ["choice", one.chosen && "is-chosen"], "aria-pressed": String(one.chosen), on: { click: () => ui.go({ act: "filter", filter: one.id }) } },
                    one.chosen && icon("check", 18), ui.words.say(one.label)))),
        !list ? empty(ui, "list.loading") : list.rows.length === 0 ? empty(ui, "history.empty")
            : h("ul", { class: "rows", key: "rows" }, list.rows.map((one) => h("li", { key: one.id }, entry(ui, one)))),
        list?.more && h("p", { class: "empty", key: "more" }, ui.words.say("list.more")),
    );
}

function entry(ui, one) {
    const words = [ui.words.say(one.kind), one.talked_s ? ui.words.duration(one.talked_s) : "", one.via ? ui.words.say("call.via", { who: one.via }) : ""];
    const when = one.today ? ui.words.clock(one.at_ms) : `${ui.words.shortDay(one.at_ms)} ${ui.words.clock(one.at_ms)}`;
    return h(
        "div", { class: ["row", one.missed && "is-missed"] },
        h("button",
            {
                type: "button", class: "row-button", "aria-disabled": one.why ? "true" : null, "data-id": `entry-${one.id}`,
                on: { click: () => ui.go(one.why ? { act: "say", key: one.why } : one.does) },
            },
            h("span", { class: "row-icon" }, icon(one.icon, 24)),
            h("span", { class: "row-name" }, nameOf(ui, one.who)),
            h("span", { class: "row-more" }, words.filter(Boolean).join(" · ")),
            h("span", { class: "row-when" }, when)),
        plainButton(ui, "history.delete", { act: "forget", entries: [one.id] }, { icon: "bin", bare: true, class: "round quiet", with: { name: nameOf(ui, one.who) } }),
    );
}

export function contacts(ui, seen) {
    const list = seen.contacts;
    return h(
        "div", { class: "list-screen", key: "contacts" },
        head(ui, seen, "contacts", true),
        (list?.notes ?? []).map((note) => h("p", { class: "note", key: note }, icon("warning", 20), note)),
        !list ? empty(ui, "list.loading") : list.groups.length === 0 ? empty(ui, seen.words ? "contacts.none_found" : "contacts.empty")
            : list.groups.map((group) =>
                h("section", { key: group.id, "aria-label": ui.words.say(group.title, group) },
                    h("h2", null, ui.words.say(group.title, group)),
                    h("ul", { class: "rows" }, group.rows.map((one) => h("li", { key: one.id }, contact(ui, one)))))),
        list?.more && h("p", { class: "empty", key: "more" }, ui.words.say("list.more")),
    );
}

function contact(ui, one) {
    return h(
        "div", { class: "row contact" },
        avatar(one.who),
        h("span", { class: "contact-text" },
            h("span", { class: "row-name" }, one.who.name), h("span", { class: "row-more" }, one.who.company)),
        h("span", { class: "contact-numbers" }, one.numbers.map((each) =>
            h("button",
                {
                    key: each.number, type: "button", class: "button number-button", "aria-disabled": each.why ? "true" : null,
                    title: each.why ? ui.words.say(each.why) : null,
                    "aria-label": ui.words.say("contacts.call", { name: one.who.name, number: each.number, kind: ui.words.say(each.kind) }),
                    on: { click: () => ui.go(each.why ? { act: "say", key: each.why } : each.does) },
                },
                icon("answer", 20), h("span", null, each.number)))),
    );
}

function head(ui, seen, name, searched, more) {
    const field = `search-${name}`;
    return [
        h("div", { class: "list-head", key: "head" },
            h("h1", { id: "title", tabindex: "-1" }, ui.words.say(`nav.${name}`)),
            searched && h("div", { class: "search" },
                h("label", { for: field, class: "hidden" }, ui.words.say("list.search")),
                icon("search", 22),
                h("input", {
                    id: field, type: "search", value: seen.words, autocomplete: "off", spellcheck: "false", maxlength: "100",
                    placeholder: ui.words.say("list.search"), inputmode: "search",
                    on: { input: (event) => ui.go({ act: "search", name, text: event.target.value }) },
                })),
            more),
        searched && seen.kiosk && letters(ui, name),
    ];
}
