// Idle: the room, the time, the next meeting, favourites. Keypad where the screen is wide.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { holding } from "./holding.js";
import { keypadPanel } from "./keypad.js";
import { button, empty, lampSign, plainButton } from "./parts.js";

export function home(ui, seen) {
    return h(
        "div", { class: ["home", seen.lamps.length === 0 && "has-no-keys"], key: "home" },
        h(
            "section", { class: "now", key: "now", "aria-label": ui.words.say("home.now") },
            h("h1", { class: "hidden", tabindex: "-1", id: "title" }, seen.room || ui.words.say("nav.home")),
            h("p", { class: "clock" }, ui.words.clock(seen.now_ms)),
            h("p", { class: "date" }, ui.words.day(seen.now_ms)),
            roomSign(ui, seen.meetings),
            meeting(ui, seen.meetings),
            quick(ui, seen),
        ),
        h("section", { class: "favourites", key: "favourites", "aria-labelledby": "favourites-title" },
            h("h2", { id: "favourites-title", key: "title" }, ui.words.say("home.favourites")),
            favourites(ui, seen)),
        seen.can_call && h("div", { class: "home-keypad", key: "keypad" }, keypadPanel(ui, seen, "home")),
    );
}

function roomSign(ui, meetings) {
    if (!meetings?.sure) {
        return null;
    }
    const busy = Boolean(meetings.busy_until_ms);
    const until = busy ? meetings.busy_until_ms : meetings.free_until_ms;
    const [always, until_then] = busy ? ["room.busy", "room.busy_until"] : ["room.free", "room.free_until"];
    const sign = busy ? { shape: "active", color: "red" } : { shape: "free", color: "green" };
    return h(
        "p", { class: ["room-sign", busy ? "is-busy" : "is-free"], key: "room" },
        lampSign(sign, 24), h("span", null, until ? ui.words.say(until_then, { time: ui.words.clock(until) }) : ui.words.say(always)),
    );
}

function meeting(ui, meetings) {
    if (!meetings) {
        return null;
    }
    const { next } = meetings;
    return h(
        "div", { class: ["meeting", next?.running && "is-running"], key: "meeting" },
        next ? nextMeeting(ui, next) : h("p", { class: "meeting-none" }, icon("calendar", 22), ui.words.say("meeting.none")),
        meetings.note && h("p", { class: "meeting-note" }, icon("warning", 18), meetings.note),
        !meetings.note && meetings.stale && h("p", { class: "meeting-note" }, icon("warning", 18), ui.words.say("meeting.stale")),
        meetings.later.length > 0 && h("ul", { class: "later", "aria-label": ui.words.say("meeting.later") },
            meetings.later.map((one) =>
                h("li", { key: one.id }, h("span", { class: "time" }, ui.words.clock(one.starts_ms)), " ", titleOf(ui, one)))),
    );
}

function nextMeeting(ui, next) {
    const values = { minutes: next.minutes, count: next.minutes, time: ui.words.clock(next.starts_ms) };
    const span = `${ui.words.clock(next.starts_ms)}–${ui.words.clock(next.ends_ms)}`;
    return [
        h("p", { class: "meeting-when", key: "when" }, icon("calendar", 20),
            h("strong", null, ui.words.say(next.when, values)), h("span", { class: "time" }, span)),
        h("p", { class: "meeting-title", key: "title" }, titleOf(ui, next)),
        next.join && button(ui, next.join, { class: "wide" }),
    ];
}

const titleOf = (ui, one) => one.title || ui.words.say("meeting.untitled");

function quick(ui, seen) {
    const { disturb, messages } = seen;
    const dnd = disturb && {
        id: "dnd", icon: disturb.on ? "bell-off" : "bell", label: disturb.on ? "home.dnd_on" : "home.dnd_off",
        pressed: disturb.on, tone: disturb.on ? "warn" : "", why: disturb.why, pending: disturb.pending,
        does: { act: "disturb", on: !disturb.on },
    };
    return h(
        "div", { class: "quick", key: "quick" },
        dnd && button(ui, dnd, { class: "pill", size: 22 }),
        messages && h("p", { class: "pill messages" }, icon("voicemail", 22),
            h("span", { "aria-hidden": "true" }, ui.words.say("home.new", { count: messages.count })),
            h("span", { class: "hidden" }, ui.words.say("home.messages", { count: messages.count }))),
        !seen.headset && plainButton(ui, "home.no_headset", { act: "go", screen: "devices" }, { icon: "headset", class: "pill" }),
    );
}

function favourites(ui, seen) {
    if (!seen.lamps.length) {
        return empty(ui, "home.no_favourites");
    }
    return h("ul", { class: "keys", key: "keys" }, seen.lamps.map((one) => h("li", { key: one.position }, lampKey(ui, one))));
}

/** A favourite as a key with its lamp. */
export function lampKey(ui, one, does = one.does) {
    const why = one.why ? ui.words.say(one.why) : "";
    const refused = one.why ? { act: "say", key: one.why } : null;
    return h(
        "button",
        {
            type: "button", class: ["key", `state-${one.state}`, one.pending && "is-pending"],
            "data-id": `key-${one.position}`, "data-state": one.state,
            "aria-disabled": why ? "true" : null, title: why || one.note || null,
            on: holding(() => ui.go(refused ?? does), () => ui.go(refused ?? { ...does, long: true })),
        },
        lampSign(one.lamp, 30),
        h("span", { class: "key-text" },
            h("span", { class: "key-name" }, one.name),
            h("span", { class: "key-state" }, one.pending ? "…" : ui.words.say(one.word))),
    );
}
