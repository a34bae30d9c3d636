"""baresip at the interop desk."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.phones import Baresip, write_files
from tests.integration.waiting import eventually
from tests.interop.hearing import PATIENCE_S, Ear
from tests.interop.places import Place
from tests.pbx.settings import find


class AtSeat(Baresip):
    """A baresip that plays into the speaker of a seat.

    Its recordings would not do: this baresip writes no more of them after we held it.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place.directory)
        self._place = place
        secret = f";auth_pass={place.password}" if place.password else ""
        account = f"<{place.identity}>;regint={300 if place.pbx else 0}{secret}"
        write_files(place.directory, place.port, account, place.seat.tone_hz)
        config = place.directory / "config"
        text = config.read_text().replace("module sndfile.so", "module alsa.so")
        text = text.replace("audio_player aubridge,ear", "audio_player alsa,pulse")
        config.write_text(text)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the program."""
        seat = self._place.seat
        with (self.directory / "log").open("wb") as log:
            return subprocess.Popen(
                [find("baresip"), "-4", "-f", str(self.directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={**os.environ, **seat.environment, "PULSE_SINK": seat.speaker},
            )


class Bare:
    """A baresip of Debian, told what to do by its control port."""

    kind = "baresip"

    def __init__(self, phone: Baresip, place: Place, ear: Ear) -> None:
        self._phone, self.ear = phone, ear
        self.address, self.tone_hz = place.address, place.seat.tone_hz

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
        await eventually(condition, f"baresip: {what}", self.story, PATIENCE_S)

    def story(self) -> str:
        """Its events and the end of its log, for failed tests."""
        told = [f"{e.get('type')} {e.get('id')} {e.get('param')}" for e in self._phone.events]
        return "\n".join([*told, self._phone.log()[-1500:]])


@asynccontextmanager
async def bare_at(place: Place) -> AsyncIterator[Bare]:
    """A running baresip that can be called."""
    phone = AtSeat(place)
    process = phone.start()
    try:
        await eventually(lambda: "baresip is ready" in phone.log(), "baresip starts", phone.log)
        with place.seat.ear(place.directory) as ear:
            async with phone.control(place.port + 2):
                if place.pbx:
                    await phone.is_registered()
                yield Bare(phone, place, ear)
    finally:
        process.kill()  # asked nicely, it would wait half a minute for an answer to its BYE
        await asyncio.to_thread(process.wait)
