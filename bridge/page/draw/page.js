// The whole page, from what is seen to what stands in the document.

import { h } from "../dom.js";
import { connecting, logOn } from "./apart.js";
import { inCall, ringing, waiting } from "./call.js";
import { devices } from "./devices.js";
import { banner, bar, notices, rail, spoken, strip } from "./frame.js";
import { home } from "./home.js";
import { keypadScreen } from "./keypad.js";
import { contacts, history } from "./lists.js";
import { settings } from "./settings.js";
import { sheet } from "./sheets.js";

const VIEWS = {
    connecting, "log-on": logOn, home, ringing, call: inCall, keypad: keypadScreen, contacts, history, devices, settings,
};
const WITHOUT_RAIL = new Set(["connecting", "log-on", "ringing"]);

export function drawPage(ui, seen) {
    const bare = WITHOUT_RAIL.has(seen.kind);
    const covered = Boolean(seen.sheet);
    return [
        h("div", { class: ["page", `view-${seen.kind}`, seen.link.phase === "lost" && "is-lost", bare && "is-bare"], key: "page", "data-view": seen.kind, "data-link": seen.link.phase },
            seen.nav && bar(ui, seen),
            !bare && h("div", { class: "rail-place", key: "rail", inert: covered }, rail(ui, seen)),
            h("main", { id: "main", key: "main", inert: covered },
                banner(ui, seen), seen.waiting && waiting(ui, seen.waiting), !bare && strip(ui, seen), VIEWS[seen.kind](ui, seen)),
            sheet(ui, seen)),
        notices(ui, seen),
        ...spoken(ui, seen),
    ];
}
