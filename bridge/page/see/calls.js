// Calls as they are seen: who, since when, and what can be done with them now. Pure.

import { callsOf, isLive, serverNow } from "../state.js";
import { intentButton, sheetButton } from "./buttons.js";

const WIDE_CODECS = /^(g722|opus|amr-wb|evs|silk\/(16|24)|speex\/(16|32)|l16\/(16|44|48))/i;
const UP = ["connected", "held", "remote-held"];

// Which colour and shape a call has; both say the same.
const TONES = {
    ringing: "ringing", dialing: "waiting", early: "waiting", connected: "active",
    held: "held", "remote-held": "held",
};

/** Return `{layout, ringing, cards, actions, end}`; layout is none, ringing, one, two or conference. */
export function seeCalls(state) {
    const calls = callsOf(state);
    const ringing = calls.find((one) => one.phase === "ringing") ?? null;
    const open = calls.filter((one) => one !== ringing);
    const current = open.find((one) => one.phase !== "held") ?? open[0];
    const cards = open.map((one) => seeCard(state, one, open, one === current));
    return {
        layout: layoutOf(open, ringing),
        ringing: ringing && {
            ...seeCard(state, ringing, open),
            title: open.length ? "ringing.second" : "ringing.title",
            buttons: ringingButtons(state, ringing),
        },
        cards,
        actions: open.length ? actionsOf(state, open) : [],
        end: open.length ? endButton(state, open) : null,
        sound: open.length ? seeSound(state, open) : null,
    };
}

function layoutOf(open, ringing) {
    if (open.length === 0) {
        return ringing ? "ringing" : "none";
    }
    if (open.some((one) => one.conference)) {
        return "conference";
    }
    return open.length > 1 ? "two" : "one";
}

/** The call that is spoken with, or the first of those that are held. */
export function currentCall(state) {
    const open = callsOf(state).filter((one) => one.phase !== "ringing");
    return open.find((one) => one.phase !== "held") ?? open[0] ?? null;
}

export const ringingCall = (state) => callsOf(state).find((one) => one.phase === "ringing") ?? null;

/** What a person is called: name, else number, else nothing known. */
export function whoIs(remote) {
    const { name = "", company = "" } = remote ?? {};
    const number = (remote?.number ?? "").replace(/^sips?:/, "");
    const user = number.split("@")[0];
    const rest = name || user !== number ? number : "";
    return { name: name || user, number: rest, company, initials: initialsOf(name) };
}

function initialsOf(name) {
    const letters = name.split(/[\s.-]+/).map((part) => part.match(/\p{L}/u)?.[0] ?? "");
    const found = letters.filter(Boolean);
    return [found[0], found.length > 1 ? found.at(-1) : ""].join("").toUpperCase();
}

function seeCard(state, call, open, isCurrent = false) {
    // The current call is ended with the large button below; in a conference each party has one.
    const alone = open.length < 2 || (isCurrent && !call.conference);
    const started_ms = call.answered_ms || call.since_ms;
    return {
        call: call.call,
        who: whoIs(call.remote),
        direction: call.direction,
        phase: call.phase,
        state: stateOf(call),
        tone: isLive(state) ? TONES[call.phase] : "unknown",
        duration_s: UP.includes(call.phase) ? Math.max(0, (serverNow(state) - started_ms) / 1000) : null,
        via: call.diverted_by ? whoIs(call.diverted_by) : null,
        transfer: call.transfer ? { target: call.transfer.target } : null,
        badges: badgesOf(call),
        buttons: alone ? [] : cardButtons(state, call),
    };
}

const stateOf = (call) => (call.conference ? "phase.conference" : `phase.${call.phase}`);

function badgesOf(call) {
    const badges = [];
    if (isWide(call.codec)) {
        badges.push({ id: "hd", label: "badge.hd" });
    }
    if (call.recording) {
        badges.push({ id: "recording", icon: "record", label: "badge.recording" });
    }
    if (call.silenced) {
        badges.push({ id: "silenced", icon: "bell-off", label: "badge.silenced" });
    }
    return badges;
}

/** Does this codec carry more than 3.4 kHz of a voice? */
export const isWide = (codec) => WIDE_CODECS.test(codec ?? "") || /\/(16|24|32|48)000/.test(codec ?? "");

function cardButtons(state, call) {
    const able = call.can ?? [];
    const drop = call.conference ? "conference.drop" : "verb.hangup";
    return [
        intentButton(state, "hangup", "hangup", {
            call: call.call, label: drop, tone: "end", able: able.includes("hangup"), id: `drop-${call.call}`,
        }),
    ];
}

// -- ringing ------------------------------------------------------------------

function ringingButtons(state, call) {
    const can = call.can ?? ["answer", "reject"];
    const button = (verb, icon, options) =>
        intentButton(state, verb, icon, { call: call.call, able: can.includes(verb), ...options });
    const more = [];
    if (can.includes("silence") && !call.silenced) {
        more.push(button("silence", "bell-off"));
    }
    if (can.includes("divert")) {
        more.push(button("divert", "voicemail", { label: "verb.voicemail", shortcut: "Control+Alt+V" }));
        const sheet = { kind: "pick", purpose: "divert", call: call.call };
        more.push(sheetButton(state, sheet, "transfer", { label: "verb.forward", shortcut: "Control+Alt+F" }));
    }
    return {
        answer: button("answer", "answer", { tone: "go", shortcut: "Control+Alt+A" }),
        reject: button("reject", "hangup", { tone: "end", shortcut: "Control+Alt+H" }),
        more,
    };
}

// -- in a call ----------------------------------------------------------------

function actionsOf(state, open) {
    const current = open.find((one) => one.phase !== "held") ?? open[0];
    const can = new Set(open.flatMap((one) => one.can ?? []));
    const mine = new Set(current.can ?? []);
    const shared = [muteButton(state, can), ...keypadButton(state, current, mine)];
    if (open.some((one) => one.conference)) {
        return [shared[0], holdButton(state, current, mine), ...shared.slice(1), ...extras(state, current, mine)];
    }
    if (open.length > 1) {
        return [...togetherButtons(state, can), ...shared, ...extras(state, current, mine)];
    }
    return [
        shared[0], holdButton(state, current, mine), ...shared.slice(1),
        ...reachButtons(state, current, mine), ...extras(state, current, mine),
    ];
}

function muteButton(state, can) {
    const muted = Boolean(state.told.status?.muted);
    const verb = muted ? "unmute" : "mute";
    return intentButton(state, verb, muted ? "mic-off" : "mic", {
        id: "mute", able: can.has(verb), pressed: muted, tone: muted ? "warn" : "",
        label: muted ? "verb.unmute" : "verb.mute",
    });
}

function holdButton(state, call, can) {
    const held = call.phase === "held";
    const verb = held ? "resume" : "hold";
    return intentButton(state, verb, held ? "resume" : "hold", {
        id: "hold", call: call.call, able: can.has(verb), pressed: held, tone: held ? "warn" : "",
        label: held ? "verb.resume" : "verb.hold", shortcut: "Alt+P",
    });
}

const keypadButton = (state, call, can) => [
    sheetButton(state, { kind: "dtmf", call: call.call }, "keypad", { label: "verb.keypad", able: can.has("dtmf") }),
];

function reachButtons(state, call, can) {
    const up = UP.includes(call.phase);
    return [
        sheetButton(state, { kind: "pick", purpose: "add" }, "add", {
            label: "verb.add", able: up, shortcut: "Alt+C",
        }),
        sheetButton(state, { kind: "pick", purpose: "transfer", call: call.call }, "transfer", {
            label: "verb.transfer", able: can.has("transfer") || up, shortcut: "Alt+B",
        }),
    ];
}

function togetherButtons(state, can) {
    return [
        intentButton(state, "swap", "swap", { able: can.has("swap"), shortcut: "Alt+ArrowUp" }),
        intentButton(state, "conference", "merge", {
            able: can.has("conference"), label: "verb.merge", shortcut: "Alt+M",
        }),
        intentButton(state, "transfer", "transfer", {
            able: can.has("transfer"), label: "verb.connect", shortcut: "Alt+T",
        }),
        intentButton(state, "back", "back", { able: can.has("back"), label: "verb.back" }),
    ];
}

function extras(state, call, can) {
    const found = [];
    if (can.has("record") || call.recording) {
        const verb = call.recording ? "stop_recording" : "record";
        found.push(intentButton(state, verb, "record", {
            id: "record", call: call.call, able: can.has(verb), pressed: call.recording,
            tone: call.recording ? "warn" : "",
        }));
    }
    for (const endpoint of can.has("move") ? (state.told.status?.endpoints ?? []) : []) {
        found.push({
            ...intentButton(state, "move", "handset", {
                id: `move-${endpoint}`, call: call.call, target: endpoint, shortcut: "Alt+D",
            }),
            with: { endpoint },
        });
    }
    return found;
}

function endButton(state, open) {
    const conference = open.some((one) => one.conference);
    const current = open.find((one) => one.phase !== "held") ?? open[0];
    const call = conference ? null : current.call;
    const label = conference ? "conference.end" : "verb.hangup";
    return intentButton(state, "hangup", "hangup", {
        id: "end", call, label, tone: "end", able: (current.can ?? []).includes("hangup"), shortcut: "Alt+H",
    });
}

/** Where the voice comes from, and how loud. */
function seeSound(state, open) {
    const status = state.told.status;
    const carrier = open.find((one) => one.device)?.device;
    const device = status.devices?.find((one) => one.device === carrier);
    const volume = status.sound?.volume ?? {};
    return { device: device?.name ?? "", speaker: volume.speaker ?? null, microphone: volume.microphone ?? null };
}
