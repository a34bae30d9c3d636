// Headsets and panels: what each is, shows and did last. Pure.

import { isLive, may } from "../state.js";
import { SHAPES } from "./lamps.js";

// Lamps in the order people look for them; the member of the device's state that says it is on.
const LAMPS = [
    ["off_hook", ["off_hook"]], ["ring", ["ring", "ringer"]], ["mute", ["mute", "microphone"]],
    ["hold", ["hold"]], ["message_waiting", ["message_waiting"]], ["do_not_disturb", ["do_not_disturb"]],
];
// Keys a picture has a place for; the others are listed below it.
const KEYS = [
    "hook", "mute", "volume_up", "volume_down", "reject", "flash", "redial", "hold", "drop",
    "play_pause", "teams", "speaker_mute", "voice_mail", "speed_dial",
];

/** Return every device and panel as a picture with words. */
export function seeDevices(state) {
    const told = state.told.devices?.devices ?? [];
    return {
        devices: told.map((one) => seeDevice(state, one)),
        panels: (state.told.lamps?.panels ?? []).map((one) => seePanel(state, one)),
        known: state.told.devices !== null,
    };
}

function seeDevice(state, one) {
    const live = isLive(state);
    const shown = one.state ?? {};
    const virtual = Boolean(one.virtual);
    return {
        id: one.device,
        name: one.name,
        kind: one.kind ?? "headset",
        picture: one.kind === "speakerphone" ? "speakerphone" : "headset",
        usb: one.usb,
        profile: one.profile ?? "",
        virtual,
        mode: one.mode,
        note: noteOf(one, shown),
        lamps: LAMPS.filter(([, names]) => names.some((name) => one.lamps?.includes(name))).map(
            ([name]) => ({ name, label: `device.lamp.${name}`, on: live ? Boolean(shown[name]) : null }),
        ),
        keys: KEYS.filter((name) => one.controls?.includes(name)).map((name) => ({
            name,
            label: `device.key.${name}`,
            why: !virtual ? "device.not_virtual" : live ? (may(state, "devices") ? "" : "role.refused") : "lost.refused",
            down: name === "hook" && virtual && Boolean(shown.hook),
        })),
        gestures: [...(one.gestures ?? [])].reverse().map(seeGesture),
    };
}

// The daemon says "hook: answer": the key, and what was made of it.
function seeGesture({ at_ms, text }) {
    const [, key, meaning] = /^(\w+): (\w+)$/.exec(text) ?? [];
    return { at_ms, text, key: key && `device.key.${key}`, meaning: meaning && `verb.${meaning}` };
}

function noteOf(one, shown) {
    if (one.mode === "off") {
        return "device.note.off";
    }
    return shown.busy_elsewhere ? "device.note.busy_elsewhere" : "";
}

function seePanel(state, one) {
    const byPosition = new Map((state.told.lamps?.lamps ?? []).map((key) => [key.position, key]));
    const keys = Array.from({ length: Math.min(one.keys, 64) }, (_, index) => {
        const key = byPosition.get(index + 1);
        const shown = key && isLive(state) && !key.stale ? key.state : key ? "unknown" : "plain";
        return {
            id: index,
            name: key?.name ?? "",
            word: `lamp.${shown}`,
            shape: SHAPES[shown] ?? "unknown",
            color: shown === "unknown" ? "dark-blue" : (key?.lamp.color ?? "off"),
        };
    });
    return { id: one.panel, name: one.name, firmware: one.firmware ?? "", note: one.note ?? "", keys };
}
