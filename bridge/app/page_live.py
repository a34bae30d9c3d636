"""The page's events: what changed goes to everybody who listens, the newest state only.

A section is made once for each kind of viewer, and only while somebody listens. Whoever takes
slowly gets what is newest when he takes again: at most one body of each section waits for him.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bridge.kiosk.body import Body, Viewer
from bridge.kiosk.operations import to_json
from bridge.model.calls import Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.events import Event
from bridge.model.ids import DeviceId
from bridge.model.page import Screen

SESSION, STATUS, LAMPS, DEVICES, MEETINGS, NOTICE, BEAT = (
    *("session", "status", "lamps", "devices", "meetings", "notice", "beat"),
)
SECTIONS = (STATUS, LAMPS, DEVICES, MEETINGS)

MOST_LISTENERS = 48
MOST_OF_ONE = 8  # of one session: tabs that nobody closed
MOST_NOTICES = 8  # that wait for a slow reader

_GESTURES = 5  # of each device

Sections = Mapping[str, Callable[[Viewer], Body]]
"""Makes each section for whoever looks."""


class Looks(Protocol):
    """Whoever knows the sessions (``app.page.Page``)."""

    def viewer_of(self, digest: str) -> Viewer | None:
        """Return what a session may see now, None when it has ended."""

    def session_of(self, digest: str) -> Body:
        """Return the section ``session``."""

    def now_ms(self) -> int:
        """Unix milliseconds."""


class Listener:
    """One reader; ``page_ports.PageListener``.

    Args:
        hub: whom it hears.
        digest: of its session.
    """

    def __init__(self, hub: "Hub", digest: str) -> None:
        self.digest = digest
        self._hub = hub
        self._waiting: dict[str, bytes] = {}
        self._notices: deque[bytes] = deque(maxlen=MOST_NOTICES)
        self._news = asyncio.Event()
        self._is_over = False

    def offer(self, section: str, body: bytes) -> None:
        """Take a section in the place of an older one."""
        said = b"event: %b\ndata: %b\n\n" % (section.encode(), body)
        if section == NOTICE:
            self._notices.append(said)
        else:
            self._waiting[section] = said
        self._news.set()

    def end(self) -> None:
        """Say no more."""
        self._is_over = True
        self._news.set()

    async def news(self) -> bytes:
        await self._news.wait()
        self._news.clear()
        said = b"".join((*self._waiting.values(), *self._notices))
        self._waiting.clear()
        self._notices.clear()
        return b"" if self._is_over else said

    def beat(self) -> bytes:
        return b"event: %b\ndata: %b\n\n" % (BEAT.encode(), to_json({"now_ms": self._hub.now_ms}))

    def close(self) -> None:
        self._hub.forget(self)
        self.end()


class Hub:
    """Everybody who listens; a ``switchboard.Reader``.

    Args:
        looks: knows the sessions.
        sections: makes the bodies.
    """

    def __init__(self, looks: Looks, sections: Sections) -> None:
        self._looks = looks
        self._sections = sections
        self._listeners: list[Listener] = []
        self._dirty: set[str] = set()
        self._is_scheduled = False
        self._gestures: dict[DeviceId, deque[Body]] = {}

    @property
    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self._looks.now_ms()

    # -- readers --------------------------------------------------------------

    def listen(self, digest: str) -> Listener | None:
        """Return a new reader, told everything at first; None where there are too many."""
        own = [one for one in self._listeners if one.digest == digest]
        for one in own[: max(0, len(own) + 1 - MOST_OF_ONE)]:
            self.forget(one)
            one.end()
        viewer = self._looks.viewer_of(digest)
        if len(self._listeners) >= MOST_LISTENERS or viewer is None:
            return None
        listener = Listener(self, digest)
        listener.offer(SESSION, to_json(self._looks.session_of(digest)))
        for section in SECTIONS:
            listener.offer(section, to_json(self._sections[section](viewer)))
        self._listeners.append(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """It is gone; harmless when it was gone before."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def end(self) -> None:
        """Say no more to anybody."""
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()

    # -- what changes ---------------------------------------------------------

    def mark(self, *sections: str) -> None:
        """Tell these soon: once for everything of a moment."""
        if not self._listeners:
            return
        self._dirty.update(sections)
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def session_changed(self, digest: str) -> None:
        """Tell a session that it may do more or less, or that it is over."""
        viewer = self._looks.viewer_of(digest)
        for listener in [one for one in self._listeners if one.digest == digest]:
            if viewer is None:
                self.forget(listener)
                listener.end()
                continue
            listener.offer(SESSION, to_json(self._looks.session_of(digest)))
            for section in SECTIONS:
                listener.offer(section, to_json(self._sections[section](viewer)))

    def notice(self, body: Body, screen: Screen | None = None) -> None:
        """Tell something that passes.

        Args:
            body: what.
            screen: to these alone; None = to everybody.
        """
        for listener in self._listeners:
            viewer = self._looks.viewer_of(listener.digest)
            if viewer is not None and screen in {None, viewer.screen}:
                listener.offer(NOTICE, to_json(body))

    def _flush(self) -> None:
        self._is_scheduled = False
        dirty, self._dirty = [one for one in SECTIONS if one in self._dirty], set()
        made: dict[tuple[str, Viewer], bytes] = {}
        for listener in tuple(self._listeners):
            viewer = self._looks.viewer_of(listener.digest)
            if viewer is None:
                self.forget(listener)
                listener.end()
                continue
            for section in dirty:
                key = (section, viewer)
                if key not in made:
                    made[key] = to_json(self._sections[section](viewer))
                listener.offer(section, made[key])

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """What changed is told by ``changed``."""

    def changed(self, now: Snapshot) -> None:  # noqa: ARG002  # the sections look themselves
        self.mark(STATUS, DEVICES)

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        if isinstance(what, AnnounceKey):
            kept = self._gestures.setdefault(what.device, deque(maxlen=_GESTURES))
            # Digit by digit it would spell a number.
            kept.append({"at_ms": self.now_ms, "text": f"{what.control.value}: {what.meaning}"})
            self.mark(DEVICES)
        elif isinstance(what, Tell) and what.text:
            self.notice({"topic": what.topic, "text": what.text})

    def gestures(self, device: DeviceId) -> Sequence[Any]:
        """Return the last ones of a device, oldest first."""
        return tuple(self._gestures.get(device, ()))
