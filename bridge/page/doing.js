// Obeys what a button or key says it `does`.

const SEARCH_MS = 150; // a person who types on waits for nothing; who stops sees the result at once

export function createDoing(store, acts, remember) {
    const { send, get } = store;
    const timers = {};

    function show(screen) {
        send({ type: "go", screen });
        load(screen);
    }

    function load(screen) {
        ({ contacts: acts.loadContacts, history: acts.loadHistory, settings: loadOpen })[screen]?.();
    }

    function loadOpen() {
        if (get().session?.may?.includes("settings")) {
            acts.loadSettings();
        }
    }

    function open(sheet) {
        send({ type: "sheet", sheet });
        if (sheet?.kind === "pick" && get().session?.may?.includes("contacts")) {
            acts.loadContacts();
        }
    }

    const type = (field, text) => send({ type: "typed", field, text });

    function append({ field, text, most = 64 }) {
        type(field, (get().typed[field] + text).slice(0, most));
    }

    function search(name, text) {
        type(name, text);
        clearTimeout(timers[name]);
        timers[name] = setTimeout(() => load(name), SEARCH_MS);
    }

    async function sendTo({ verb, target, call }) {
        if (!target.trim()) {
            return;
        }
        const said = await acts.intent(verb, { call, target: target.trim() });
        if (["done", "accepted"].includes(said?.outcome)) {
            send({ type: "sheet", sheet: null });
        }
    }

    async function raise() {
        await acts.raise(get().typed.pin);
        loadOpen();
    }

    const doings = {
        intent: (does) => acts.intent(does.verb, does),
        press: (does) => acts.press(does.position, does.expect, does.long ?? false),
        join: (does) => acts.join(does.id),
        dial: (does) => acts.dial(does.target, does.back),
        dtmf: (does) => acts.dtmf(does.digit, does.call),
        volume: (does) => acts.volume(does.part, does.percent),
        disturb: (does) => acts.disturb(does.on),
        key: (does) => acts.key(does.device, does.control, does.down),
        forget: (does) => acts.forget(does.entries),
        change: (does) => acts.change({ name: does.name, value: does.value }),
        raise,
        lower: () => acts.lower(),
        "log-on": (does) => acts.logOn(does.token),
        "send-to": sendTo,
        go: (does) => show(does.screen),
        sheet: (does) => open(does.sheet),
        typed: (does) => type(does.field, does.text),
        append,
        erase: (does) => type(does.field, get().typed[does.field].slice(0, -1)),
        "dial-digit": (does) => {
            if (!["home", "keypad"].includes(get().screen)) {
                show("keypad");
            }
            append({ field: "dial", text: does.text });
        },
        search: (does) => search(does.name, does.text),
        "search-append": (does) => search(does.name, get().typed[does.name] + does.text),
        "search-erase": (does) => search(does.name, get().typed[does.name].slice(0, -1)),
        filter: (does) => {
            send({ type: "filter", filter: does.filter });
            acts.loadHistory();
        },
        prefer: (does) => {
            const value = does.name === "digits" ? does.value === "on" : does.value;
            remember({ [does.name]: value });
        },
        read: (does) => send({ type: "read", id: does.id }),
        say: (does) => send({ type: "notice", notice: { text_key: does.key } }),
    };
    return (does) => doings[does.act](does);
}
