"""Keyboard shortcuts by the desktop itself: the GlobalShortcuts portal.

The desktop asks its user, may give other keys than we prefer, and tells when one is pressed; what
else is typed we never see.

Source: XDG Desktop Portal, org.freedesktop.portal.GlobalShortcuts version 1,
org.freedesktop.portal.Request, org.freedesktop.portal.Session.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

from bridge.desktop.session import AskError, Call, Signal
from bridge.model.desktop import Binding
from bridge.model.redaction import redact

SERVICE = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
REQUEST = "org.freedesktop.portal.Request"
SESSION = "org.freedesktop.portal.Session"
GRANTED, DECLINED = 0, 1  # of the signal Response
USER_S = 300.0  # somebody has to look at the desktop's window and press a key in it

WAY_OUT = (
    "bind commands such as `offhook answer` in the desktop's own keyboard settings, or name a "
    "keyboard in keys.keyboards"
)

_log = logging.getLogger(__name__)


class Bus(Protocol):
    """What we need of ``session.Session``."""

    @property
    def unique_name(self) -> str: ...
    async def ask(self, call: Call, within_s: float = ...) -> tuple[object, ...]: ...


class Portal:
    """Has the desktop bind shortcuts; a ``session.Listener``.

    Args:
        bindings: what to bind.
        on_pressed: a shortcut was pressed.
        on_trouble: why shortcuts cannot be used; empty when they can.
    """

    services: tuple[str, ...] = (SERVICE,)
    rules: tuple[str, ...] = tuple(
        f"type='signal',sender='{SERVICE}',interface='{name}'"
        for name in (SHORTCUTS, REQUEST, SESSION)
    )

    def __init__(
        self,
        bindings: tuple[Binding, ...],
        on_pressed: Callable[[Binding], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._bindings = names_of(bindings)
        self._on_pressed = on_pressed
        self._on_trouble = on_trouble
        self.session: Bus | None = None
        """Set once, before anything else happens."""
        self._handle = ""
        self._requests: dict[str, asyncio.Future[tuple[int, Mapping[object, object]]]] = {}
        self._up = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the shortcuts back."""
        await self._stop()
        if self._handle and self._up and self.session is not None:
            await asyncio.gather(
                self.session.ask(Call(SERVICE, self._handle, SESSION, "Close"), 1.0),
                return_exceptions=True,
            )

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # -- as a listener of the session -----------------------------------------

    def bus_changed(self, *, up: bool) -> None:
        self._up = up
        if up:
            self._begin()
        else:
            self._on_trouble("keyboard shortcuts wait for the session bus")

    def owner_changed(self, service: str, owner: str) -> None:  # noqa: ARG002
        if not owner:
            self._on_trouble(f"the desktop's shortcut service has gone: {WAY_OUT}")
        elif self._task is None or self._task.done():  # else our own call has started it
            self._begin()

    def heard(self, signal: Signal) -> None:
        if signal.service != SERVICE:
            return
        match signal.interface, signal.member, signal.body:
            case "org.freedesktop.portal.Request", "Response", (int(code), dict(results)):
                waiting = self._requests.get(signal.path)
                if waiting is not None and not waiting.done():
                    waiting.set_result((code, results))
            case _, "Activated", (str(handle), str(name), *_):
                binding = self._bindings.get(name)
                if handle == self._handle and binding is not None:
                    self._on_pressed(binding)
            case "org.freedesktop.portal.Session", "Closed", _:
                if signal.path == self._handle:
                    self._handle = ""
                    self._on_trouble(f"the desktop took the shortcuts back: {WAY_OUT}")

    # -- the task -------------------------------------------------------------

    def _begin(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._bind_safely(), name="shortcuts")

    async def _bind_safely(self) -> None:
        try:
            text = await self._bind()
        except AskError as error:
            _log.debug("shortcuts: %s (%s)", error, error.name)
            text = f"this desktop has no global shortcuts for programs: {WAY_OUT}"
        except Exception:  # noqa: BLE001  # task border: whatever the portal answers
            _log.exception("shortcuts")
            text = f"the desktop's shortcut service answers in words we do not know: {WAY_OUT}"
        self._on_trouble(text)

    async def _bind(self) -> str:
        """Return what is missing, empty when every shortcut is bound."""
        token = secrets.token_hex(8)
        options = {"session_handle_token": ("s", f"offhook_{token}")}
        code, results = await self._request("CreateSession", "a{sv}", (), options)
        if code != GRANTED:
            return f"the desktop gives no shortcuts: {WAY_OUT}"
        self._handle = _text(results.get("session_handle"))
        wishes = [
            (
                name,
                {
                    "description": ("s", f"Offhook: {binding.action}"),
                    "preferred_trigger": ("s", binding.shortcut.trigger),
                },
            )
            for name, binding in self._bindings.items()
        ]
        body = (self._handle, wishes, "")
        code, results = await self._request("BindShortcuts", "oa(sa{sv})sa{sv}", body, {})
        if code != GRANTED:
            why = "you declined the shortcuts" if code == DECLINED else "it could not bind them"
            return f"the desktop has no shortcuts for us ({why}): {WAY_OUT}"
        return self._missing(results)

    def _missing(self, results: Mapping[object, object]) -> str:
        bound: set[str] = set()
        match results.get("shortcuts"):
            case (_, list(found)):
                bound = {str(one[0]) for one in found}
        lacking = [redact(b.action) for name, b in self._bindings.items() if name not in bound]
        return f"the desktop bound no shortcut to {', '.join(lacking)}: {WAY_OUT}" * bool(lacking)

    async def _request(
        self,
        member: str,
        signature: str,
        body: tuple[object, ...],
        options: Mapping[str, tuple[str, object]],
    ) -> tuple[int, Mapping[object, object]]:
        """Return what the portal answers to a request; its user may have to decide first.

        The path of the request is known before, so that no answer is too early for us.
        """
        if self.session is None:
            raise AskError("", "there is no session bus")
        token = f"offhook_{secrets.token_hex(8)}"
        sender = self.session.unique_name.removeprefix(":").replace(".", "_")
        path = f"{PATH}/request/{sender}/{token}"
        answer: asyncio.Future[tuple[int, Mapping[object, object]]]
        answer = asyncio.get_running_loop().create_future()
        self._requests[path] = answer
        try:
            given = (*body, {**options, "handle_token": ("s", token)})
            await self.session.ask(Call(SERVICE, PATH, SHORTCUTS, member, signature, given))
            async with asyncio.timeout(USER_S):
                return await answer
        except TimeoutError:
            return DECLINED, {}
        finally:
            del self._requests[path]


def names_of(bindings: tuple[Binding, ...]) -> dict[str, Binding]:
    """Return bindings by the names the portal knows them by.

    They come from the action: the desktop keeps a user's own choice of keys under them.
    """
    named: dict[str, Binding] = {}
    for binding in bindings:
        base = re.sub(r"[^a-z0-9]+", "-", binding.action.lower()).strip("-")
        name, number = base, 1
        while name in named:
            number += 1
            name = f"{base}-{number}"
        named[name] = binding
    return named


def _text(variant: object) -> str:
    match variant:
        case (_, str(text)):
            return text
    return ""
