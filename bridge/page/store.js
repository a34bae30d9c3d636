// The one place where the state is kept. Whoever draws is told at once, in the same turn.

export function createStore(step, initial) {
    let state = initial;
    let telling = false;
    const listeners = [];

    function send(event) {
        const before = state;
        state = step(state, event);
        if (state === before || telling) {
            return state;
        }
        telling = true;
        try {
            for (let told; told !== state;) {
                told = state;
                listeners.forEach((listener) => listener(told, event));
            }
        } finally {
            telling = false;
        }
        return state;
    }
    return { send, get: () => state, listen: (listener) => listeners.push(listener) };
}
