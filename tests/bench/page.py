"""The page in Debian's Chromium: from SIP to the document, and from a finger to SIP.

The browser notes its moments by itself, on the clock that this process has, too: what Playwright
needs to look at them afterwards is in no figure, nor is what the screen needs to light up.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bridge.cli.client import Client
from bridge.model.errors import BridgeError
from bridge.model.page import LaunchPage
from tests.bench.figures import Row, Sample
from tests.bench.phones import OFFHOOK, Place, offhook_config
from tests.bench.programs import Program, python
from tests.bench.sip_peer import PeerCall
from tests.conftest import find_program

OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]  # the bench may run as root
WARM_UP = 3  # rounds that do not count
PATIENCE_MS = 25_000
PRESS_AFTER_MS = 50  # so that the button is pressed with everybody asleep
TALK_S = 0.1
START_S = 30.0  # a daemon on a machine that is busy with others

# When each view was first in the document, Unix milliseconds.
WATCH = """() => {
    globalThis.seen = {};
    globalThis.now = () => performance.timeOrigin + performance.now();
    const look = () => { seen[document.querySelector("[data-view]").dataset.view] ??= now(); };
    const what = { subtree: true, childList: true, attributeFilter: ["data-view"] };
    new MutationObserver(look).observe(document.getElementById("page"), what);
}"""
PRESS = f"""name => setTimeout(() => {{
    seen.pressed = now();
    document.querySelector(name).click();
}}, {PRESS_AFTER_MS})"""


def page_rows(place: Place, rounds: int) -> list[Row]:
    """Take calls on the page and say how long each step took.

    Args:
        place: where; nobody else has registered there.
        rounds: calls.
    """
    samples: dict[str, Sample] = defaultdict(Sample)
    with _shown(place) as page:
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                samples.clear()
            Round(place, page, samples).go()

    def row(key: str, title: str, against: str = "", theirs: str = "") -> Row:
        return Row(key, title, "ms", samples[key], against, samples[theirs] if theirs else Sample())

    ours = "180 of the same call"
    return [
        row("page_ring", "INVITE in → the page shows it (DOM)", ours, "page_180"),
        row("page_answer_200", "answer pressed on the page → SIP 200 on the wire"),
        row("page_connected", "answer pressed on the page → the page shows the call (DOM)"),
        row("page_ended", "BYE in → the page is idle (DOM)"),
    ]


@dataclass
class Round:
    """One call: it rings, is answered with a press, and the caller hangs up."""

    place: Place
    page: Page
    samples: dict[str, Sample]
    _seen: dict[str, float] = field(default_factory=dict)

    def go(self) -> None:
        self.page.evaluate("globalThis.seen = {}")
        call = self.place.peer.invite(OFFHOOK)
        self.place.wire.until(lambda: call.ringing_ns, "offhook rings")
        self._see("ringing")
        self.samples["page_180"].add_ns(call.invited_ns, call.ringing_ns)
        self._add("page_ring", call.invited_ns, "ringing")
        self._answer(call)
        self.page.evaluate("globalThis.seen = {}")
        ended_ns = self.place.peer.hang_up(call)
        self.place.wire.until(lambda: call.closed_ns, "offhook sees the end")
        self._see("home")
        self._add("page_ended", ended_ns, "home")

    def _answer(self, call: PeerCall) -> None:
        self.page.evaluate(PRESS, '[data-id^="answer-"]')
        self.place.wire.until(lambda: call.answered_ns, "the page answers")
        self._see("call")
        pressed_ms = self._seen["pressed"]
        self.samples["page_answer_200"].add(_unix_ms(call.answered_ns) - pressed_ms)
        self.samples["page_connected"].add(self._seen["call"] - pressed_ms)
        self.place.wire.rest(TALK_S)

    def _see(self, view: str) -> None:
        self.page.wait_for_function("view => seen[view]", arg=view, timeout=PATIENCE_MS)
        self._seen = self.page.evaluate("seen")

    def _add(self, key: str, began_ns: int, view: str) -> None:
        self.samples[key].add(self._seen[view] - _unix_ms(began_ns))


def _unix_ms(monotonic_ns: int) -> float:
    """A moment of our clock as the browser writes it."""
    return (time.time_ns() - time.monotonic_ns() + monotonic_ns) / 1e6


@contextmanager
def _shown(place: Place) -> Iterator[Page]:
    """A daemon of its own with the page, opened and idle."""
    place.peer.forget(OFFHOOK)
    config = offhook_config(place, "page", place.port_base + 100)
    with config.open("a") as file:
        file.write("page: {enabled: true, port: 0}\n")
    program = Program(python("bridge.cli.main", "run", "--config", str(config)), config.parent)
    try:
        place.wire.until(
            lambda: OFFHOOK in place.peer.registered_ns,
            "offhook registers",
            START_S,
            poll_s=0.1,
        )
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_program("chromium"), args=OPTIONS
            )
            page = browser.new_page()
            page.goto(_address(place, config.parent / "run" / "c.sock"))
            page.wait_for_selector('[data-view="home"]', timeout=PATIENCE_MS)
            page.evaluate(WATCH)
            yield page
            browser.close()
    finally:
        program.stop()


def _address(place: Place, socket: Path) -> str:
    found: list[str] = []

    def listens() -> bool:
        with suppress(BridgeError), Client(socket) as client:
            found.append(str(client.ask(LaunchPage())["url"]))
        return bool(found)

    place.wire.until(listens, "the page listens", START_S, poll_s=0.1)
    return found[0]
