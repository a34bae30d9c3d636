// Before there is anything to show: connecting, and logging on from elsewhere.

import { h } from "../dom.js";
import { icon } from "../icons.js";

export function connecting(ui, seen) {
    return h(
        "section", { class: "apart", key: "connecting" },
        icon("handset", 64),
        h("h1", { id: "title", tabindex: "-1" }, ui.words.say("app.name")),
        h("p", { role: "status" }, ui.words.say(seen.link.retry_s ? "connecting.again" : "connecting.text")),
    );
}

export function logOn(ui, seen) {
    const enter = (event) => {
        event.preventDefault();
        ui.go({ act: "log-on", token: seen.typed });
    };
    return h(
        "section", { class: "apart", key: "log-on" },
        icon("lock", 64),
        h("h1", { id: "title", tabindex: "-1" }, ui.words.say("log_on.title")),
        h("p", null, ui.words.say("log_on.here")), h("p", null, h("code", null, "offhook page")),
        h("form", { on: { submit: enter } },
            h("label", { for: "token" }, ui.words.say("log_on.token")),
            h("input", { id: "token", type: "password", autocomplete: "current-password", value: seen.typed, on: { input: (event) => ui.go({ act: "typed", field: "token", text: event.target.value }) } }),
            h("button", { type: "submit", class: "button wide tone-go" }, icon("check", 24), h("span", { class: "label" }, ui.words.say("log_on.enter")))),
    );
}
