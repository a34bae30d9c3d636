// Pictures of buttons: lines on a square of 24, drawn in the colour of the text around them.

import { h } from "./dom.js";

const HANDSET = "M3 14.5c0-6.5 18-6.5 18 0v2l-5.2 1-.6-3.3c-2-.7-4.4-.7-6.4 0l-.6 3.3-5.2-1z";
const SLASH = "M4 4l16 16";

// Each: strokes; filled shapes; a turn in degrees.
const ICONS = {
    answer: { fill: [HANDSET], turn: -135 },
    hangup: { fill: [HANDSET] },
    handset: { fill: [HANDSET], turn: -45 },
    mic: { stroke: ["M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z", "M5 11a7 7 0 0 0 14 0", "M12 18v3"] },
    "mic-off": {
        stroke: ["M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z", "M5 11a7 7 0 0 0 14 0", "M12 18v3", SLASH],
    },
    hold: { stroke: ["M8.5 6v12", "M15.5 6v12"], width: 3 },
    resume: { fill: ["M8 5l11 7-11 7z"] },
    keypad: {
        fill: [6, 12, 18].flatMap((x) => [5, 11, 17].map((y) => dot(x, y))),
    },
    add: { stroke: ["M10 4a3.5 3.5 0 0 1 0 7 3.5 3.5 0 0 1 0-7z", "M3 20c.6-5.4 13.4-5.4 14 0", "M19 5v6", "M16 8h6"] },
    transfer: { stroke: ["M4 18c.5-6 6-9 15-9", "M14 4l5.5 5-5.5 5"] },
    merge: { stroke: ["M4 6c6 0 5 6 10 6h6", "M4 18c6 0 5-6 10-6", "M17 9l3 3-3 3"] },
    swap: { stroke: ["M4 8.5h15", "M15.5 5l3.5 3.5", "M20 15.5H5", "M8.5 19L5 15.5"] },
    back: { stroke: ["M20 12H5", "M11 6l-6 6 6 6"] },
    person: { stroke: ["M12 4a4 4 0 0 1 0 8 4 4 0 0 1 0-8z", "M4.5 20c.8-6.2 14.2-6.2 15 0"] },
    people: {
        stroke: ["M9 5a3.5 3.5 0 0 1 0 7 3.5 3.5 0 0 1 0-7z", "M2.5 19.5c.7-5.6 12.3-5.6 13 0", "M16 5.3a3.5 3.5 0 0 1 0 6.4", "M18.5 14.8c1.7.8 2.8 2.2 3 4.7"],
    },
    clock: { stroke: ["M12 3a9 9 0 0 1 0 18 9 9 0 0 1 0-18z", "M12 7v5l3.5 2"] },
    headset: {
        stroke: ["M4 15v-3a8 8 0 0 1 16 0v3", "M4 14h2.5v5H5a1 1 0 0 1-1-1z", "M20 14h-2.5v5H19a1 1 0 0 0 1-1z", "M19 19c0 2-2.5 2.5-5 2.5"],
    },
    settings: { stroke: ["M4 7h8", "M18 7h2", "M15 4.5a2.5 2.5 0 0 1 0 5 2.5 2.5 0 0 1 0-5z", "M4 17h2", "M12 17h8", "M9 14.5a2.5 2.5 0 0 1 0 5 2.5 2.5 0 0 1 0-5z"] },
    home: { stroke: ["M4 11.5L12 4l8 7.5", "M6 10v10h4.5v-6h3v6H18V10"] },
    erase: { stroke: ["M9 5h12v14H9l-6-7z", "M12 9.5l5 5", "M17 9.5l-5 5"] },
    close: { stroke: ["M6 6l12 12", "M18 6L6 18"] },
    check: { stroke: ["M4.5 12.5l5 5L20 7"] },
    voicemail: { stroke: ["M6.5 8a3.7 3.7 0 0 1 0 7.5 3.7 3.7 0 0 1 0-7.5z", "M17.5 8a3.7 3.7 0 0 1 0 7.5 3.7 3.7 0 0 1 0-7.5z", "M6.5 15.5h11"] },
    speaker: { stroke: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z", "M15.5 9a4.2 4.2 0 0 1 0 6", "M18 6.5a7.8 7.8 0 0 1 0 11"] },
    bell: { stroke: ["M5 17.5c1.5-1 1.5-3 1.5-6a5.5 5.5 0 0 1 11 0c0 3 0 5 1.5 6z", "M10 20.5h4"] },
    "bell-off": { stroke: ["M5 17.5c1.5-1 1.5-3 1.5-6a5.5 5.5 0 0 1 11 0c0 3 0 5 1.5 6z", "M10 20.5h4", SLASH] },
    lock: { stroke: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"] },
    calendar: { stroke: ["M4 6h16v14H4z", "M4 10.5h16", "M8.5 3.5v4", "M15.5 3.5v4"] },
    star: { stroke: ["M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z"] },
    search: { stroke: ["M10.5 4a6.5 6.5 0 0 1 0 13 6.5 6.5 0 0 1 0-13z", "M15.5 15.5L20.5 20.5"] },
    warning: { stroke: ["M12 4L21.5 20h-19z", "M12 10v5", "M12 17.3v.2"] },
    incoming: { stroke: ["M18 6L6.5 17.5", "M6.5 9v8.5H15"] },
    outgoing: { stroke: ["M6 18L17.5 6.5", "M9 6.5h8.5V15"] },
    missed: { stroke: ["M3.5 8l8 8 9-9", "M15 7h5.5v5.5"] },
    record: { fill: ["M12 6a6 6 0 0 1 0 12 6 6 0 0 1 0-12z"] },
    offline: { stroke: ["M3 9c5-4.5 13-4.5 18 0", "M7 13.5c3-2.5 7-2.5 10 0", "M12 18v.2", SLASH] },
    moon: { stroke: ["M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"] },
    plus: { stroke: ["M12 5v14", "M5 12h14"] },
    minus: { stroke: ["M5 12h14"] },
    bin: { stroke: ["M5 7h14", "M9.5 7V4.5h5V7", "M7 7l1 13h8l1-13"] },
    info: { stroke: ["M12 3a9 9 0 0 1 0 18 9 9 0 0 1 0-18z", "M12 11v5.5", "M12 7.6v.2"] },
};

function dot(x, y) {
    return `M${x} ${y - 1.6}a1.6 1.6 0 0 1 0 3.2 1.6 1.6 0 0 1 0-3.2z`;
}

/** Describe an icon; it says nothing to a screen reader, the text beside it does. */
export function icon(name, size = 24) {
    const { stroke = [], fill = [], turn, width } = ICONS[name];
    const lines = stroke.map((d) => h("path", { d, class: "line", "stroke-width": width }));
    const shapes = fill.map((d) => h("path", { d, class: "shape" }));
    return h(
        "svg",
        { class: "icon", viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" },
        h("g", { transform: turn && `rotate(${turn} 12 12)` }, shapes, lines),
    );
}

export const ICON_NAMES = Object.keys(ICONS);
