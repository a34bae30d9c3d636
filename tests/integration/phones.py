"""Telephones of other makers, as callers: baresip and sipp, both from Debian."""

import asyncio
import contextlib
import json
import re
import subprocess
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import numpy as np

from tests.integration.waiting import eventually
from tests.pbx.settings import ROOT, find

MODULES = Path("/usr/lib/baresip/modules")  # where Debian's baresip-core has them
TONE_HZ = 600.0
SIPP = ROOT / "tests" / "pbx" / "sipp"
NETSTRING = re.compile(rb"(\d{1,6}):")
LOUD_DBFS = -30.0  # of a tone that came through a codec; sent at -12 (ours) or -3 (baresip)
QUIET_DBFS = -60.0
SILENCE = 1e-6  # -120 dBFS
NEAR_HZ = 15.0  # a tone through G.722 and a resampler stays within
WAVE_HEADER = 44  # bytes before the first sample

Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


class Baresip:
    """A baresip that says a tone and records what it hears. ``baresip_at`` makes one that runs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.events: list[dict[str, object]] = []
        self._writer: asyncio.StreamWriter | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the program."""
        with (self.directory / "log").open("wb") as log:
            return subprocess.Popen(
                [find("baresip"), "-4", "-f", str(self.directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
            )

    @asynccontextmanager
    async def control(self, port: int) -> AsyncIterator[None]:
        """Be connected to its control port."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        task = asyncio.create_task(self._listen(reader), name="baresip events")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._writer.close()

    async def orders(self, command: str, parameters: str = "") -> None:
        """Give a command of its menu, such as ``dial``."""
        body = json.dumps({"command": command, "params": parameters}).encode()
        assert self._writer is not None
        self._writer.write(b"%d:%s," % (len(body), body))
        await self._writer.drain()

    async def is_registered(self) -> None:
        """Wait until the PBX knows where it is."""
        await eventually(lambda: "[1 binding]" in self.log(), "baresip registered", self.log)

    async def calls(self, uri: str) -> None:
        """Dial."""
        await self.orders("dial", uri)

    async def hangs_up(self) -> None:
        """End the call, or give up."""
        await self.orders("hangup")

    def said(self, kind: str) -> list[dict[str, object]]:
        """The events of a kind, such as ``CALL_RINGING``."""
        return [event for event in self.events if event.get("type") == kind]

    async def until(self, kind: str) -> dict[str, object]:
        """Wait for an event and return it."""
        await eventually(lambda: self.said(kind), f"baresip: {kind}", self.log)
        return self.said(kind)[0]

    async def hears_digits(self, digits: str) -> None:
        """Wait until it got these digits, in this order."""

        def pressed() -> str:
            return "".join(str(event["param"]) for event in self.said("CALL_DTMF_START"))

        await eventually(lambda: pressed() == digits, f"the digits {digits}", pressed)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Keep its events; the body of a task."""
        buffer = b""
        while data := await reader.read(65536):
            buffer += data
            while (head := NETSTRING.match(buffer)) and len(buffer) > head.end() + int(head[1]):
                end = head.end() + int(head[1])
                message = json.loads(buffer[head.end() : end])
                buffer = buffer[end + 1 :]
                self.events.append(cast("dict[str, object]", message))

    def log(self) -> str:
        """What it printed."""
        return (self.directory / "log").read_text(errors="replace")[-3000:]

    @property
    def recorded_s(self) -> float:
        """Seconds of what it has heard so far, by the size of the growing file."""
        recordings = sorted(self.directory.glob("*dec.wav"))
        if not recordings or recordings[-1].stat().st_size < WAVE_HEADER:
            return 0.0
        rate = int.from_bytes(recordings[-1].read_bytes()[24:28], "little")
        return (recordings[-1].stat().st_size - WAVE_HEADER) / 2 / rate

    async def listens_for(self, seconds: float) -> None:
        """Wait until it has recorded so much more."""
        until_s = self.recorded_s + seconds
        await eventually(lambda: self.recorded_s >= until_s, "sound at the caller", self.log)

    def heard(self) -> "Heard":
        """What it heard, after the call."""
        recordings = sorted(self.directory.glob("*dec.wav"))
        assert recordings, f"baresip recorded nothing\n{self.log()}"
        with wave.open(str(recordings[-1])) as file:
            frames = file.readframes(file.getnframes())
            return Heard(np.frombuffer(frames, dtype="<i2") / 32768, file.getframerate())


class Heard:
    """A recording, taken apart into tones half a second at a time."""

    def __init__(self, samples: Samples, rate_hz: int) -> None:
        self._samples, self._rate_hz = samples, rate_hz

    def loudest_dbfs(self, hz: float) -> float:
        """The level of a tone in the half second where it is loudest."""
        window = self._rate_hz // 2
        starts = range(0, max(len(self._samples) - window, 1), window // 2)
        return max(self._tone_dbfs(self._samples[at : at + window], hz) for at in starts)

    def last_dbfs(self, hz: float) -> float:
        """The level of a tone at the end."""
        return self._tone_dbfs(self._samples[-self._rate_hz // 2 :], hz)

    def _tone_dbfs(self, samples: Samples, hz: float) -> float:
        """The level of one frequency by FFT; 0 is a sine of full scale."""
        assert len(samples) >= self._rate_hz // 4, "too short to tell a tone"
        scale = len(samples) / 4  # a Hann window halves the amplitude
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / scale
        bins = np.fft.rfftfreq(len(samples), 1 / self._rate_hz)
        near = spectrum[np.abs(bins - hz) < NEAR_HZ]
        return float(20 * np.log10(max(near.max(), SILENCE)))


def write_files(directory: Path, port_base: int, account: str, tone_hz: float = TONE_HZ) -> None:
    """What a baresip reads when it starts."""
    directory.mkdir(exist_ok=True)
    (directory / "contacts").touch()
    (directory / "accounts").write_text(account + "\n")
    (directory / "config").write_text(
        f"poll_method epoll\nsip_listen 127.0.0.1:{port_base}\nnet_interface 127.0.0.1\n"
        f"rtp_ports {port_base + 10}-{port_base + 30}\n"
        f"audio_source ausine,{tone_hz:.0f}\naudio_player aubridge,ear\n"
        "ausrc_srate 48000\nausrc_channels 2\nauplay_srate 48000\nauplay_channels 1\n"
        f"snd_path {directory}\nmodule_path {MODULES}\n"
        # One codec: when a re-INVITE changes it, this baresip loses its resampler and squeaks.
        "module g722.so\nmodule ausine.so\nmodule aubridge.so\n"
        "module sndfile.so\nmodule_tmp account.so\nmodule_app menu.so\n"
        f"module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{port_base + 2}\n"
    )


@asynccontextmanager
async def baresip_at(
    directory: Path,
    port_base: int,
    uri: str,
    password: str = "",
    *,
    registers: bool = False,
    tone_hz: float = TONE_HZ,
) -> AsyncIterator[Baresip]:
    """A running baresip.

    Args:
        directory: for its configuration, log and recordings.
        port_base: it uses this for SIP, the next for SIP over TLS, the third for control.
        uri: who it is.
        password: for calls through a PBX.
        registers: so that it can be called through the PBX.
        tone_hz: what it says.
    """
    secret = f";auth_pass={password}" if password else ""
    write_files(directory, port_base, f"<{uri}>;regint={300 if registers else 0}{secret}", tone_hz)
    phone = Baresip(directory)
    process = phone.start()
    try:
        await eventually(lambda: "baresip is ready" in phone.log(), "baresip starts", phone.log)
        async with phone.control(port_base + 2):
            yield phone
    finally:
        process.kill()  # asked nicely, it would wait half a minute for an answer to its BYE
        await asyncio.to_thread(process.wait)


class Sipp:
    """One sipp call through a PBX; it sends back every sound packet it gets."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def succeeds(self) -> None:
        """Wait until its scenario has come to its end, as written."""
        out, _ = await asyncio.wait_for(self._process.communicate(), 30)
        text = out.decode(errors="replace")[-3000:]
        assert self._process.returncode == 0, f"sipp: status {self._process.returncode}\n{text}"


@asynccontextmanager
async def sipp_calls(
    directory: Path, port_base: int, server: str, caller: str, number: str, password: str
) -> AsyncIterator[Sipp]:
    """A sipp that calls a number at once, talks for three seconds and hangs up."""
    process = await asyncio.create_subprocess_exec(
        *(find("sipp"), server, "-sf", str(SIPP / "call.xml"), "-s", number),
        *("-au", caller, "-ap", password, "-key", "ext", caller, "-i", "127.0.0.1"),
        *("-p", str(port_base), "-mi", "127.0.0.1", "-mp", str(port_base + 40)),
        *("-m", "1", "-nostdin", "-rtp_echo"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=directory,
    )
    try:
        yield Sipp(process)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
