// Call list and contacts as rows. Pure.

import { may, serverNow } from "../state.js";
import { whyNot } from "./buttons.js";
import { whoIs } from "./calls.js";

export const FILTERS = ["all", "missed", "received", "outgoing"];

const DAY_MS = 86_400_000;
const ICONS = {
    missed: "missed", received: "incoming", outgoing: "outgoing",
    rejected: "missed", diverted: "transfer", elsewhere: "incoming",
};

/** Rows of the call list; null while it has not been fetched. */
export function seeHistory(state) {
    const list = state.lists.history;
    return list && {
        rows: list.entries.map((one) => seeEntry(state, one)),
        more: list.more,
        filters: FILTERS.map((id) => ({ id, label: `history.filter.${id}`, chosen: state.filter === id })),
        can_delete: may(state, "history") && list.entries.length > 0,
    };
}

function seeEntry(state, one) {
    const who = whoIs(one);
    const age_ms = serverNow(state) - one.start_ms;
    return {
        id: one.entry,
        who,
        icon: ICONS[one.kind],
        kind: `history.kind.${one.kind}`,
        missed: one.kind === "missed",
        at_ms: one.start_ms,
        today: age_ms < DAY_MS && sameDay(one.start_ms, serverNow(state)),
        talked_s: one.talked_s,
        via: one.via,
        why: one.number ? whyNot(state) : "history.no_number",
        does: { act: "dial", target: one.number, back: ["missed", "received", "rejected"].includes(one.kind) },
    };
}

const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

/** Contacts in groups: favourites, own ones, each directory; null while not fetched. */
export function seeContacts(state) {
    const list = state.lists.contacts;
    if (!list) {
        return null;
    }
    const groups = new Map();
    for (const one of list.contacts) {
        const id = one.favourite ? "favourites" : one.source;
        groups.set(id, [...(groups.get(id) ?? []), seeContact(state, one)]);
    }
    const titled = [...groups].map(([id, rows]) => ({ id, title: titleOf(id), name: id, rows }));
    return { groups: titled, more: list.more, notes: list.notes ?? [] };
}

const titleOf = (id) =>
    ({ favourites: "contacts.favourites", personal: "contacts.personal" })[id] ?? "contacts.directory";

function seeContact(state, one) {
    return {
        id: `${one.source} ${one.contact} ${one.name}`,
        who: { ...whoIs({ ...one, number: "" }), company: one.company },
        numbers: one.numbers.map((number) => ({
            number: number.number,
            kind: `contacts.kind.${number.kind ?? "other"}`,
            why: whyNot(state),
            does: { act: "dial", target: number.number },
        })),
    };
}
