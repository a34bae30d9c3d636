// What is seen → DOM. A tree of plain objects is compared with the elements that stand there and
// only the difference is written, so that focus, a finger on a button and the place in a list stay.
// Data become text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";
const KEPT = Symbol("what was drawn last");

/**
 * Describe an element.
 * @param {string} tag
 * @param {object|null} props attributes; `key` (identity among siblings), `on` {event: function},
 *   `class` (text or list with gaps), `value`, `checked`; null, undefined and false are left out
 * @param {...any} children descriptions, texts, lists of them; null and false are left out
 */
export function h(tag, props, ...children) {
    return { tag, props: props ?? {}, children: children.flat(9).filter(isThere) };
}

const isThere = (one) => one !== null && one !== undefined && one !== false && one !== "";

/** Make the children of an element be what the descriptions say. */
export function patch(parent, wanted) {
    const there = new Map();
    for (const node of parent.childNodes) {
        there.set(node[KEPT]?.identity ?? `stranger ${there.size}`, node);
    }
    const counted = new Map();
    const identities = wanted.map((one) => identityOf(one, counted));
    // What goes is gone first: what stays is then in its place and need not be moved, which would
    // lose the focus and the press of a finger.
    const stays = new Set(identities);
    for (const [identity, node] of there) {
        if (!stays.has(identity)) {
            node.remove();
        }
    }
    let place = parent.firstChild;
    wanted.forEach((one, index) => {
        const identity = identities[index];
        const old = there.get(identity);
        const node = old ?? create(one, parent);
        node[KEPT] ??= { props: {} };
        node[KEPT].identity = identity;
        if (node === place) {
            place = place.nextSibling;
        } else {
            parent.insertBefore(node, place);
        }
        update(node, one);
    });
}

function identityOf(one, counted) {
    const kind = typeof one === "object" ? one.tag : "#text";
    const key = one.props?.key;
    if (key !== undefined) {
        return `${kind} key ${key}`;
    }
    const number = (counted.get(kind) ?? 0) + 1;
    counted.set(kind, number);
    return `${kind} ${number}`;
}

function create(one, parent) {
    if (typeof one !== "object") {
        return document.createTextNode("");
    }
    const space = one.tag === "svg" || parent.namespaceURI === SVG ? SVG : null;
    return space ? document.createElementNS(space, one.tag) : document.createElement(one.tag);
}

function update(node, one) {
    if (typeof one !== "object") {
        if (node.data !== String(one)) {
            node.data = String(one);
        }
        return;
    }
    const before = node[KEPT].props;
    for (const name of Object.keys(before)) {
        if (!(name in one.props)) {
            setProp(node, name, undefined);
        }
    }
    for (const [name, value] of Object.entries(one.props)) {
        setProp(node, name, value);
    }
    node[KEPT].props = one.props;
    patch(node, one.children);
}

function setProp(node, name, value) {
    if (name === "key") {
        return;
    }
    if (name === "on") {
        listen(node, value ?? {});
    } else if (name === "value" || name === "checked") {
        if (node[name] !== value && !isBeingMoved(node)) {
            node[name] = value ?? "";
        }
    } else {
        setAttribute(node, name, name === "class" ? classes(value) : value);
    }
}

const isBeingMoved = (node) => node.type === "range" && node.matches(":active");

const classes = (value) => (Array.isArray(value) ? value.filter(Boolean).join(" ") : value);

function setAttribute(node, name, value) {
    if (value === null || value === undefined || value === false || value === "") {
        if (node.hasAttribute(name) && !(value === "" && name === "alt")) {
            node.removeAttribute(name);
        }
        return;
    }
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) {
        node.setAttribute(name, text);
    }
}

function listen(node, handlers) {
    const known = (node[KEPT].handlers ??= new Map());
    for (const name of Object.keys(handlers)) {
        if (!known.has(name)) {
            node.addEventListener(name, (event) => known.get(name)?.(event));
        }
    }
    for (const name of known.keys()) {
        known.set(name, handlers[name]);
    }
    for (const [name, handler] of Object.entries(handlers)) {
        known.set(name, handler);
    }
}
