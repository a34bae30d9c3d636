// What stands around every view: bar, rail, banner, notices, and what a screen reader hears.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { avatar, lampSign, nameOf, plainButton, sentence } from "./parts.js";

const TONES = {
    good: ["free", "green"], bad: ["barred", "red"], waiting: ["held", "amber"],
    barred: ["barred", "red"], unknown: ["unknown", "dark-blue"],
};

export function bar(ui, seen) {
    const [shape, color] = TONES[seen.lines.tone];
    return h(
        "header", { class: "bar", key: "bar" },
        h("p", { class: "room" }, seen.room || ui.words.say("app.name")),
        h(
            "p", { class: ["line-state", `is-${seen.lines.tone}`] },
            lampSign({ shape, color }, 20), h("span", null, ui.words.say(seen.lines.label, seen.lines.with)),
        ),
        h("p", { class: "small-clock" }, ui.words.clock(seen.now_ms)),
    );
}

export function rail(ui, seen) {
    return h(
        "nav", { class: "rail", key: "rail", "aria-label": ui.words.say("nav.label") },
        h("ul", null, seen.nav.map((one) => h("li", { key: one.id }, railButton(ui, one)))),
    );
}

function railButton(ui, one) {
    return h(
        "button",
        {
            type: "button", class: ["rail-button", one.current && "is-current"],
            "aria-current": one.current ? "page" : null, "data-id": `nav-${one.id}`,
            on: { click: () => ui.go({ act: "go", screen: one.id }) },
        },
        icon(one.icon, 26), h("span", null, ui.words.say(one.label)),
    );
}

export function banner(ui, seen) {
    if (seen.link.phase !== "lost") {
        return null;
    }
    return h(
        "div", { class: "banner", key: "banner", role: "status" },
        icon("offline", 28),
        h("p", null,
            h("strong", null, ui.words.say("lost.title")), " ",
            ui.words.say("lost.text", { time: ui.words.clock(seen.link.since_ms) })),
    );
}

/** The running call, shown wherever else the person is. */
export function strip(ui, seen) {
    const call = seen.strip;
    if (!call) {
        return null;
    }
    const time = call.duration_s === null ? "" : ui.words.duration(call.duration_s);
    return h(
        "button",
        {
            type: "button", key: "strip", class: ["strip", `tone-${call.tone}`], "data-id": "strip",
            on: { click: () => ui.go({ act: "go", screen: "call" }) },
        },
        avatar(call.who), h("span", { class: "strip-name" }, nameOf(ui, call.who)),
        h("span", null, ui.words.say(call.state)), h("span", { class: "time" }, time),
        h("span", { class: "strip-back" }, ui.words.say("strip.back")),
    );
}

export function notices(ui, seen) {
    return h(
        "div", { class: "notices", key: "notices", role: "region", "aria-label": ui.words.say("notices.label") },
        seen.notices.map((one) =>
            h(
                "div", { key: one.id, class: ["notice", one.bad && "is-bad"], role: one.bad ? "alert" : "status" },
                icon(one.bad ? "warning" : "info", 24), h("p", null, sentence(ui, one)),
                plainButton(ui, "notice.close", { act: "read", id: one.id }, { icon: "close", bare: true, class: "quiet" }),
            )),
    );
}

/** Live regions: they are always there and only their text changes. */
export function spoken(ui, seen) {
    const text = (list) => list.map((one) => ui.words.say(one.key, one.with)).join(" ");
    return [
        h("p", { class: "hidden", key: "now", role: "alert" }, text(seen.spoken.now)),
        h("p", { class: "hidden", key: "calm", role: "status" }, text(seen.spoken.calm)),
    ];
}
