"""baresip at the interop desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.phones import WAVE_HEADER, Baresip, Samples, baresip_at
from tests.integration.waiting import eventually
from tests.interop.hearing import Ear, newest
from tests.interop.places import Place


class Bare:
    """A baresip of Debian, told what to do by its control port."""

    kind = "baresip"

    def __init__(self, phone: Baresip, place: Place) -> None:
        self._phone = phone
        self.address, self.tone_hz = place.address, place.seat.tone_hz
        self.ear = Ear(f"baresip at {place.address}", self._newest)

    def _newest(self, seconds: float) -> tuple[Samples, int]:
        """What it recorded last; it begins a file whenever a call's sound begins."""
        files = sorted(self._phone.directory.glob("*dec.wav"), key=lambda f: f.stat().st_mtime_ns)
        head = files[-1].read_bytes()[:WAVE_HEADER] if files else b""
        rate_hz = int.from_bytes(head[24:28], "little")
        return newest(files[-1] if files else Path(), WAVE_HEADER, rate_hz or 8000, seconds)

    async def calls(self, address: str) -> None:
        await self._phone.calls(address)

    async def rings(self) -> None:
        await self._until(lambda: self._open("CALL_INCOMING"), "an incoming call")

    async def answers(self) -> None:
        await self.rings()
        await self._phone.orders("accept")

    async def talks(self) -> None:
        await self._until(lambda: self._open("CALL_ESTABLISHED"), "a call that is up")

    async def hangs_up(self) -> None:
        await self._phone.hangs_up()

    async def is_idle(self) -> None:
        await self._until(lambda: self._closed() and not self._open(), "the end of all calls")

    async def is_refused(self, status: int) -> None:
        def told() -> bool:
            return any(str(status) in str(e["param"]) for e in self._phone.said("CALL_CLOSED"))

        await self._until(told, f"a call closed with {status}")

    async def holds(self) -> None:
        await self._phone.orders("hold")

    async def resumes(self) -> None:
        await self._phone.orders("resume")

    async def types(self, digits: str) -> None:
        for digit in digits:
            await self._phone.orders("sndcode", digit)

    async def got_digits(self, digits: str) -> None:
        await self._phone.hears_digits(digits)

    async def sends_on(self, address: str) -> None:
        await self._phone.orders("transfer", address)

    async def connects(self) -> None:
        raise NotImplementedError("this baresip cannot transfer to its own second call")

    async def rests(self) -> None:
        for _ in self._open():
            await self._phone.hangs_up()
        await self._until(lambda: not self._open(), "the end of all calls")
        self._phone.events.clear()

    def _closed(self) -> set[object]:
        return {event.get("id") for event in self._phone.said("CALL_CLOSED")}

    def _open(self, *kinds: str) -> set[object]:
        """The calls that got such an event, or any, and are not over."""
        told = [e for e in self._phone.events if str(e.get("type", "")).startswith("CALL_")]
        fits = [e for e in told if not kinds or e["type"] in kinds]
        return {event["id"] for event in fits if event.get("id")} - self._closed()

    async def _until(self, condition: object, what: str) -> None:
        assert callable(condition)
        await eventually(condition, f"baresip: {what}", self.story)

    def story(self) -> str:
        """Its events and the end of its log, for failed tests."""
        told = [f"{e.get('type')} {e.get('id')} {e.get('param')}" for e in self._phone.events]
        return "\n".join([*told, self._phone.log()[-1500:]])


@asynccontextmanager
async def bare_at(place: Place) -> AsyncIterator[Bare]:
    """A running baresip that can be called."""
    phone = baresip_at(
        place.directory,
        place.port,
        place.identity,
        place.password,
        registers=bool(place.password),
        tone_hz=place.seat.tone_hz,
    )
    async with phone as running:
        if place.password:
            await running.is_registered()
        yield Bare(running, place)
