// Headsets and key panels, drawn: lamps as they are lit, keys to press where the device is virtual.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { empty, lampSign } from "./parts.js";

export function devices(ui, seen) {
    const none = seen.known && seen.devices.length + seen.panels.length === 0;
    return h(
        "div", { class: "device-screen", key: "devices" },
        h("h1", { id: "title", tabindex: "-1" }, ui.words.say("nav.devices")),
        !seen.known && empty(ui, "list.loading"),
        none && empty(ui, "device.none"),
        seen.devices.map((one) => device(ui, one)),
        seen.panels.map((one) => panel(ui, one)),
    );
}

function device(ui, one) {
    return h(
        "article", { class: "device", key: one.id, "data-device": one.id },
        h("div", { class: "device-picture" }, picture(ui, one)),
        h("div", { class: "device-facts" },
            h("h2", null, one.name),
            h("p", { class: "device-kind" }, ui.words.say(`device.kind.${one.kind}`), one.usb && ` · ${one.usb}`,
                one.virtual && h("span", { class: "badge" }, ui.words.say("device.virtual"))),
            one.note && h("p", { class: "note" }, icon("warning", 20), ui.words.say(one.note)),
            lamps(ui, one), keys(ui, one), gestures(ui, one)),
    );
}

function lamps(ui, one) {
    return h("ul", { class: "device-lamps", key: "lamps", "aria-label": ui.words.say("device.lamps") }, one.lamps.map((lamp) =>
        h("li", { key: lamp.name, class: lamp.on ? "is-on" : "", "data-lamp": lamp.name, "data-on": String(lamp.on) },
            lampSign(lampLook(lamp), 22), h("span", null, ui.words.say(lamp.label)),
            h("span", { class: "word" }, ui.words.say(lamp.on === null ? "lamp.unknown" : lamp.on ? "device.on" : "device.off")))));
}

const COLORS = { off_hook: "green", ring: "green", mute: "red", hold: "amber", message_waiting: "amber", do_not_disturb: "red" };

const lampLook = ({ name, on }) =>
    on === null ? { shape: "unknown", color: "dark-blue" }
        : on ? { shape: "on", color: COLORS[name], pattern: name === "ring" ? "fast" : "steady" } : { shape: "free", color: "off" };

function keys(ui, one) {
    const press = (key, down) => ui.go({ act: "key", device: one.id, control: key.name, down });
    const handlers = (key) => key.why ? { click: () => ui.go({ act: "say", key: key.why }) } : {
        pointerdown: (event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            press(key, true);
        },
        pointerup: () => press(key, false),
        pointercancel: () => press(key, false),
        keydown: (event) => pressBy(event, () => press(key, true)),
        keyup: (event) => pressBy(event, () => press(key, false)),
    };
    if (!one.virtual) {
        return h("p", { class: "device-kind", key: "keys" }, `${ui.words.say("device.keys")}: ${one.keys.map((key) => ui.words.say(key.label)).join(", ")}`);
    }
    return h("div", { class: "device-keys", key: "keys", role: "group", "aria-label": ui.words.say("device.keys") }, one.keys.map((key) =>
        h("button", { key: key.name, type: "button", class: "button pill", "data-id": `press-${key.name}`, "aria-disabled": key.why ? "true" : null, on: handlers(key) },
            h("span", { class: "label" }, ui.words.say(key.label)))));
}

function pressBy(event, task) {
    if ((event.key === "Enter" || event.key === " ") && !event.repeat) {
        event.preventDefault();
        task();
    }
}

const gestures = (ui, one) => h("div", { class: "device-gestures", key: "gestures" },
    h("h3", null, ui.words.say("device.gestures")),
    one.gestures.length === 0 ? h("p", { class: "quiet-text" }, ui.words.say("device.no_gestures"))
        : h("ol", null, one.gestures.map((each, index) =>
            h("li", { key: `${each.at_ms} ${index}` }, h("span", { class: "time" }, ui.words.clock(each.at_ms)), " ", gestureText(ui, each)))));

const gestureText = (ui, each) =>
    each.key && ui.words.has(each.key) && ui.words.has(each.meaning)
        ? `${ui.words.say(each.key)} → ${ui.words.say(each.meaning)}` : each.text;

// -- pictures -----------------------------------------------------------------

function picture(ui, one) {
    const lit = new Map(one.lamps.map((lamp) => [lamp.name, lamp]));
    const title = ui.words.say("device.picture", { name: one.name });
    return h(
        "svg", { viewBox: "0 0 200 200", role: "img", "aria-label": title, class: "picture" },
        one.picture === "speakerphone" ? speakerphone(lit) : headset(lit),
    );
}

const look = (lit, name) => {
    const lamp = lit.get(name);
    return !lamp ? "is-absent" : lamp.on === null ? "is-unknown" : lamp.on ? `is-lit lit-${name}` : "is-dark";
};

const headset = (lit) => [
    h("path", { class: "band", d: "M38 112V96a62 62 0 0 1 124 0v16" }),
    h("path", { class: "band-inner", d: "M50 108V96a50 50 0 0 1 100 0v12" }),
    h("rect", { class: "cup", x: 22, y: 100, width: 38, height: 62, rx: 17 }),
    h("rect", { class: "cup", x: 140, y: 100, width: 38, height: 62, rx: 17 }),
    h("path", { class: "boom", d: "M41 162c0 18 14 24 40 22" }),
    h("rect", { class: ["mic-tip", look(lit, "mute")], x: 78, y: 176, width: 30, height: 14, rx: 7 }),
    h("circle", { class: ["busylight", look(lit, "off_hook")], cx: 159, cy: 131, r: 11 }),
    h("circle", { class: ["busylight", look(lit, "ring")], cx: 41, cy: 120, r: 7 }),
    h("circle", { class: ["busylight", look(lit, "hold")], cx: 41, cy: 142, r: 7 }),
];

const speakerphone = (lit) => [
    h("circle", { class: "cup", cx: 100, cy: 100, r: 82 }),
    h("circle", { class: ["halo", look(lit, "off_hook")], cx: 100, cy: 100, r: 72 }),
    h("circle", { class: "band-inner", cx: 100, cy: 100, r: 46 }),
    h("circle", { class: ["busylight", look(lit, "ring")], cx: 100, cy: 42, r: 7 }),
    h("circle", { class: ["busylight", look(lit, "mute")], cx: 150, cy: 128, r: 8 }),
    h("circle", { class: ["busylight", look(lit, "hold")], cx: 50, cy: 128, r: 8 }),
];

function panel(ui, one) {
    return h(
        "article", { class: "device panel", key: one.id, "data-panel": one.id },
        h("h2", null, one.name),
        h("p", { class: "device-kind" }, ui.words.say("device.kind.key_panel"), one.firmware && ` · ${one.firmware}`),
        one.note && h("p", { class: "note" }, icon("warning", 20), one.note),
        h("ul", { class: "panel-keys", "aria-label": ui.words.say("device.lamps") }, one.keys.map((key) =>
            h("li", { key: key.id }, lampSign(key, 20), h("span", { class: "key-name" }, key.name),
                h("span", { class: "hidden" }, ui.words.say(key.word))))),
    );
}
