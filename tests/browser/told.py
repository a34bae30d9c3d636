"""The page without a daemon: its files, and a telephone whose state the test tells.

Everything of the page is real, and so is the browser. What stands in for the daemon is at the
outermost edge: the answers to requests, and the stream of events.
"""

import asyncio
import json
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, Route

import bridge
from bridge.drivers.http.page_files import PageFiles
from tests.browser.scenes import CONTACTS, LAMPS, SETTINGS, Json, View, devices, history, meetings
from tests.browser.screen import Screen

ORIGIN = "http://page.test"
FILES = PageFiles(Path(bridge.__file__).parent / "page")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# A stream of events that the test holds in its hand.
STREAM = """
globalThis.EventSource = class extends EventTarget {
    constructor() {
        super();
        globalThis.tell = (section, body) =>
            this.dispatchEvent(new MessageEvent(section, { data: JSON.stringify(body) }));
        globalThis.lose = () => this.onerror();
        fetch("/api/1/state").then((answer) => answer.json()).then((state) => {
            for (const [section, body] of Object.entries(state)) tell(section, body);
        });
    }
    close() { globalThis.tell = () => undefined; }
};
"""


class Told(Screen):
    """A page that is told what the test says.

    Args:
        page: of the browser.
        view: what it is told at first.
    """

    def __init__(self, page: Page, view: View) -> None:
        super().__init__(page)
        self.view = view
        self.session: Json | None = None if view.session is None else view.session()
        self.sections: dict[str, Json] = {
            "status": view.status(),
            "lamps": LAMPS,
            "devices": devices(ring=True, hold=True),
            "meetings": meetings(),
        }
        self.asked: list[tuple[str, str, Json]] = []
        self.answers: dict[str, Json] = {}
        self.is_reachable = True
        self.holds = asyncio.Event()  # requests are answered while it is set
        self.holds.set()

    @classmethod
    async def opens(cls, context: BrowserContext, view: View) -> Self:
        """Open the page and go where the view is."""
        page = await context.new_page()
        told = cls(page, view)
        await page.add_init_script(STREAM)
        await page.route(f"{ORIGIN}/**", told._serve)
        await told.reopens()
        return told

    async def reopens(self) -> None:
        """Load the page, again or for the first time, and go where the view is."""
        await self.page.goto(ORIGIN)
        for one in self.view.presses:
            await self.presses(one)
        await self.is_on(self.view.name)

    async def tells(self, section: str, body: Json) -> None:
        """Have the daemon tell something new."""
        self.sections[section] = body
        await self.page.evaluate("([section, body]) => tell(section, body)", [section, body])

    async def is_cut_off(self) -> None:
        """Lose the connection."""
        self.is_reachable = False
        await self.page.evaluate("lose()")

    @property
    def orders(self) -> list[Json]:
        """What was asked for, without the moment."""
        bodies = [body for _, path, body in self.asked if path == "intents"]
        return [{k: v for k, v in body.items() if k != "sent_ms"} for body in bodies]

    # -- the other end ----------------------------------------------------------

    async def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/api/1/"):
            await self._answer(route, path.removeprefix("/api/1/"))
            return
        file = FILES.find("index.html" if path == "/" else path.removeprefix("/page/"))
        if file is None:
            await route.fulfill(status=404)
            return
        headers = {"Content-Security-Policy": CSP, "Content-Type": file.kind}
        await route.fulfill(body=file.body, headers=headers)

    async def _answer(self, route: Route, path: str) -> None:
        if not self.is_reachable:
            await route.abort()
            return
        if route.request.method != "GET":
            body: Json = json.loads(route.request.post_data or "{}")
            self.asked.append((route.request.method, path, body))
            await self.holds.wait()
        if path == "session" and self.session is None:
            await route.fulfill(status=401, json={"error": "no session", "code": "session"})
            return
        known: dict[str, Json | None] = {
            "session": self.session,
            "state": dict(self.sections),
            "history": history(),
            "contacts": CONTACTS,
            "settings": SETTINGS,
        }
        done: Json = {"outcome": "done", "detail": "", "call": None}
        answer = self.answers.get(path) or (known.get(path, done))
        status = 403 if answer is not None and "error" in answer else 200
        await route.fulfill(status=status, json=answer)
