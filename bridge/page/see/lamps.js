// Favourites and their lamps. Pure. Each state has a shape of its own and a word; the colour is the
// one the desk phone's key has and says nothing that the other two do not say.

import { isLive, may } from "../state.js";
import { whyNot } from "./buttons.js";

// Shapes by what a state means to whoever looks: `bridge/blf/TABLES.md` has the meanings.
export const SHAPES = {
    unknown: "unknown", plain: "none",
    offline: "apart", away: "apart", dnd: "barred", assistant: "apart", paused: "apart",
    "out-of-use": "apart",
    free: "free", "phone-only": "free", idle: "free", off: "free", "logged-out": "free", "no-messages": "free",
    dialing: "active", busy: "active", called: "active", talking: "active", active: "active",
    awaited: "active",
    on: "on", "logged-in": "on",
    ringing: "ringing", "calls-me": "ringing",
    held: "held", parked: "held", "on-hold": "held",
    "free-again": "news", "callers-wait": "news", messages: "news",
};

/** Return the favourites in their order, as keys to press. */
export function seeLamps(state) {
    return (state.told.lamps?.lamps ?? []).map((one) => seeKey(state, one));
}

function seeKey(state, one) {
    const known = isLive(state) && !one.stale;
    const shown = known ? one.state : "unknown";
    return {
        position: one.position,
        name: one.name || one.target,
        target: one.target,
        type: one.type,
        state: shown,
        word: `lamp.${shown}`,
        lamp: {
            shape: SHAPES[shown] ?? "unknown",
            color: known ? one.lamp.color : "dark-blue",
            pattern: known ? one.lamp.pattern : "steady",
        },
        note: known ? "" : one.why,
        why: whyNot(state),
        pending: `key:${one.position}` in state.pending,
        does: { act: "press", position: one.position, expect: one.state },
    };
}

/** Favourites that stand for somebody to call: what is offered where a call is to go. */
export const people = (state) =>
    may(state, "call")
        ? seeLamps(state).filter((one) => ["blf", "speed-dial"].includes(one.type) && one.target)
        : [];
