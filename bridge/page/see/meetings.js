// The meetings of the room: which one matters now, and whether the room is free. Pure.

import { isLive, may, serverNow } from "../state.js";

const SOON_MS = 60 * 60_000; // within an hour the minutes are counted
const MOST_LATER = 3;

/** Return `{next, later, busy_until_ms, free_until_ms, stale, sure, note}`; null while there is no calendar. */
export function seeMeetings(state) {
    const told = state.told.meetings;
    if (!told || (!told.meetings.length && !told.stale)) {
        return null; // no calendar, or nothing in it
    }
    const now = serverNow(state);
    const coming = told.meetings
        .filter((one) => one.ends_ms > now)
        .sort((a, b) => a.starts_ms - b.starts_ms);
    const taken = coming.filter((one) => one.busy !== false);
    const running = taken.find((one) => isRunning(one, now));
    const ahead = taken.find((one) => one.starts_ms > now);
    const [next, ...later] = coming.map((one) => seeMeeting(state, one, now));
    return {
        next: next ?? null,
        later: later.slice(0, MOST_LATER),
        busy_until_ms: running?.ends_ms ?? 0,
        free_until_ms: running ? 0 : (ahead?.starts_ms ?? 0),
        stale: Boolean(told.stale),
        sure: isLive(state) && !told.stale,
        note: told.note ?? "",
    };
}

const isRunning = (one, now) => one.running ?? (one.starts_ms <= now && now < one.ends_ms);

function seeMeeting(state, one, now) {
    const running = isRunning(one, now);
    const minutes = Math.ceil((one.starts_ms - now) / 60_000);
    const soon = !running && one.starts_ms - now < SOON_MS;
    return {
        id: one.id,
        title: one.titled === false ? "" : one.title,
        starts_ms: one.starts_ms,
        ends_ms: one.ends_ms,
        when: running ? "meeting.running" : soon ? "meeting.soon" : "meeting.at",
        minutes: running ? Math.ceil((one.ends_ms - now) / 60_000) : minutes,
        running,
        join: one.joinable && !one.joined ? joinButton(state, one) : null,
    };
}

function joinButton(state, one) {
    const why = !isLive(state) ? "lost.refused" : may(state, "call") ? "" : "role.refused";
    return {
        id: `join-${one.id}`, icon: "answer", label: "meeting.join", tone: "go", why,
        pending: `join:${one.id}` in state.pending, does: { act: "join", id: one.id },
    };
}
