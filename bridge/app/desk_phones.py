"""The desk phones of the daemon: their door, their line beside SIP, and what their keys mean.

Imported only where a phone is configured: the HTTP server costs 9 MB.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Self

from bridge.app.switchboard import Switchboard
from bridge.app.telephones import Inner, Telephones
from bridge.config.settings import Config
from bridge.drivers.http import HttpServer
from bridge.drivers.phones import Phones
from bridge.drivers.ports import HttpHandler, Now, Sink
from bridge.model.errors import TransportError
from bridge.model.events import MatterChanged
from bridge.model.http import HttpSettings
from bridge.model.intents import Intent, Verb
from bridge.model.phones import Happening, PhoneEvent, PhoneSettings
from bridge.protocols.phone_events import ROOT

_SWITCHES = {
    Happening.DND_ON: Intent(Verb.DND_ON),
    Happening.DND_OFF: Intent(Verb.DND_OFF),
    Happening.MUTED: Intent(Verb.MUTE),
    Happening.UNMUTED: Intent(Verb.UNMUTE),
}

RETRY_S = 10.0
"""Until a port that was taken is tried again."""


def with_phones(
    config: Config, make: Callable[[Sink], Inner], switchboard: Switchboard
) -> tuple[Telephones, "Door"]:
    """Return SIP and desk phones as one engine, and the door the phones come in by.

    Args:
        config: with phones.
        make: makes the engine of the SIP lines, given who takes its events.
        switchboard: the core's world.
    """
    now = switchboard.timers.now

    def pressed(phone: PhoneSettings, event: PhoneEvent) -> None:
        if (intent := intent_of(phone, event)) is not None:
            switchboard.ask(intent, lambda _answer: None, source=phone.account)

    def tell(text: str) -> None:
        switchboard.post(MatterChanged(now(), "http", text))

    phones = Phones(config.phones, switchboard.post, now, pressed)
    telephones = Telephones(phones, make, switchboard.post, now)
    return telephones, Door(config.http, {ROOT: phones.answer}, now, tell, phones.counts)


def intent_of(phone: PhoneSettings, event: PhoneEvent) -> Intent | None:
    """Return what a key or switch of a phone asks for; None where it is not configured.

    Args:
        phone: with its keys.
        event: of a key, of do not disturb or of mute.
    """
    if event.happening in _SWITCHES:
        return _SWITCHES[event.happening]
    name = f"long {event.key}" if event.happening is Happening.LONG_KEY else event.key
    return dict(phone.keys).get(name)


class Door:
    """The HTTP server, tried again while its address or port cannot be had.

    Args:
        settings: where.
        handlers: what answers, by the first part of the path.
        now: monotonic seconds.
        tell: told one sentence when it cannot listen, empty when it does.
        refused: requests the handlers have refused, by reason.
    """

    def __init__(
        self,
        settings: HttpSettings,
        handlers: Mapping[str, HttpHandler],
        now: Now,
        tell: Callable[[str], None],
        refused: Callable[[], Mapping[str, int]],
    ) -> None:
        self._make: Callable[[], HttpServer] = lambda: HttpServer(settings, handlers, now)
        self._tell, self._by_handlers = tell, refused
        self._task: asyncio.Task[None] | None = None
        self.server: HttpServer | None = None

    async def __aenter__(self) -> Self:
        """Listen soon."""
        self._task = asyncio.create_task(self._listen(), name="door")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._make() as server:
                    self.server = server
                    self._tell("")
                    await asyncio.Event().wait()  # until cancelled
            except TransportError as error:
                self._tell(str(error))
            await asyncio.sleep(RETRY_S)

    @property
    def text(self) -> str:
        """Where it listens, and what it refused, in one sentence."""
        if self.server is None:
            return "not listening"
        refused = sum(self.refused.values())
        return f"listening on {self.server.address}" + (f", {refused} refused" if refused else "")

    @property
    def refused(self) -> Mapping[str, int]:
        """Requests that were refused, by reason, here or by a handler."""
        total = Counter(self._by_handlers())
        if self.server is not None:
            total.update(self.server.refused)
        return dict(sorted(total.items()))
