// Ringing, one call, two calls, a conference.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { avatar, badge, button, nameOf } from "./parts.js";

export function ringing(ui, seen) {
    const call = seen.calls.ringing;
    const { answer, reject, more } = call.buttons;
    return h(
        "section", { class: "ringing", key: "ringing", "aria-labelledby": "title" },
        h("p", { class: "ringing-word" }, icon("bell", 26), ui.words.say("ringing.title")),
        avatar(call.who, "ringing"),
        h("h1", { id: "title", tabindex: "-1", class: "ringing-name" }, nameOf(ui, call.who)),
        details(ui, call),
        h("div", { class: "ringing-main" },
            button(ui, reject, { class: "huge", size: 40 }), button(ui, answer, { class: "huge", size: 40 })),
        more.length > 0 && h("div", { class: "ringing-more" }, more.map((one) => button(ui, one, { class: "pill", size: 22 }))),
    );
}

function details(ui, call) {
    const { number, company } = call.who;
    return h(
        "p", { class: "details", key: "details" },
        [number, company].filter(Boolean).join(" · "),
        call.via && h("span", { class: "via" }, ui.words.say("call.via", { who: nameOf(ui, call.via) })),
    );
}

export function inCall(ui, seen) {
    const { calls } = seen;
    return h(
        "div", { class: ["call", `layout-${calls.layout}`], key: "call" },
        calls.ringing && waiting(ui, calls.ringing),
        h("section", { class: "parties", key: "parties", "aria-label": ui.words.say(`layout.${calls.layout}`) },
            h("h1", { class: "hidden", id: "title", tabindex: "-1", key: "title" }, ui.words.say(`layout.${calls.layout}`)),
            calls.cards.map((one) => (calls.layout === "one" ? bigCard(ui, one) : card(ui, one)))),
        h("section", { class: "actions", key: "actions", "aria-label": ui.words.say("call.actions") },
            h("div", { class: "tiles", key: "tiles" }, calls.actions.map((one) => button(ui, one, { class: "tile", size: 32 }))),
            h("div", { class: "call-foot", key: "foot" },
                sound(ui, calls.sound),
                button(ui, calls.end, { class: "end", size: 32 }))),
    );
}

/** A call that rings while something else is on the screen, such as another call. */
export function waiting(ui, call) {
    const { answer, reject, more } = call.buttons;
    return h(
        "section", { class: "waiting", key: "waiting", "aria-label": ui.words.say(call.title) },
        icon("bell", 26),
        h("p", { class: "waiting-text" },
            h("strong", null, nameOf(ui, call.who)), h("span", null, ui.words.say(call.title))),
        more.filter((one) => one.does.verb === "divert").map((one) => button(ui, one, { bare: true, class: "round" })),
        button(ui, reject, { class: "compact" }), button(ui, answer, { class: "compact" }),
    );
}

function bigCard(ui, one) {
    return h(
        "article", { class: ["card", "is-big", `tone-${one.tone}`], key: one.call, "data-call": one.call, "data-phase": one.phase },
        avatar(one.who, one.tone),
        h("h2", { class: "card-name" }, nameOf(ui, one.who)),
        details(ui, one), state(ui, one), time(ui, one), badges(ui, one),
    );
}

function card(ui, one) {
    return h(
        "article", { class: ["card", `tone-${one.tone}`], key: one.call, "data-call": one.call, "data-phase": one.phase },
        avatar(one.who, one.tone),
        h("div", { class: "card-text" },
            h("h2", { class: "card-name" }, nameOf(ui, one.who)),
            details(ui, one),
            h("div", { class: "card-line" }, state(ui, one), time(ui, one), badges(ui, one))),
        one.buttons.map((each) => button(ui, each, { class: "upright", size: 24 })),
    );
}

const STATE_ICONS = { active: "speaker", held: "hold", waiting: "outgoing", ringing: "bell", unknown: "offline" };

function state(ui, one) {
    const words = one.tone === "unknown" ? ui.words.say("phase.unknown") : ui.words.say(one.state);
    const text = one.transfer ? ui.words.say("call.transferring", { target: one.transfer.target }) : words;
    return h("span", { class: ["state", `tone-${one.tone}`], key: "state" }, icon(STATE_ICONS[one.tone], 18), text);
}

function time(ui, one) {
    if (one.duration_s === null || one.tone === "unknown") {
        return null;
    }
    return h("span", { class: "time", key: "time", role: "timer" }, ui.words.duration(one.duration_s));
}

const badges = (ui, one) =>
    one.badges.length > 0 && h("p", { class: "badges", key: "badges" }, one.badges.map((each) => badge(ui, each)));

function sound(ui, seen) {
    if (!seen) {
        return null;
    }
    const set = (event) => ui.go({ act: "volume", part: "speaker", percent: Number(event.target.value) });
    return h(
        "div", { class: "sound", key: "sound" },
        h("p", { class: "sound-device" }, icon("headset", 20), seen.device || ui.words.say("call.no_device")),
        seen.speaker !== null && h("label", { class: "sound-level" },
            icon("speaker", 20), h("span", { class: "hidden" }, ui.words.say("call.volume")),
            h("input", {
                type: "range", min: "0", max: "150", step: "5", value: String(seen.speaker),
                "aria-valuetext": `${seen.speaker} %`, on: { change: set },
            }),
            h("output", { "aria-hidden": "true" }, `${seen.speaker} %`)),
    );
}
