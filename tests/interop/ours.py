"""Offhook at the interop desk: the real program, driven by its command line."""

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import cast

import numpy as np

from bridge.cli.client import Client
from bridge.protocols.control_wire import GetStatus
from tests.integration.offhook import Home, Json, Running, Said, offhook_run
from tests.integration.phones import WAVE_HEADER, Samples
from tests.interop.hearing import PATIENCE_S, RATE_HZ, Ear, newest
from tests.interop.parties import Party
from tests.interop.places import Place

POLL_S = 0.05
REFUSED = "(SIP 486)"  # so quickly that the command says it
MUSIC_S = 2.0
MUSIC_PEAK = 8000  # of 32767: -12 dBFS


def write_music(path: Path, hz: float) -> Path:
    """A WAV file with a tone, as music on hold and as ring tone without pauses."""
    at = np.arange(round(RATE_HZ * MUSIC_S)) / RATE_HZ
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((MUSIC_PEAK * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes())
    return path


def config_of(place: Place, account: str, more: str) -> str:
    """Its configuration.

    Args:
        place: where it stands.
        account: more members of the account, each with a comma in front.
        more: further sections.
    """
    pbx = place.pbx
    line = (
        f', server: "{pbx.host}:{pbx.sip_port}", password: {place.password}'
        if pbx
        else ", register: false, transfers: true"
    )
    music = write_music(place.directory / "music.wav", place.seat.music_hz)
    return (
        "bridge: {id: desk}\nmqtt: off\n"
        f'account: {{id: desk, user: "{place.user}"{line}{account}}}\n'
        f"sip: {{bind: 127.0.0.1, port: {place.port},"
        f" rtp_ports: {place.port + 10}-{place.port + 60}}}\n"
        f"audio: {{backend: pulse, microphone: {place.seat.microphone},"
        f" speaker: {place.seat.speaker}, hold_music: {music}, ringer: {place.seat.speaker},"
        f" ringtones: {{internal: {music}, external: {music}}}}}\n"
        f"limits: {{calls_in_10_s: 100, calls_at_once: 4}}\n{more}"
    )


class Ours:
    """A daemon of ours with somebody at its command line. ``ours_at`` makes one that runs."""

    kind = "offhook"

    def __init__(self, place: Place, home: Home, ear: Ear) -> None:
        self.place, self.home, self.ear = place, home, ear
        self.address, self.tone_hz = place.address, place.seat.tone_hz
        self.music_hz = place.seat.music_hz
        self.running: Running | None = None

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        """Run the daemon until the test is over."""
        async with AsyncExitStack() as self._stack:
            await self._start()
            yield

    async def _start(self) -> None:
        self.running = await self._stack.enter_async_context(offhook_run(self.home))
        await self.until(self._is_there, "its line is ready")

    async def starts_again(self) -> None:
        """End the daemon and start it again."""
        assert self.running is not None
        await self.running.ends()
        await self._start()

    def _is_there(self, status: Json) -> bool:
        wanted = "registered" if self.place.pbx else "none"
        lines = cast("list[Json]", status["lines"])
        is_up = cast("Json", status["engine"])["up"]
        return bool(is_up and lines) and lines[0]["registration"] == wanted

    # -- the command line -----------------------------------------------------

    async def says(self, *words: str) -> Said:
        """Run a word of the command line, whatever comes of it."""
        assert self.running is not None
        return await self.running.says(*words)

    async def does(self, *words: str) -> Json:
        """Run a word that must succeed; return its answer."""
        said = await self.says(*words, "--json")
        assert said.code == 0, f"offhook {' '.join(words)}: {said.err}{self.story()}"
        return said.body

    async def status(self) -> Json:
        """What ``offhook status --json`` prints, without starting a program each time."""

        def ask() -> Json:
            with Client(self.home.runtime / "control.sock") as client:
                return client.ask(GetStatus())

        return await asyncio.to_thread(ask)

    async def until(self, fits: Callable[[Json], object], what: str) -> Json:
        """Wait for a status; return it."""
        end_s = asyncio.get_running_loop().time() + PATIENCE_S
        status = await self.status()
        while not fits(status):
            late = asyncio.get_running_loop().time() > end_s
            assert not late, (
                f"offhook: not within {PATIENCE_S:.0f} s: {what}\n{status}{self.story()}"
            )
            await asyncio.sleep(POLL_S)
            status = await self.status()
        return status

    async def shows(self, *phases: str) -> list[Json]:
        """Wait until its calls are in these phases, in any order; return them."""

        def fits(status: Json) -> bool:
            found = [str(call["phase"]) for call in calls_of(status)]
            return sorted(found) == sorted(phases)

        return calls_of(await self.until(fits, f"calls {phases}"))

    async def call_with(self, other: Party) -> str:
        """The id of its call with another telephone."""
        number = other.address.removeprefix("sip:").partition("@")[0]
        (call,) = [c for c in calls_of(await self.status()) if number in str(c["remote"])]
        return str(call["call"])

    async def last(self) -> Json:
        """The newest entry of the call list."""
        return cast("list[Json]", (await self.does("history"))["entries"])[0]

    async def has_messages(self, new: int, old: int) -> None:
        """Wait until its line shows so many voice messages."""
        wanted = {"waiting": new > 0, "new": new, "old": old}

        def fits(status: Json) -> bool:
            return cast("list[Json]", status["lines"])[0]["mailbox"] == wanted

        await self.until(fits, f"messages {wanted}")

    async def recorded(self, *tones_hz: float) -> None:
        """Wait until its recording holds these tones at once."""

        def newest_recording(seconds: float) -> tuple[Samples, int]:
            files = sorted((self.home.directory / "state").rglob("*.wav"))
            head = files[-1].read_bytes()[:WAVE_HEADER] if files else b""
            rate_hz = int.from_bytes(head[24:28], "little") or RATE_HZ
            return newest(files[-1] if files else Path(), WAVE_HEADER, rate_hz, seconds)

        await Ear("the recording", newest_recording).hears(*tones_hz)

    def story(self) -> str:
        """The end of its log, for failed tests."""
        return f"\n{self.running.log()[-2500:]}" if self.running else ""

    # -- a party --------------------------------------------------------------

    async def calls(self, address: str) -> None:
        said = await self.says("call", address)
        assert said.code == 0 or REFUSED in said.err, said.err + self.story()

    async def rings(self) -> None:
        await self.until(lambda s: "ringing" in phases_of(s), "it rings")

    async def answers(self) -> None:
        await self.rings()
        await self.does("answer")

    async def talks(self) -> None:
        await self.until(lambda s: "connected" in phases_of(s), "a call that is up")

    async def hangs_up(self) -> None:
        await self.does("hangup")

    async def is_idle(self) -> None:
        await self.shows()

    async def is_refused(self, status: int) -> None:
        await self.is_idle()
        entry = await self.last()
        assert entry["sip"] == status, entry

    async def holds(self) -> None:
        await self.does("hold")

    async def resumes(self) -> None:
        await self.does("resume")

    async def types(self, digits: str) -> None:
        await self.does("dtmf", digits)

    async def got_digits(self, digits: str) -> None:
        def fits(status: Json) -> bool:
            return [call["pressed"] for call in calls_of(status)] == [digits]

        await self.until(fits, f"the keys {digits}")

    async def sends_on(self, address: str) -> None:
        await self.does("transfer", address)

    async def connects(self) -> None:
        await self.does("transfer")

    async def rests(self) -> None:
        for call in calls_of(await self.status()):
            word = "reject" if call["phase"] == "ringing" else "hangup"
            await self.says(word, "--call", str(call["call"]))  # it may just have ended
        status = await self.until(lambda s: not calls_of(s), "no call")
        if status["do_not_disturb"]:
            await self.does("dnd", "off")


def calls_of(status: Json) -> list[Json]:
    """The calls of a status."""
    return cast("list[Json]", status["calls"])


def phases_of(status: Json) -> set[str]:
    """The phases its calls are in."""
    return {str(call["phase"]) for call in calls_of(status)}


@asynccontextmanager
async def ours_at(place: Place, account: str = "", more: str = "") -> AsyncIterator[Ours]:
    """A running Offhook that can be called."""
    place.directory.mkdir(exist_ok=True)
    home = Home(place.directory, config_of(place, account, more))
    with place.seat.ear(place.directory) as ear:
        phone = Ours(place, home, ear)
        async with phone.runs():
            yield phone
