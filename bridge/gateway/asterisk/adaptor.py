"""Asterisk, heard over its manager interface.

Theory of operation. Events tell changes alone, so after each login the adaptor asks for every list
there is; what changes meanwhile arrives between, in order, and is said with the rest. AstDB (do
not disturb, forwarding) tells nothing by itself: it is read again and again. Everything else is
read again now and then: a manager user without the class ``call`` hears no changes, which shows by
lines that changed although no event was ever heard.

========== ================================================ ============================
state      what is true                                     ends by
========== ================================================ ============================
AWAY       there is no connection; the next try is awaited  connected → ASKING
ASKING     logged in; lists come in                         all answered → LIVE
LIVE       every fact was said; pings are answered          loss → AWAY
========== ================================================ ============================

A wrong password is not tried again soon: Asterisk's neighbours (fail2ban) lock out whoever does.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bridge.gateway.adaptor import Picture
from bridge.gateway.asterisk.connection import ANSWER_S, AmiConnection, LinkLostError
from bridge.gateway.asterisk.login import (
    PASSWORD_S,
    PERMISSION_S,
    RefusedByAsteriskError,
    log_in,
    open_stream,
    quoted,
)
from bridge.gateway.asterisk.orders import Orders
from bridge.model.asterisk import AsteriskSettings, Family
from bridge.model.blf import Extension, LineFact
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand, PbxFact
from bridge.protocols.ami import Action, Message
from bridge.protocols.ami_commands import (
    ASTERISK_NAMES,
    CONTACTS,
    HINTS,
    LISTINGS,
    NO_CONTACTS,
    Listing,
    entries_of,
    read_family,
)
from bridge.protocols.ami_states import AsteriskReader
from bridge.protocols.pbx_states import Refusal, place_of
from bridge.protocols.pbx_topics import Place

if TYPE_CHECKING:
    from bridge.gateway.asterisk.ari import AriEar, Changed

_LOG = logging.getLogger(__name__)

BOOT_S = 2.0  # an Asterisk that is up says so right after the login
PING_S = 5.0  # an Asterisk that hangs is noticed after at most this and ANSWER_S
WAITS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
AGAIN_S = 60.0  # 10,000 hints cost Asterisk half a second
JITTER = 0.2
STABLE_S = 30.0  # a connection of at least so long was good: the first wait comes again


@dataclass(slots=True)
class _Pace:
    """How fast things go; tests make them faster."""

    waits_s: tuple[float, ...] = WAITS_S
    password_s: float = PASSWORD_S
    ping_s: float = PING_S
    boot_s: float = BOOT_S
    answer_s: float = ANSWER_S
    again_s: float = AGAIN_S


class AsteriskAdaptor:
    """An ``Adaptor``.

    Args:
        picture: where to paint.
        settings: where Asterisk is, and the words of its dial plan.
    """

    def __init__(self, picture: Picture, settings: AsteriskSettings) -> None:
        self._picture = picture
        self._settings = settings
        self._reader = AsteriskReader(settings.plan)
        self._lines: dict[Extension, LineFact] = {}  # as the manager interface told them
        self._ear = _ear_for(settings, self._heard_calls)
        self._task: asyncio.Task[None] | None = None
        self._connection: AmiConnection | None = None
        self._orders: Orders | None = None  # while the picture is whole
        self._batch: dict[tuple[Place, Extension], PbxFact] | None = None
        self._said: dict[tuple[Place, Extension], PbxFact] = {}  # since the last loss
        self._events = 0  # that came by themselves since the last loss
        self._missing: set[str] = set()  # what Asterisk does not let us read; said once
        self._booted = asyncio.Event()
        self._changed = asyncio.Event()  # everything has to be read again
        self._end = ""  # what an event said of the end that follows
        self.pace = _Pace()
        self.counts: Counter[str] = Counter()

    @property
    def commands(self) -> frozenset[str]:
        return ASTERISK_NAMES

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="asterisk")
        if self._ear is not None:
            await self._ear.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._ear is not None:
            await self._ear.__aexit__(*exc)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def send(self, command: PbxCommand) -> PbxAnswer:
        if self._orders is None:
            return PbxAnswer(Outcome.FAILED, "asterisk is not connected: try again later")
        return await self._orders.do(command)

    # -- connections ----------------------------------------------------------

    async def _run(self) -> None:
        step = 0
        while True:
            began_s, wait_s = time.monotonic(), 0.0
            try:
                await self._live_once()
            except RefusedByAsteriskError as why:
                wait_s = why.wait_s
                self._picture.lost(f"{why}; tried again in {wait_s:.0f} s")
            except LinkLostError as why:
                self._picture.lost(self._end or str(why))
            except Exception:  # noqa: BLE001  # the task border: it must not end the gateway
                _LOG.exception("asterisk: the adaptor failed in a way nobody thought of")
                self._picture.lost("the gateway failed: its log says how")
            if time.monotonic() - began_s >= STABLE_S:
                step = 0
            waits_s = self.pace.waits_s
            wait_s = max(wait_s, waits_s[min(step, len(waits_s) - 1)])
            step += 1
            await asyncio.sleep(wait_s * random.uniform(1, 1 + JITTER))  # noqa: S311  # no secret

    async def _live_once(self) -> None:
        """Connect and live until the connection is lost, which always raises."""
        self._end = ""
        reader, writer = await open_stream(self._settings)
        connection = self._connection = AmiConnection(
            reader, writer, self._hear, self.pace.answer_s
        )
        reading = asyncio.create_task(connection.read(), name="asterisk reader")
        try:
            self._booted.clear()
            await log_in(connection, self._settings, self.pace.password_s)
            with suppress(TimeoutError):  # without the class "system" it is never said
                async with asyncio.timeout(self.pace.boot_s):
                    await self._booted.wait()
            await self._live(connection, reading)
        finally:
            self._orders = None
            connection.close()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    # -- reading --------------------------------------------------------------

    async def _live(self, connection: AmiConnection, reading: asyncio.Task[str]) -> None:
        self._reader.forget()
        self._missing.clear()
        self._said.clear()
        self._lines.clear()
        self._events = 0
        await self._read_all(connection)
        self._picture.complete()
        plan = self._settings.plan
        self._orders = Orders(plan, self._reader, connection, self._look)
        polled_s = read_s = time.monotonic()
        while True:
            await self._wait(reading)
            if self._changed.is_set() or time.monotonic() - read_s >= self.pace.again_s:
                await self._read_all(connection)
                polled_s = read_s = time.monotonic()
            elif time.monotonic() - polled_s >= self._settings.poll_s:
                for family, _ in plan.families:
                    await self._look(family)
                polled_s = time.monotonic()
            else:
                await connection.ask(Action("Ping"))

    async def _wait(self, reading: asyncio.Task[str]) -> None:
        """Wait for the next round, or less when something has happened."""
        changed = asyncio.create_task(self._changed.wait(), name="asterisk changed")
        within_s = min(self.pace.ping_s, self._settings.poll_s)
        try:
            await asyncio.wait(
                (reading, changed), timeout=within_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            changed.cancel()
        if reading.done():
            raise LinkLostError(reading.result())

    async def _read_all(self, connection: AmiConnection) -> None:
        """Ask for everything; say it at once, so that a queue is not shown without its members."""
        self._changed.clear()
        self._batch = {}
        try:
            for listing in LISTINGS:
                await self._list(connection, listing)
            await self._list_telephones(connection)
            for family, _ in self._settings.plan.families:
                await self._look(family)
            batch, self._batch = self._batch, None
            if self._said and not self._events and self._differs(batch):
                await self._check_ears(connection)
            self._say(list(batch.values()))
        finally:
            self._batch = None

    def _differs(self, batch: dict[tuple[Place, Extension], PbxFact]) -> bool:
        """Return whether a line has changed since it was said."""
        return any(self._said.get(p) != f for p, f in batch.items() if p[0] is Place.STATE)

    async def _check_ears(self, connection: AmiConnection) -> None:
        """A change was listed and not heard: its event follows at once, or it never comes."""
        await connection.ask(Action("Ping"))
        if not self._events:
            text = "asterisk tells no changes: the manager user needs read = call"
            raise RefusedByAsteriskError(text, PERMISSION_S)

    async def _list(self, connection: AmiConnection, listing: Listing) -> None:
        reply = await connection.ask(listing.action)
        if reply.is_ok:
            return
        text = f"asterisk does not list {listing.what} ({quoted(reply.words)})"
        if listing is HINTS:
            way_out = f"the manager user needs write = {listing.need}"
            raise RefusedByAsteriskError(f"{text}: {way_out}", PERMISSION_S)
        self._miss(listing.what, f"{text}: they are not shown")

    async def _list_telephones(self, connection: AmiConnection) -> None:
        """Ask which telephones are registered; only PJSIP tells."""
        if not self._settings.plan.channel.startswith("PJSIP/"):
            return
        self._reader.begin_telephones()
        reply = await connection.ask(CONTACTS.action)
        if reply.is_ok or NO_CONTACTS in reply.words:
            self._say(self._reader.telephones())
        else:
            text = f"asterisk does not list {CONTACTS.what} ({quoted(reply.words)})"
            self._miss(CONTACTS.what, f"{text}: needed is write = {CONTACTS.need}")

    async def _look(self, family: Family) -> bool:
        """Read a family of AstDB; False = it cannot be read."""
        name = dict(self._settings.plan.families).get(family, "")
        if self._connection is None or not name:
            return False
        reply = await self._connection.ask(read_family(name))
        if not reply.is_ok:
            text = f"asterisk does not list {name} of AstDB ({quoted(reply.words)}): needed are "
            self._miss(name, text + "Asterisk 16.28, 18.14 or 20 and write = system or reporting")
            return False
        self._say(self._reader.family(family, entries_of(name, reply.events)))
        return True

    def _miss(self, what: str, text: str) -> None:
        if what not in self._missing:
            _LOG.warning("%s", text)
        self._missing.add(what)

    # -- events ---------------------------------------------------------------

    def _hear(self, event: Message) -> None:
        match event.event:
            case "FullyBooted":
                self._changed.set()  # read what an Asterisk that was still starting did not know
                self._booted.set()
            case "Reload":
                self._changed.set()
            case "Shutdown":
                self._end = "asterisk was shut down or restarted"
            case _:
                self._take(event)

    def _take(self, event: Message) -> None:
        self._events += event.event == "ExtensionStatus" and not event.get("ActionID")
        facts = self._reader.take(event)
        if isinstance(facts, Refusal):
            if not self.counts[facts.rule]:
                _LOG.warning("asterisk: an event is not used: %s", facts.reason)
            self.counts[facts.rule] += 1
            return
        self._say(facts)

    def _heard_calls(self, extensions: set[Extension]) -> None:
        """Say again the lines whose calls are others now; a line that is over says so itself."""
        if self._orders is not None:
            self._say([self._lines[one] for one in sorted(extensions) if one in self._lines])

    def _say(self, facts: list[PbxFact]) -> None:
        for fact in facts:
            if isinstance(fact, LineFact):
                self._lines[fact.extension] = fact
            if self._batch is None:
                self._said[place_of(fact)] = fact
                self._picture.say(self._refined(fact))
            else:
                self._batch[place_of(fact)] = fact

    def _refined(self, fact: PbxFact) -> PbxFact:
        """Return a fact with what ARI tells of its call."""
        if self._ear is None or not isinstance(fact, LineFact):
            return fact
        return self._ear.refine(fact)


def _ear_for(settings: AsteriskSettings, changed: "Changed") -> "AriEar | None":
    """Return what hears calls, if that is wanted."""
    if settings.ari is None:
        return None
    from bridge.gateway.asterisk.ari import AriEar  # noqa: PLC0415  # 3 MB for the WebSocket

    return AriEar(settings, settings.ari, changed)
