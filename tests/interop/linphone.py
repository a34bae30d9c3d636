"""linphonec at the interop desk: a person at its prompt."""

import asyncio
import contextlib
import os
import pty
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.integration.waiting import eventually
from tests.interop.hearing import PATIENCE_S, Ear
from tests.interop.places import Digits, Place
from tests.pbx.settings import PbxError, find

STATE = re.compile(r"^(\d+)\s*\|\s*\S+\s*\|\s*(\w+)", re.MULTILINE)
INCOMING = re.compile(r"new incoming call from .*?, assigned id (\d+)")
BEGUN = re.compile(r"(?:incoming call from|Establishing call id to) .*?, assigned id (\d+)")
ENDED = re.compile(r"Call (\d+) with .*? (?:ended|error)")
UP = re.compile(r"Media streams established with .*? for call (\d+)")
REFUSED = re.compile(r"User is busy|declined|Call \d+ with .*? error")
REFUSALS = (486, 603)
ENDS_WITHIN_S = 5.0

# The codecs that others here have; Debian's default leaves G.722 out.
CODECS = (
    ("G722", 8000, 1, 1),
    ("PCMA", 8000, 1, 1),
    ("PCMU", 8000, 1, 1),
    ("opus", 48000, 2, 0),
    ("speex", 16000, 1, 0),
)


def settings_of(place: Place) -> str:
    """What it reads when it starts."""
    by_info = place.digits is Digits.INFO
    lines = [
        f"[sip]\nsip_port={place.port}\nsip_tcp_port=0\nsip_tls_port=0\nguess_hostname=0",
        f'contact="Lin" <sip:{place.user}@127.0.0.1:{place.port}>',
        f"inc_timeout=60\nbind_address=127.0.0.1\nuse_info={int(by_info)}",
        f"use_rfc2833={int(not by_info)}",
        f"default_proxy={0 if place.pbx else -1}",
        f"[rtp]\naudio_rtp_port={place.port + 10}-{place.port + 40}",
        "[sound]\nechocancellation=0\nremote_ring=\nlocal_ring=",
        f"playback_dev_id=PulseAudio Unknown: {place.seat.speaker}",
        f"capture_dev_id=PulseAudio Unknown: src_{place.seat.number}",
        f"ringer_dev_id=PulseAudio Unknown: {place.seat.speaker}",
        "[net]\nmtu=1300",
    ]
    for number, (mime, rate_hz, channels, enabled) in enumerate(CODECS):
        lines.append(
            f"[audio_codec_{number}]\nmime={mime}\nrate={rate_hz}\nchannels={channels}\n"
            f"enabled={enabled}"
        )
    if place.pbx:
        where = f"{place.pbx.host}:{place.pbx.sip_port}"
        lines.append(
            f"[proxy_0]\nreg_proxy=<sip:{where}>\nreg_identity={place.identity}\n"
            "reg_expires=300\nreg_sendregister=1\npublish=0"
        )
        lines.append(
            f"[auth_info_0]\nusername={place.user}\npasswd={place.password}\n"
            f"realm={place.pbx.settings.realm}"
        )
    return "\n".join(lines) + "\n"


class Linphone:
    """A linphonec on a terminal of its own. ``linphone_at`` makes one that runs."""

    kind = "linphone"

    def __init__(self, place: Place, ear: Ear) -> None:
        self._place, self.ear = place, ear
        self.address, self.tone_hz = place.address, place.seat.tone_hz
        self._text = ""
        (place.directory / "rc").write_text(settings_of(place))

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the program on a terminal; a pipe would get its words late."""
        home = self._place.directory
        (home / ".local" / "share" / "linphone").mkdir(parents=True)
        self._terminal, theirs = pty.openpty()
        try:
            return subprocess.Popen(
                [find("linphonec"), "-c", str(home / "rc")],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                cwd=home,
                env={**os.environ, **self._place.seat.environment, "HOME": str(home)},
                start_new_session=True,
            )
        finally:
            os.close(theirs)

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        """Run it until the test is over."""
        process = self._start()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._terminal, self._read)
        try:
            await self._until(lambda: "linphonec>" in self._text, "its prompt")
            self._orders("ipv6 disable")
            yield
        finally:
            loop.remove_reader(self._terminal)
            process.kill()
            await asyncio.to_thread(process.wait, ENDS_WITHIN_S)
            os.close(self._terminal)

    def _read(self) -> None:
        try:
            self._text += os.read(self._terminal, 65536).decode(errors="replace")
        except OSError:  # it has ended
            asyncio.get_running_loop().remove_reader(self._terminal)

    async def is_registered(self) -> None:
        """Wait until the PBX knows where it is."""

        def known() -> bool:
            assert self._place.pbx is not None
            with contextlib.suppress(PbxError):
                return bool(self._place.pbx.rpc("ul.lookup", "location", self._place.user))
            return False

        await self._until(known, "registered")

    def _orders(self, line: str) -> None:
        os.write(self._terminal, (line + "\n").encode())

    # -- a person at it -------------------------------------------------------

    async def calls(self, address: str) -> None:
        if self._open(UP):  # it calls nobody else while it talks
            await self.holds()
        self._orders(f"call {address}")

    async def rings(self) -> None:
        await self._until(lambda: self._open(INCOMING), "an incoming call")

    async def answers(self) -> None:
        await self.rings()
        self._orders(f"answer {self._open(INCOMING)[-1]}")

    async def talks(self) -> None:
        await self._until(lambda: self._open(UP), "a call that is up")

    async def hangs_up(self) -> None:
        self._orders(f"terminate {self._open(BEGUN)[-1]}")

    async def is_idle(self) -> None:
        await self._until(lambda: ENDED.search(self._text) and not self._open(BEGUN), "no call")

    async def is_refused(self, status: int) -> None:
        """It names no status: "error" for one of these, "ended" for what it did itself."""
        assert status in REFUSALS
        await self._until(lambda: REFUSED.search(self._text), f"refused with {status}")

    async def holds(self) -> None:
        self._orders("pause")
        await self._until(lambda: "is now paused" in self._text, "its call on hold")

    async def resumes(self) -> None:
        self._orders(f"resume {self._open(UP)[-1]}")

    async def types(self, digits: str) -> None:
        self._orders(digits)

    async def got_digits(self, digits: str) -> None:
        def pressed() -> str:
            return "".join(re.findall(r"Receiving tone (\S)", self._text))

        await self._until(lambda: pressed() == digits, f"the digits {digits}")

    async def sends_on(self, address: str) -> None:
        self._orders(f"transfer {self._open(UP)[-1]} {address}")

    async def connects(self) -> None:
        first, second = self._open(UP)[-2:]
        self._orders(f"transfer {first} --to-call {second}")

    async def rests(self) -> None:
        if self._open(BEGUN):
            self._orders("terminate all")
        await self._until(lambda: not self._open(BEGUN), "no call")
        self._text = ""

    # -- what it says ---------------------------------------------------------

    def _open(self, pattern: re.Pattern[str]) -> list[str]:
        """The calls of which it said so, and that are not over, oldest first."""
        over = set(ENDED.findall(self._text))
        found = dict.fromkeys(pattern.findall(self._text))
        return sorted((one for one in found if one not in over), key=int)

    async def _until(self, condition: Callable[[], object], what: str) -> None:
        await eventually(condition, f"linphonec: {what}", self.story, PATIENCE_S)

    def story(self) -> str:
        """What it printed last, for failed tests."""
        return self._text[-2500:]


@asynccontextmanager
async def linphone_at(place: Place) -> AsyncIterator[Linphone]:
    """A running linphonec that can be called."""
    place.directory.mkdir(exist_ok=True)
    with place.seat.ear(place.directory) as ear:
        phone = Linphone(place, ear)
        async with phone.runs():
            if place.pbx:
                await phone.is_registered()
            yield phone
