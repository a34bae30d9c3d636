// Settings, and the PIN before them in a room. Pure.

import { isLive, isRaised, may } from "../state.js";

const FONTS = { language: "settings.name.language", theme: "settings.name.theme" };

/** Return `{shut, own, rows}`: shut says why, or asks for the PIN. */
export function seeSettings(state) {
    const open = may(state, "settings");
    return {
        shut: open ? null : shutBy(state),
        can_shut: open && isRaised(state),
        own: ownChoices(state),
        known: state.lists.settings !== null,
        rows: open ? (state.lists.settings?.settings ?? []).filter(isServers).map((one) => row(state, one)) : [],
        bridge: aboutOf(state),
    };
}

// Language and look are chosen here, on this screen, by everybody.
const isServers = (one) => !(one.name in FONTS);

function shutBy(state) {
    const kind = state.session?.pin ? "pin" : "no_pin";
    return { kind, digits: state.typed.pin.length, pending: "pin" in state.pending };
}

function ownChoices(state) {
    const { prefs, session } = state;
    return [
        {
            name: "language", label: FONTS.language, value: prefs.language || session?.language || "",
            choices: ["de", "en"].map((one) => ({ value: one, label: `settings.language.${one}` })),
        },
        {
            name: "theme", label: FONTS.theme, value: prefs.theme || session?.theme || "auto",
            choices: ["auto", "light", "dark", "contrast"].map((one) => ({
                value: one, label: `settings.theme.${one}`,
            })),
        },
        {
            name: "digits", label: "settings.name.digits", value: prefs.digits ? "on" : "off",
            choices: ["on", "off"].map((one) => ({ value: one, label: `settings.digits.${one}` })),
        },
    ];
}

function row(state, one) {
    const choices = one.choices?.map((value) => ({ value, label: `settings.choice.${one.name}.${value}` }));
    return {
        ...one,
        label: `settings.name.${one.name}`,
        choices: choices ?? [],
        why: isLive(state) ? "" : "lost.refused",
        pending: "settings" in state.pending,
    };
}

function aboutOf(state) {
    const status = state.told.status;
    return status && {
        name: status.bridge ?? "", version: status.version ?? "",
        problems: status.problems ?? [], healthy: status.health !== "degraded",
    };
}
