// What a button is before it is drawn. Pure.
//
// `does` says what happens on a press: `{act: "intent", verb, call, target}`, `{act: "sheet", sheet}`,
// `{act: "go", screen}` and so on; `draw/doing.js` obeys it. `why` is the catalogue key of the reason
// a button does nothing now; it stays where it is and says so when it is pressed.

import { keyOf } from "../acts.js";
import { isLive, may } from "../state.js";

/** A button that gives an intent to a call, or to none. */
export function intentButton(state, verb, icon, options = {}) {
    const { call = null, label = `verb.${verb}`, tone = "", pressed, able = true, target = "" } = options;
    return {
        id: options.id ?? `${verb}-${call ?? "any"}`,
        icon,
        label,
        tone,
        pressed,
        why: whyNot(state, able),
        pending: keyOf(verb, call) in state.pending,
        shortcut: options.shortcut ?? "",
        does: { act: "intent", verb, call, target },
    };
}

/** A button that opens a sheet over the call. */
export function sheetButton(state, sheet, icon, options = {}) {
    return {
        id: `sheet-${sheet.kind}-${sheet.purpose ?? ""}`,
        icon,
        label: options.label,
        tone: options.tone ?? "",
        why: whyNot(state, options.able ?? true),
        pending: false,
        shortcut: options.shortcut ?? "",
        does: { act: "sheet", sheet },
    };
}

/** The reason why calls cannot be handled now, as a catalogue key; empty where they can. */
export function whyNot(state, able = true) {
    if (!isLive(state)) {
        return "lost.refused";
    }
    if (!may(state, "call")) {
        return "role.refused";
    }
    return able ? "" : "call.not_now";
}
