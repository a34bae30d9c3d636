// Everything the page knows, and how each happening changes it. Pure: no clock, no network, no DOM.
//
// What the server told stands under `told` as it came, section by section; what the person here is
// doing (screen, sheet, typed text) stands beside it. The page never guesses what an action did: a
// button that was pressed is `pending` until the server has answered or told the new state.

export const SILENCE_MS = 25_000; // the server says something each 10 s: two were missed
export const PENDING_MS = 12_000; // longer than a request takes; then a button waits no more
const NOTICE_MS = 7_000; // long enough to read a sentence twice; what failed stays until closed
const MOST_NOTICES = 3;

export function initialState(now_ms = 0) {
    return {
        now_ms,
        offset_ms: 0, // the server's clock minus ours
        session: undefined, // undefined: not asked yet; null: nobody is logged on
        link: { phase: "connecting", heard_ms: now_ms, since_ms: now_ms, retry_ms: 0 },
        told: { status: null, lamps: null, devices: null, meetings: null },
        screen: "home",
        sheet: null,
        typed: { dial: "", pick: "", dtmf: "", pin: "", token: "", contacts: "", history: "" },
        lists: { contacts: null, history: null, settings: null },
        filter: "all",
        pending: {},
        notices: [],
        touched_ms: now_ms,
        prefs: { language: "", theme: "", digits: true },
        count: 0,
    };
}

/** Return the state after a happening: `{type, ...}`. */
export function step(state, event) {
    switch (event.type) {
        case "tick":
            return ticked({ ...state, now_ms: event.now_ms });
        case "session":
            return logOn(state, event.session);
        case "told":
            return told(state, event);
        case "beat":
            return heard(state, event.now_ms);
        case "lost":
            return lost(state, event);
        case "go":
            return { ...state, screen: event.screen, sheet: null };
        case "sheet":
            return { ...state, sheet: event.sheet, typed: { ...state.typed, pick: "" } };
        case "typed":
            return { ...state, typed: { ...state.typed, [event.field]: event.text } };
        case "list":
            return { ...state, lists: { ...state.lists, [event.name]: event.list } };
        case "filter":
            return { ...state, filter: event.filter };
        case "sent":
            return { ...state, pending: { ...state.pending, [event.key]: { since_ms: state.now_ms } } };
        case "answered":
            return answered(state, event);
        case "notice":
            return noticed(state, event.notice);
        case "read":
            return { ...state, notices: state.notices.filter((one) => one.id !== event.id) };
        case "prefs":
            return { ...state, prefs: { ...state.prefs, ...event.prefs } };
        case "touched":
            return { ...state, touched_ms: state.now_ms };
        case "cleared":
            return cleared(state);
        default:
            throw new Error(`no such happening: ${event.type}`);
    }
}

/** Is what we show what is? */
export const isLive = (state) => state.link.phase === "up" && state.told.status !== null;

export const may = (state, what) => Boolean(state.session?.may?.includes(what));

export const callsOf = (state) => state.told.status?.calls?.filter((c) => c.phase !== "ended") ?? [];

/** The server's clock, Unix milliseconds. */
export const serverNow = (state) => state.now_ms + state.offset_ms;

/** Is it time to forget what somebody typed in a room? */
export function isAbandoned(state) {
    const after_s = state.session?.kind === "kiosk" ? (state.session.clear_after_s ?? 0) : 0;
    if (!after_s || callsOf(state).length > 0 || isClean(state)) {
        return false;
    }
    return state.now_ms - state.touched_ms >= after_s * 1000;
}

/** Has somebody typed the PIN a moment ago? */
export const isRaised = (state) => (state.session?.raised_until_ms ?? 0) > 0;

function isClean(state) {
    const typed = Object.values(state.typed).some((text) => text !== "");
    return state.screen === "home" && !state.sheet && !typed && !isRaised(state);
}

function cleared(state) {
    const { typed, lists, filter } = initialState();
    return { ...state, screen: "home", sheet: null, typed, lists, filter, notices: [] };
}

function ticked(state) {
    const pending = Object.fromEntries(
        Object.entries(state.pending).filter(([, one]) => state.now_ms - one.since_ms < PENDING_MS),
    );
    const notices = state.notices.filter((one) => !one.until_ms || one.until_ms > state.now_ms);
    const silent = state.link.phase === "up" && state.now_ms - state.link.heard_ms > SILENCE_MS;
    const next = { ...state, pending, notices };
    return silent ? lost(next, { retry_ms: 0 }) : next;
}

function logOn(state, session) {
    if (session === null) {
        const none = initialState().told;
        return { ...cleared(state), session, told: none, pending: {} };
    }
    return { ...state, session };
}

function heard(state, server_ms) {
    const offset_ms = server_ms ? server_ms - state.now_ms : state.offset_ms;
    const since_ms = state.link.phase === "up" ? state.link.since_ms : state.now_ms;
    const link = { phase: "up", heard_ms: state.now_ms, since_ms, retry_ms: 0 };
    return { ...state, offset_ms, link };
}

function lost(state, { retry_ms = 0 }) {
    const again = state.link.phase !== "up";
    const since_ms = again ? state.link.since_ms : state.now_ms;
    const phase = state.told.status === null ? "connecting" : "lost";
    return { ...state, link: { ...state.link, phase, since_ms, retry_ms }, pending: {} };
}

function told(state, { section, body }) {
    const next = heard(state, body.now_ms);
    if (section === "session") {
        return logOn(next, { ...next.session, ...body });
    }
    if (section === "notice") {
        // Between two meetings a room is as if nobody had been there.
        return body.text_key === "clear" ? cleared(next) : noticed(next, body);
    }
    const after = { ...next, told: { ...next.told, [section]: body } };
    if (section !== "status") {
        return after;
    }
    const pending = Object.fromEntries(
        Object.entries(after.pending).filter(([, one]) => !one.accepted),
    );
    return moved(callsOf(state), { ...after, pending });
}

// A call that begins is shown; when the last one is over the page is back where calls begin. Whoever
// looks at headsets goes on doing so, to see their lamps and to press one.
function moved(before, state) {
    const now = callsOf(state);
    const known = new Set(before.map((one) => one.call));
    const hasNew = now.some((one) => !known.has(one.call));
    if (hasNew) {
        const typed = { ...state.typed, dial: "", pick: "", dtmf: before.length ? state.typed.dtmf : "" };
        const screen = state.screen === "devices" ? state.screen : "call";
        return { ...state, screen, sheet: null, typed };
    }
    if (before.length && !now.length) {
        const screen = state.screen === "call" ? "home" : state.screen;
        return { ...state, screen, sheet: null, typed: { ...state.typed, dtmf: "" } };
    }
    return state;
}

function answered(state, { key, outcome }) {
    const pending = { ...state.pending };
    if (outcome === "accepted" && pending[key]) {
        pending[key] = { ...pending[key], accepted: true };
    } else {
        delete pending[key];
    }
    return { ...state, pending };
}

function noticed(state, notice) {
    const id = state.count + 1;
    const until_ms = notice.bad ? 0 : state.now_ms + NOTICE_MS;
    const same = (one) =>
        (one.text || "") === (notice.text || "") && (Boolean(notice.text) || one.text_key === notice.text_key);
    if (!notice.bad && state.notices.some((one) => one.bad && same(one))) {
        return state; // the answer to a request and the daemon's own notice say the same
    }
    const others = state.notices.filter((one) => !same(one)).slice(1 - MOST_NOTICES);
    return { ...state, count: id, notices: [...others, { ...notice, id, until_ms }] };
}
