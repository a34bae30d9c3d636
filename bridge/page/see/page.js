// The whole page as it is seen: state → one plain object. Pure.

import { callsOf, isLive, may } from "../state.js";
import { seeCalls, whoIs } from "./calls.js";
import { seeDevices } from "./devices.js";
import { people, seeLamps } from "./lamps.js";
import { seeContacts, seeHistory } from "./lists.js";
import { seeMeetings } from "./meetings.js";
import { seeSettings } from "./settings.js";
import { whyNot } from "./buttons.js";

const SCREENS = [
    ["home", "home", null],
    ["keypad", "keypad", "call"],
    ["contacts", "person", "contacts"],
    ["history", "clock", "history"],
    ["devices", "headset", "devices"],
    ["settings", "settings", null],
];

export function seePage(state) {
    if (state.session === undefined || (state.session && state.told.status === null)) {
        return { kind: "connecting", ...common(state) };
    }
    if (state.session === null) {
        return { kind: "log-on", ...common(state), typed: state.typed.token };
    }
    const calls = seeCalls(state);
    const screen = shownScreen(state, calls);
    return {
        kind: screen,
        ...common(state),
        calls,
        nav: navOf(state, screen),
        waiting: screen === "devices" ? calls.ringing : null,
        strip: screen !== "call" && screen !== "ringing" && calls.cards.length ? calls.cards[0] : null,
        sheet: seeSheet(state, calls),
        ...contentOf(state, screen),
    };
}

/** Ringing beats all but headsets; a call is shown unless the person went elsewhere meanwhile. */
export function shownScreen(state, calls) {
    if (calls.layout === "ringing" && state.screen !== "devices") {
        return "ringing";
    }
    if (state.screen === "call" && calls.layout === "none") {
        return "home";
    }
    return state.screen;
}

function common(state) {
    return {
        link: seeLink(state),
        notices: state.notices,
        room: state.session?.room ?? "",
        lines: seeLine(state),
        spoken: seeSpoken(state),
        now_ms: state.now_ms + state.offset_ms,
        kiosk: state.session?.kind === "kiosk",
    };
}

function seeLink(state) {
    const { phase, since_ms, retry_ms } = state.link;
    return { phase, since_ms: since_ms + state.offset_ms, retry_s: Math.ceil(retry_ms / 1000) };
}

/** Whether calls can be made and taken, in one word with a shape. */
function seeLine(state) {
    const status = state.told.status;
    if (!isLive(state)) {
        return { tone: "unknown", label: "line.unknown" };
    }
    if (status.engine && !status.engine.up) {
        return { tone: "bad", label: "line.no_engine" };
    }
    const lines = status.lines ?? [];
    const failed = lines.find((one) => ["failed", "offline"].includes(one.registration));
    if (failed) {
        return { tone: "bad", label: "line.failed", with: { line: failed.account, reason: failed.reason ?? "" } };
    }
    if (lines.some((one) => one.registration === "trying")) {
        return { tone: "waiting", label: "line.trying" };
    }
    if (status.do_not_disturb) {
        return { tone: "barred", label: "line.dnd" };
    }
    return lines.length ? { tone: "good", label: "line.ready" } : { tone: "bad", label: "line.none" };
}

function navOf(state, screen) {
    const allowed = SCREENS.filter(([, , right]) => !right || may(state, right));
    return allowed.map(([id, icon]) => ({ id, icon, label: `nav.${id}`, current: id === screen }));
}

function contentOf(state, screen) {
    switch (screen) {
        case "home":
            return seeHome(state);
        case "keypad":
            return seeKeypad(state);
        case "contacts":
            return { contacts: seeContacts(state), words: state.typed.contacts };
        case "history":
            return { history: seeHistory(state), words: state.typed.history };
        case "devices":
            return seeDevices(state);
        case "settings":
            return { settings: seeSettings(state) };
        default:
            return {};
    }
}

function seeHome(state) {
    const status = state.told.status;
    const mailbox = (status.lines ?? []).map((one) => one.mailbox).find((one) => one?.waiting);
    return {
        meetings: seeMeetings(state),
        lamps: seeLamps(state),
        ...seeKeypad(state),
        messages: mailbox ? { count: mailbox.new } : null,
        disturb: may(state, "dnd") && {
            on: Boolean(status.do_not_disturb), why: isLive(state) ? "" : "lost.refused", pending: "dnd" in state.pending,
        },
        headset: Boolean(status.devices?.length),
    };
}

function seeKeypad(state) {
    return {
        typed: state.typed.dial,
        dial: {
            id: "dial", icon: "answer", label: "verb.dial", tone: "go",
            why: whyNot(state) || (state.typed.dial ? "" : "keypad.empty"),
            pending: Object.keys(state.pending).some((key) => key.startsWith("dial:")),
            does: { act: "dial", target: state.typed.dial },
        },
        redial: {
            id: "redial", icon: "clock", label: "verb.redial", tone: "",
            why: whyNot(state), pending: "redial:" in state.pending, does: { act: "intent", verb: "redial" },
        },
        can_call: may(state, "call"),
        can_redial: may(state, "personal"),
    };
}

function seeSheet(state, calls) {
    const { sheet } = state;
    if (!sheet || calls.layout === "none") {
        return null;
    }
    if (sheet.kind === "dtmf") {
        return { ...sheet, typed: state.typed.dtmf, why: whyNot(state) };
    }
    return {
        ...sheet,
        title: `pick.${sheet.purpose}`,
        typed: state.typed.pick,
        people: people(state),
        contacts: may(state, "contacts") ? seeContacts(state) : null,
        why: whyNot(state),
        verbs: { add: ["dial"], transfer: ["transfer", "dial"], divert: ["divert"] }[sheet.purpose],
    };
}

/** What a screen reader says by itself: each time it changes. */
function seeSpoken(state) {
    const calls = callsOf(state);
    const name = (call) => whoIs(call.remote).name;
    const ringing = calls.filter((one) => one.phase === "ringing");
    const others = calls.filter((one) => one.phase !== "ringing");
    const said = others.map((one) => ({ key: `spoken.${one.phase}`, with: { name: name(one) } }));
    if (state.told.status?.muted && others.length) {
        said.push({ key: "spoken.muted", with: {} });
    }
    return {
        now: ringing.map((one) => ({ key: "spoken.ringing", with: { name: name(one) } })),
        calm: state.link.phase === "lost" ? [{ key: "spoken.lost", with: {} }] : said,
    };
}
