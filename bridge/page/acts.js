// What a person can do here, each as one request. A press shows at once that it was felt; what it
// did is shown when the server says so.

import { Refused } from "./server.js";
import { isLive, serverNow } from "./state.js";

const PAGE = 60; // entries of a list fetched at once

export function createActs(store, server) {
    const { send, get } = store;

    /** Do something under a key that marks its button; say what went wrong. */
    async function run(key, task) {
        if (get().pending[key]) {
            return undefined;
        }
        if (!isLive(get())) {
            send({ type: "notice", notice: { text_key: "lost.refused", bad: true } });
            return undefined;
        }
        send({ type: "sent", key });
        try {
            const said = await task();
            send({ type: "answered", key, outcome: said?.outcome ?? "done" });
            judge(said);
            return said;
        } catch (error) {
            send({ type: "answered", key, outcome: "failed" });
            refuse(error);
            return undefined;
        }
    }

    function judge(said) {
        if (said?.outcome && !["done", "accepted"].includes(said.outcome)) {
            const text_key = `outcome.${said.outcome}`;
            send({ type: "notice", notice: { text_key, text: said.detail ?? "", bad: true } });
        }
    }

    function refuse(error) {
        if (!(error instanceof Refused)) {
            throw error;
        }
        const wait_s = Math.ceil(error.retry_after_s);
        const text_key = `error.${error.code}${wait_s ? "_wait" : ""}`;
        const values = wait_s ? { seconds: wait_s } : {};
        send({ type: "notice", notice: { text_key, text: error.message, with: values, bad: true } });
        if (error.status === 401) {
            server.connect();
        }
    }

    function intent(verb, { call = null, target = "" } = {}) {
        const body = { verb, sent_ms: serverNow(get()) };
        if (call) {
            body.call = call;
        }
        if (target) {
            body.target = target;
        }
        // Who is called counts: a call that is still on its way must not keep another from being made.
        return run(keyOf(verb, call ?? target), () => server.post("/intents", body));
    }

    async function list(name, path) {
        try {
            send({ type: "list", name, list: await server.get(path) });
        } catch (error) {
            refuse(error);
        }
    }

    const loadContacts = () =>
        list("contacts", `/contacts?limit=${PAGE}&words=${encodeURIComponent(get().typed.contacts)}`);

    function loadHistory() {
        const { filter, typed } = get();
        const kinds = filter === "all" ? "" : `&kinds=${filter}`;
        return list("history", `/history?limit=${PAGE}&words=${encodeURIComponent(typed.history)}${kinds}`);
    }

    const loadSettings = () => list("settings", "/settings");

    async function dial(target) {
        const number = target.trim();
        if (number) {
            await intent("dial", { target: number });
        }
    }

    return {
        intent,
        dial,
        dtmf: (digit, call) => {
            send({ type: "typed", field: "dtmf", text: get().typed.dtmf + digit });
            return server
                .post("/intents", { verb: "dtmf", target: digit, call, sent_ms: serverNow(get()) })
                .then(judge, refuse);
        },
        press: (position, expect, long = false) =>
            run(`key:${position}`, () =>
                server.post(`/keys/${position}/press`, { long, expect, sent_ms: serverNow(get()) })),
        join: (id) => run(`join:${id}`, () => server.post(`/meetings/${encodeURIComponent(id)}/join`, {})),
        volume: (part, percent) =>
            run(`volume:${part}`, () => server.post("/volume", { part, volume: String(percent) })),
        disturb: (on) => run("dnd", () => server.post("/dnd", { on })),
        mode: (device, mode) =>
            run(`mode:${device}`, () => server.post(`/devices/${device}/mode`, { mode })),
        // A virtual key is held as long as the finger is on it: down and up are two requests.
        key: (device, control, down) =>
            server.post(`/devices/${device}/press`, { control, down }).catch(refuse),
        forget: async (entries) => {
            const what = entries ? { entries } : { everything: true };
            await run("forget", () => server.remove("/history", what));
            await loadHistory();
        },
        change: async (settings) => {
            await run("settings", () => server.post("/settings", settings));
            await loadSettings();
        },
        loadContacts,
        loadHistory,
        loadSettings,
        raise: (pin) => run("pin", async () => {
            send({ type: "typed", field: "pin", text: "" });
            await server.raise(pin);
        }),
        lower: () => server.lower().catch(refuse),
        logOn: (token) => server.logOn({ token }).catch(refuse),
        logOff: () => server.logOff().catch(refuse),
    };
}

/** The name under which a button finds that it is pending: the verb, and the call or who is called. */
export const keyOf = (verb, about) => `${verb}:${about ?? ""}`;
