// A press that is held does something else than a short one: with a finger, or with Shift.

const HOLD_MS = 500; // as on the keys of telephones: bridge/blf/TABLES.md

let held = { timer: 0, done: false };

/** Handlers of a button that can be held. Drawing anew while a finger is on it changes nothing. */
export function holding(onPress, onHeld) {
    const stop = () => clearTimeout(held.timer);
    return {
        pointerdown: () => {
            stop();
            const mine = { timer: 0, done: false };
            mine.timer = setTimeout(() => {
                mine.done = true;
                onHeld();
            }, HOLD_MS);
            held = mine;
        },
        pointerup: stop,
        pointerleave: stop,
        pointercancel: stop,
        contextmenu: (event) => event.preventDefault(),
        click: (event) => {
            stop();
            const { done } = held;
            held = { timer: 0, done: false };
            if (!done) {
                (event.shiftKey ? onHeld : onPress)();
            }
        },
    };
}
