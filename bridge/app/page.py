"""The page composed: sessions, events and requests behind its server.

Imported only where it is configured: HTTP server and pydantic cost 15 MB.
"""

import asyncio
import importlib.resources
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self

import bridge
from bridge.app.door import Door
from bridge.app.page_doing import Doing
from bridge.app.page_live import Hub
from bridge.app.page_seeing import Seeing
from bridge.drivers.http.page_ports import PageAnswer, PageAsked, PageListener
from bridge.drivers.http.page_server import PageServer
from bridge.drivers.ports import Now
from bridge.kiosk import pin
from bridge.kiosk.body import Body, Viewer
from bridge.kiosk.operations import Operation, Wanted, Wrong, find, read, to_json
from bridge.kiosk.requests import ByLaunch, ByToken, Pin
from bridge.kiosk.sessions import LAUNCH_S, RAISED_S, Session, Sessions, proof_of
from bridge.model.errors import BridgeError
from bridge.model.page import KeptPage, LaunchPage, PageSettings, Role, Screen

FILES = Path(str(importlib.resources.files("bridge") / "page"))

KEEP_AFTER_S = 300.0  # that a session was used is written down this much later, once for many

_OTHER_USER = "this session belongs to another user of this machine: open the page yourself"

_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Whoever keeps sessions over a restart (``drivers.store``)."""

    async def page(self) -> KeptPage:
        """Return what was kept."""

    def keep_page(self, kept: KeptPage) -> None:
        """Keep this from now on; never blocks."""


class Page:
    """``page_ports.PageHandler`` of the running daemon.

    Args:
        settings: of the page.
        seeing: makes what is seen.
        doing: does what is asked.
        keeper: keeps sessions.
        now: monotonic seconds.
        tell: told one sentence when it cannot listen, empty when it does.
    """

    def __init__(
        self,
        settings: PageSettings,
        seeing: Seeing,
        doing: Doing,
        keeper: Keeper,
        now: Now,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._seeing = seeing
        self._doing = doing
        self._keeper = keeper
        self._now = now
        self._tell = tell
        self.sessions = Sessions(settings.tokens)
        self._tries = pin.Tries()
        self._one_pin = asyncio.Lock()
        self._clearing: dict[str, asyncio.TimerHandle] = {}
        self._stack = AsyncExitStack()
        self.hub = Hub(self, seeing.sections)
        seeing.gestures = self.hub.gestures
        seeing.on_meeting_over = self.clear_rooms
        doing.settings.on_changed = self._settings_changed
        doing.mark = self.hub.mark
        self.door: Door | None = None

    async def __aenter__(self) -> Self:
        """Take up sessions as they were left, and listen soon."""
        kept = await self._keeper.page()
        self.sessions.restore(kept.sessions, self._now(), self.now_ms())
        self._tries = pin.tries_after_restart(kept.pin_failures, self._now())
        self._doing.settings.restore(kept.language, kept.theme)
        self._seeing.begin(self.hub)
        self._stack.callback(self._seeing.end, self.hub)
        self.door = Door(self._server, self._tell)
        await self._stack.enter_async_context(self.door)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Say no more, and close."""
        self.hub.end()
        for timer in self._clearing.values():
            timer.cancel()
        self._keep()
        await self._stack.aclose()

    def _server(self) -> PageServer:
        return PageServer(self._settings, FILES, self, _document, self._now)

    def _keep(self) -> None:
        kept = self.sessions.kept(self._now(), self.now_ms())
        chosen = self._doing.settings
        self._keeper.keep_page(KeptPage(kept, self._tries.failures, chosen.language, chosen.theme))

    # -- for the control socket -----------------------------------------------

    @property
    def text(self) -> str:
        """Where it listens, and what it refused, in one sentence."""
        return "" if self.door is None else self.door.text

    def launch(self, wish: LaunchPage) -> Mapping[str, object]:
        """Return an address that opens the page once on this machine.

        Raises:
            BridgeError: the page is not there.
        """
        server = None if self.door is None else self.door.server
        if not isinstance(server, PageServer) or not server.address:
            raise BridgeError("the page is not listening: see `offhook status`")
        if self._settings.behind_proxy:
            raise BridgeError("page.behind_proxy: log in with a token, there is no other way in")
        screen = Screen.KIOSK if wish.kiosk else Screen.DESK
        token = self.sessions.launch(screen, self._now())
        host, _, port = server.address.rpartition(":")
        host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  # all of ours
        url = f"{server.scheme}://{host}:{port}/#launch={token}"
        return {"url": url, "expires_s": round(LAUNCH_S)}

    # -- page_ports.PageHandler ----------------------------------------------------

    async def answer(self, asked: PageAsked) -> PageAnswer:
        found = find(asked.method, asked.path)
        if isinstance(found, Wrong):
            return _refused(found)
        operation, parameters = found
        if operation.is_open:
            return self._login(asked, operation)
        session = self._session(asked)
        if isinstance(session, PageAnswer):
            return session
        if asked.method != "GET" and not (asked.bearer or self._is_proven(asked)):
            return _no(
                403, "proof", "X-Offhook is not the word of this session: load the page anew"
            )
        if operation.right is not None and operation.right not in self._rights(session):
            return _no(403, "right", "this session may not do that")
        wanted = read(operation, parameters, asked.query, asked.body)
        if isinstance(wanted, Wrong):
            return _refused(wanted)
        if asked.method != "GET":
            self._touched(session)
        return await self._do(asked, session, wanted)

    def listen(self, asked: PageAsked) -> PageListener | PageAnswer:
        session = self._session(asked)
        if isinstance(session, PageAnswer):
            return session
        listener = self.hub.listen(session.digest)
        return listener or _no(503, "full", "too many windows show the page: close some")

    async def _do(self, asked: PageAsked, session: Session, wanted: Wanted) -> PageAnswer:
        match wanted.operation.name:
            case "session":
                return self._said(session, asked.cookie)
            case "logout":
                return self._logout(session)
            case "pin":
                return await self._raise(asked, session, wanted)
            case "drop_pin":
                lowered = self.sessions.raise_(session, float("-inf"))
                self.hub.session_changed(session.digest)
                return self._said(lowered, asked.cookie)
        try:
            told = await self._doing.do(session, self._viewer(session), wanted)
        except BridgeError as error:
            return _no(409, "conflict", str(error))
        except ValueError as error:
            return _no(400, "invalid", str(error))
        return PageAnswer(told.status, to_json(told.body))

    # -- sessions -------------------------------------------------------------

    def _login(self, asked: PageAsked, operation: Operation) -> PageAnswer:
        wanted = read(operation, {}, asked.query, asked.body)
        if isinstance(wanted, Wrong):
            return _refused(wanted)
        cookie, now = None, self._now()
        match wanted.body:
            case ByLaunch(launch=token) if asked.is_here:
                cookie = self.sessions.begin_here(token, now, asked.user)
            case ByToken(token=token):
                cookie = self.sessions.begin_with(token, now)
        session = None if cookie is None else self.sessions.find(cookie, now)
        if cookie is None or session is None:
            way = "open the page with `offhook page`, or use a token of the configuration"
            return _no(401, "login", f"this word opens nothing, or no longer: {way}")
        self._keep()
        return replace(self._said(session, cookie), cookie=cookie)

    def _session(self, asked: PageAsked) -> Session | PageAnswer:
        """Return who asks, or why nobody does."""
        if asked.bearer:
            holder = self.sessions.holder(asked.bearer)
            if holder is None:
                return _no(401, "token", "this token is not in the configuration")
            return self.sessions.held(holder)
        session = self.sessions.find(asked.cookie, self._now()) if asked.cookie else None
        if session is None:
            return _no(401, "session", "there is no session: open the page with `offhook page`")
        if session.screen is Screen.REMOTE:
            return session
        if not asked.is_here:
            return _no(403, "elsewhere", "this session is for this machine alone")
        if session.user is not None and session.user != asked.user:
            return _no(403, "user", _OTHER_USER)
        return session

    def _is_proven(self, asked: PageAsked) -> bool:
        return pin.is_same(asked.proof, proof_of(asked.cookie))

    def _rights(self, session: Session) -> frozenset[Any]:
        return session.rights(self._settings.kiosk, self._now())

    def _said(self, session: Session, cookie: str) -> PageAnswer:
        body = {**self._body(session), "csrf": proof_of(cookie) if cookie else ""}
        return PageAnswer(200, to_json(body))

    def _body(self, session: Session) -> Body:
        chosen, now = self._doing.settings, self._now()
        raised_s = session.raised_until_s - now
        return {
            "role": session.role.value,
            "kind": session.screen.value,
            "name": session.name,
            "may": sorted(right.value for right in self._rights(session)),
            "language": chosen.language or self._settings.language,
            "theme": chosen.theme or self._settings.theme,
            "room": self._settings.room,
            "pin": bool(self._settings.pin),
            "raised_until_ms": self.now_ms() + round(raised_s * 1000) if raised_s > 0 else 0,
            "clear_after_s": self._settings.kiosk.clear_after_s
            if session.screen is Screen.KIOSK
            else 0,
        }

    def _logout(self, session: Session) -> PageAnswer:
        left = self.sessions.end(session)
        self.hub.session_changed(session.digest)
        self._keep()
        return PageAnswer(200, to_json({}), cookie=None if left is not None else "")

    # -- the PIN --------------------------------------------------------------

    async def _raise(self, asked: PageAsked, session: Session, wanted: Wanted) -> PageAnswer:
        if asked.bearer or session.role is Role.VIEWER:
            return _no(403, "right", "a token has the role of the configuration, no PIN adds to it")
        if not self._settings.pin:
            return _no(403, "no_pin", "no PIN is set: `offhook page pin`")
        if not isinstance(wanted.body, Pin):
            raise TypeError("a PIN was declared")
        if self._one_pin.locked():
            return self._shut(1.0)
        async with self._one_pin:  # one at a time: a hash takes 32 MiB, and each try counts
            wait_s = self._tries.wait_s(self._now())
            if wait_s > 0:
                return self._shut(wait_s)
            is_right = await asyncio.to_thread(pin.is_pin, wanted.body.pin, self._settings.pin)
            self._tries = pin.Tries() if is_right else self._tries.wrong(self._now())
            self._keep()
        if not is_right:
            _log.warning("page: a wrong PIN, %d in a row", self._tries.failures)
            return self._shut(self._tries.wait_s(self._now()))
        raised = self.sessions.raise_(session, self._now() + RAISED_S)
        self._touched(raised)
        self.hub.session_changed(session.digest)
        return self._said(raised, asked.cookie)

    def _shut(self, wait_s: float) -> PageAnswer:
        text = f"wait {wait_s:.0f} s and try again" if wait_s > 0 else "this is not the PIN"
        body = {"error": text, "code": "pin", "retry_after_s": round(wait_s)}
        return PageAnswer(403, to_json(body), retry_after_s=round(wait_s))

    # -- a clean slate --------------------------------------------------------

    def _touched(self, session: Session) -> None:
        """Have what somebody may do by the PIN end by itself, in a room sooner."""
        timer = self._clearing.pop(session.digest, None)
        if timer is not None:
            timer.cancel()
        now, idle_s = self._now(), RAISED_S
        if not session.is_raised(now):
            return
        if session.screen is Screen.KIOSK:
            idle_s = float(self._settings.kiosk.clear_after_s)
        after_s = min(session.raised_until_s - now, idle_s)
        loop = asyncio.get_running_loop()
        self._clearing[session.digest] = loop.call_later(after_s, self._clear, session.digest)

    def _clear(self, digest: str) -> None:
        self._clearing.pop(digest, None)
        session = self.sessions.current(digest)
        if session is not None:
            self.sessions.raise_(session, float("-inf"))
            self.hub.session_changed(digest)

    def clear_rooms(self) -> None:
        """Between two meetings: every room's screen is as if nobody had been there."""
        for session in self.sessions.all:
            if session.screen is Screen.KIOSK:
                self._clear(session.digest)
        self.hub.notice({"text_key": "clear"}, Screen.KIOSK)

    def _settings_changed(self) -> None:
        self._keep()
        for session in self.sessions.all:
            self.hub.session_changed(session.digest)

    # -- page_live.Looks ------------------------------------------------------

    def viewer_of(self, digest: str) -> Viewer | None:
        session = self.sessions.current(digest)
        if session is None or self._now() >= session.until_s:
            return None
        return self._viewer(session)

    def _viewer(self, session: Session) -> Viewer:
        return Viewer(session.screen, session.role, self._rights(session))

    def session_of(self, digest: str) -> Body:
        session = self.sessions.current(digest)
        return {} if session is None else self._body(session)

    def now_ms(self) -> int:
        return self._seeing.now_ms()


def _document() -> bytes:
    from bridge.kiosk.openapi import document  # noqa: PLC0415  # 4 MB that hardly anybody reads

    return document(bridge.__version__)


def _refused(wrong: Wrong) -> PageAnswer:
    return _no(wrong.status, wrong.code, wrong.error)


def _no(status: int, code: str, error: str) -> PageAnswer:
    return PageAnswer(status, to_json({"error": error, "code": code}))
