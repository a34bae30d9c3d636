// The daemon over HTTP: session, requests, and the stream of what changes. It reconnects for ever.

const API = "/api/1";
const RETRY_MS = [250, 500, 1000, 2000, 4000]; // the last one again and again
const ANSWER_MS = 10_000; // of a request: longer than the daemon waits for a PBX
const SECTIONS = ["session", "status", "lamps", "devices", "meetings", "notice"];

/** What the server says instead of an answer. */
export class Refused extends Error {
    /** @param {number} status HTTP status, 0 = nobody answered */
    constructor(status, body) {
        super(body.error ?? "");
        this.status = status;
        this.code = body.code ?? "";
        this.retry_after_s = body.retry_after_s ?? 0;
    }
}

/** @param send takes happenings: session, told, beat, lost */
export function createServer(send) {
    let csrf = "";
    let stream = null;
    let tries = 0;
    let timer = 0;

    async function request(method, path, body) {
        const headers = { Accept: "application/json" };
        if (method !== "GET") {
            headers["X-Offhook"] = csrf;
        }
        if (body !== undefined) {
            headers["Content-Type"] = "application/json";
        }
        const answer = await reach(path, {
            method, headers, body: body && JSON.stringify(body), cache: "no-store",
            signal: AbortSignal.timeout(ANSWER_MS),
        });
        const said = await answer.json().catch(() => ({}));
        if (!answer.ok) {
            throw new Refused(answer.status, said);
        }
        return said;
    }

    async function reach(path, options) {
        try {
            return await fetch(API + path, options);
        } catch {
            throw new Refused(0, { code: "unreachable" });
        }
    }

    function keep(session) {
        csrf = session.csrf ?? csrf;
        send({ type: "session", session });
    }

    async function logOn(proof) {
        keep(await request("POST", "/session", proof));
        open();
    }

    // Asks who we are first: the stream itself does not tell "log on" from "nobody is there".
    async function connect() {
        clearTimeout(timer);
        close();
        try {
            keep(await request("GET", "/session"));
            open();
        } catch (error) {
            if (error.status === 401) {
                send({ type: "session", session: null });
            } else {
                again();
            }
        }
    }

    function open() {
        close();
        stream = new EventSource(`${API}/events`);
        stream.addEventListener("beat", (event) => send({ type: "beat", ...JSON.parse(event.data) }));
        for (const section of SECTIONS) {
            stream.addEventListener(section, (event) => {
                tries = 0;
                const body = JSON.parse(event.data);
                csrf = (section === "session" && body.csrf) || csrf;
                send({ type: "told", section, body });
            });
        }
        stream.onerror = again;
    }

    function close() {
        stream?.close();
        stream = null;
    }

    function again() {
        close();
        clearTimeout(timer);
        const wait_ms = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
        tries += 1;
        send({ type: "lost", retry_ms: wait_ms });
        timer = setTimeout(connect, wait_ms);
    }

    return {
        logOn,
        connect,
        close,
        raise: async (pin) => keep(await request("POST", "/session/pin", { pin })),
        lower: async () => keep(await request("DELETE", "/session/pin")),
        logOff: async () => {
            await request("DELETE", "/session");
            close();
            send({ type: "session", session: null });
        },
        get: (path) => request("GET", path),
        post: (path, body) => request("POST", path, body),
        remove: (path, body) => request("DELETE", path, body),
    };
}
