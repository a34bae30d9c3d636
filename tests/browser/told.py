"""The page without a daemon: its files, and a telephone whose state the test tells.

Everything of the page is real, and so is the browser. What stands in for the daemon is at the
outermost edge: the answers to requests, and the stream of events.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, Route

import bridge
from bridge.drivers.http.page_files import PageFiles
from bridge.drivers.http.page_guard import PROTECT
from tests.browser.scenes import CONTACTS, LAMPS, SETTINGS, Json, View, devices, history, meetings
from tests.browser.screen import Screen

FILES = PageFiles(Path(bridge.__file__).parent / "page")

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


class _Files(BaseHTTPRequestHandler):
    """Gives out the files of the page under the policy of the real server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        file = FILES.find("index.html" if path == "/" else path.removeprefix("/page/"))
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        about = {"content-type": file.kind, "content-length": str(len(file.body))}
        for name, value in {**PROTECT, **about}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(file.body)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextmanager
def page_files() -> Iterator[str]:
    """Serve the files while the context is open; where, is what it gives."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="files of the page")
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class Told(Screen):
    """A page that is told what the test says.

    Args:
        page: of the browser.
        origin: where the files of the page are.
        view: what it is told at first.
    """

    def __init__(self, page: Page, origin: str, view: View) -> None:
        super().__init__(page)
        self.origin = origin
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
    async def opens(cls, context: BrowserContext, origin: str, view: View) -> Self:
        """Open the page and go where the view is."""
        page = await context.new_page()
        told = cls(page, origin, view)
        await page.add_init_script(STREAM)
        await page.route(f"{origin}/api/1/**", told._answer)
        await told.reopens()
        return told

    async def reopens(self) -> None:
        """Load the page, again or for the first time, and go where the view is."""
        await self.page.goto(self.origin)
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

    async def is_asked(self, times: int) -> None:
        """Wait until something was asked for so many times."""
        await self.until(lambda: len(self.orders) >= times, f"{times} orders")

    # -- the other end ----------------------------------------------------------

    async def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/api/1/")
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
