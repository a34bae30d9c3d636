// Puts the page together: server → state → what is seen → document.

import { createActs } from "./acts.js";
import { createDoing } from "./doing.js";
import { patch } from "./dom.js";
import { drawPage } from "./draw/page.js";
import { meaningOf } from "./keyboard.js";
import { seePage } from "./see/page.js";
import { createServer } from "./server.js";
import { initialState, isAbandoned, isRaised, serverNow, step } from "./state.js";
import { createStore } from "./store.js";
import { fetchWords, languageFor } from "./words.js";

const TICK_MS = 250; // seconds of a call change within a quarter of one
const PREFS = "offhook";

const root = document.getElementById("page");
const store = createStore(step, initialState(Date.now()));
const server = createServer(store.send);
const acts = createActs(store, server);
const go = createDoing(store, acts, remember);
let words = null;
let shown = "";
let drawnSecond = 0;

// -- what this browser remembers ------------------------------------------------

function recall() {
    try {
        return JSON.parse(localStorage.getItem(PREFS)) ?? {};
    } catch {
        return {}; // somebody forbids storage: the choices hold until the page is left
    }
}

function remember(prefs) {
    store.send({ type: "prefs", prefs });
    try {
        localStorage.setItem(PREFS, JSON.stringify(store.get().prefs));
    } catch {
        // as above
    }
}

// -- drawing --------------------------------------------------------------------

async function speak(state) {
    const wanted = languageFor(state.prefs.language, configured(state), ...navigator.languages);
    if (wanted !== speak.wanted) {
        speak.wanted = wanted;
        words = await fetchWords(wanted);
        document.documentElement.lang = wanted;
        draw(store.get());
    }
}

const configured = (state) => (state.session?.language === "auto" ? "" : state.session?.language);

// Time alone changes what is seen once a second; a Raspberry Pi has better things to do meanwhile.
function changed(state, event) {
    const second = Math.floor(serverNow(state) / 1000);
    if (event.type === "touched" || (event.type === "tick" && second === drawnSecond)) {
        return;
    }
    drawnSecond = second;
    draw(state);
}

function draw(state) {
    if (!words) {
        return;
    }
    const seen = seePage(state);
    document.documentElement.dataset.theme = state.prefs.theme || state.session?.theme || "auto";
    document.title = titleOf(seen);
    patch(root, drawPage({ words, go }, seen));
    place(seen);
}

function titleOf(seen) {
    const name = seen.room || words.say("app.name");
    const ringing = seen.calls?.ringing;
    return ringing ? `${words.say("ringing.title")} – ${name}` : name;
}

// Whoever uses a keyboard or a screen reader is taken along when the view changes: to its title,
// never to a button, so that a key meant for what was there before does nothing.
function place(seen) {
    const now = `${seen.kind} ${seen.sheet?.kind ?? ""} ${seen.sheet?.purpose ?? ""}`;
    if (now !== shown) {
        const first = shown === "";
        shown = now;
        const title = document.getElementById(seen.sheet ? "sheet-title" : "title");
        if (!first && !root.querySelector("nav")?.contains(document.activeElement)) {
            title?.focus({ preventScroll: true });
        }
    }
}

// -- happenings -------------------------------------------------------------------

function onKey(event) {
    store.send({ type: "touched" });
    const typing = event.target.matches?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select");
    const { key, code, ctrlKey: ctrl, altKey: alt } = event;
    const does = event.metaKey || event.repeat ? null : meaningOf(store.get(), { key, code, ctrl, alt, typing });
    if (does) {
        event.preventDefault();
        go(does);
    }
}

function tick() {
    const wasUp = store.get().link.phase === "up";
    const state = store.send({ type: "tick", now_ms: Date.now() });
    if (wasUp && state.link.phase !== "up") {
        server.connect(); // it fell silent: a connection that hangs tells nobody that it is gone
    }
    if (isAbandoned(state)) {
        if (isRaised(state)) {
            acts.lower();
        }
        store.send({ type: "cleared" });
    }
}

async function start() {
    store.send({ type: "prefs", prefs: recall() });
    store.listen(speak);
    store.listen(changed);
    await speak(store.get());
    draw(store.get());
    document.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", () => store.send({ type: "touched" }), { passive: true });
    setInterval(tick, TICK_MS);
    const launch = new URLSearchParams(location.hash.slice(1)).get("launch");
    if (launch) {
        history.replaceState(null, "", location.pathname);
        await server.logOn({ launch }).catch(() => server.connect());
    } else {
        await server.connect();
    }
}

// For whoever is curious, and for tests: nothing secret is in it, and nothing is done by it.
globalThis.offhook = { state: store.get, see: () => seePage(store.get()), prefer: remember };
start();
