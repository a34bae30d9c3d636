// The keyboard: shortcuts of the calls, digits, Escape. Pure: what a key means in a state.

import { callsOf, may } from "./state.js";
import { currentCall, ringingCall } from "./see/calls.js";

const DIGITS = /^[0-9*#+]$/;

/**
 * Return what a key does, or null where it is none of ours.
 * @param {object} key `{key, code, ctrl, alt, typing}`; `typing`: the focus is where text is written
 */
export function meaningOf(state, { key, code, ctrl, alt, typing }) {
    if (key === "Escape") {
        return escape(state);
    }
    const letter = code?.startsWith("Key") ? code.slice(3) : code;
    if (alt && ctrl) {
        return ringingKey(state, letter);
    }
    if (alt) {
        return callKey(state, letter);
    }
    if (!ctrl && !typing && state.prefs.digits && DIGITS.test(key)) {
        return digit(state, key);
    }
    return null;
}

function escape(state) {
    if (state.sheet) {
        return { act: "sheet", sheet: null };
    }
    return callsOf(state).length || state.screen === "home" ? null : { act: "go", screen: "home" };
}

function ringingKey(state, letter) {
    const call = ringingCall(state)?.call;
    if (!call) {
        return null;
    }
    const forward = { act: "sheet", sheet: { kind: "pick", purpose: "divert", call } };
    return {
        A: { act: "intent", verb: "answer", call },
        H: { act: "intent", verb: "reject", call },
        V: { act: "intent", verb: "divert", call },
        F: forward,
        B: forward,
    }[letter] ?? null;
}

function callKey(state, letter) {
    const one = currentCall(state);
    if (!one) {
        return null;
    }
    const call = one.call;
    const transfer = { act: "sheet", sheet: { kind: "pick", purpose: "transfer", call } };
    const swap = { act: "intent", verb: "swap", call: null };
    const [endpoint] = state.told.status?.endpoints ?? [];
    return {
        H: { act: "intent", verb: "hangup", call: one.conference ? null : call },
        P: { act: "intent", verb: one.phase === "held" ? "resume" : "hold", call },
        F: transfer,
        B: transfer,
        C: { act: "sheet", sheet: { kind: "pick", purpose: "add" } },
        T: { act: "intent", verb: "transfer", call: null },
        M: { act: "intent", verb: "conference", call: null },
        D: endpoint ? { act: "intent", verb: "move", call, target: endpoint } : null,
        ArrowUp: swap,
        ArrowDown: swap,
    }[letter] ?? null;
}

function digit(state, text) {
    const sheet = state.sheet?.kind;
    if (sheet === "pick") {
        return { act: "append", field: "pick", text };
    }
    if (state.screen === "settings" && state.session?.pin && !may(state, "settings") && /[0-9]/.test(text)) {
        return { act: "append", field: "pin", text, most: 12 };
    }
    const one = currentCall(state);
    if (one && (sheet === "dtmf" || state.screen === "call")) {
        return text === "+" ? null : { act: "dtmf", digit: text, call: one.call };
    }
    return may(state, "call") && !ringingCall(state) ? { act: "dial-digit", text } : null;
}
