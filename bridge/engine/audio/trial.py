"""Trying the devices without an engine: a level meter, a tone, a recording played back.

For the command line: everything here blocks. Sound servers let several programs use a device, so
this disturbs no running call; bare ALSA says that the device is busy.
"""

import math
import os
import select
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from bridge.engine.audio.child import Child, Pipe
from bridge.engine.audio.health import Part
from bridge.engine.audio.pcm import FRAME_S, frame_bytes, level_dbfs, peak_dbfs, samples
from bridge.engine.audio.programs import dying_with_us, plain_environment
from bridge.engine.audio.route import Launch
from bridge.engine.audio.tunes import Note, sounded
from bridge.model.errors import DeviceBusy, TransportError
from bridge.model.redaction import printable

READ_BYTES = 4096
STALL_S = 3.0  # a recorder gives something every 20 ms; a hung server gives nothing
GRACE_S = 4.0  # a player is silent 0.3 s before it begins, and plays what is in its buffers
METER_FRAMES = 10  # 0.2 s: slower than the eye, faster than a word

BUSY = "busy"  # ALSA's EBUSY: "Device or resource busy"

TEST_NOTES: list[Note] = [
    ((523.25,), 0.25, -16.0),
    ((659.25,), 0.25, -16.0),
    ((783.99,), 0.5, -16.0),
    ((), 0.2, 0.0),  # what a player loses at its end shall be silence
]


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a stretch of sound was.

    Args:
        rms_dbfs: 0 for a sine of full scale, -120 at least.
        peak_dbfs: loudest sample, 0 for full scale: above -1 it is overdriven.
    """

    rms_dbfs: float
    peak_dbfs: float


def level_of(data: bytes) -> Level:
    """Return the level of frames."""
    values = samples(data)
    return Level(level_dbfs(values), peak_dbfs(values))


def rising_notes(rate_hz: int) -> bytes:
    """Return three rising notes, 1.2 s."""
    return sounded(TEST_NOTES, rate_hz)


def recorded(launch: Launch, rate_hz: int) -> Generator[bytes, None, None]:
    """Yield frames of a microphone for as long as somebody wants them.

    Args:
        launch: what to start, of ``Route.launch``.
        rate_hz: of the frames.

    Raises:
        DeviceBusy: somebody else has the device.
        TransportError: it cannot be opened, or gives nothing.
    """
    child = _start(launch)
    why = ""
    try:
        yield from _frames(child, frame_bytes(rate_hz))
    except TimeoutError as error:
        why = str(error)
    finally:
        complaint = child.finish()
    raise trouble(Part.MICROPHONE, why or complaint)


def _start(launch: Launch) -> Child:
    if not launch.command:
        raise TransportError(launch.trouble)
    try:
        return Child(launch.command, Pipe.OUTPUT)
    except OSError as error:
        raise TransportError(f"cannot start {launch.command[0]}: {error.strerror}") from error


def _frames(child: Child, size: int) -> Iterator[bytes]:
    """Yield frames until the program ends."""
    poller = select.poll()
    poller.register(child.fd, select.POLLIN)
    rest = b""
    while poller.poll(STALL_S * 1000):
        data = os.read(child.fd, READ_BYTES)
        if not data:
            return
        rest += data
        whole = len(rest) - len(rest) % size
        yield from (rest[start : start + size] for start in range(0, whole, size))
        rest = rest[whole:]
    raise TimeoutError(f"nothing came for {STALL_S:.0f} s; look at the sound server")


def trouble(part: Part, reason: str) -> TransportError:
    """Return what a program said as a sentence with the way out."""
    said = printable(reason, 160)
    if BUSY in said.lower():
        return DeviceBusy(
            f"the {part.value} is busy: another program has it, and bare ALSA does not share "
            f"({said}); end that program, or let PulseAudio or PipeWire have the card"
        )
    return TransportError(f"the {part.value} does not work: {said}")


def levels(frames: Iterator[bytes], seconds: float | None) -> Iterator[Level]:
    """Yield the level of each 0.2 s.

    Args:
        frames: of 20 ms.
        seconds: how long, None = for ever.
    """
    wanted = None if seconds is None else math.ceil(seconds / FRAME_S)
    for frame in (limited := islice(frames, wanted)):
        yield level_of(b"".join(chain((frame,), islice(limited, METER_FRAMES - 1))))


def play(launch: Launch, part: Part, data: bytes, rate_hz: int) -> None:
    """Play samples to their end.

    Args:
        launch: what to start, of ``Route.launch``.
        part: speaker or ringer, for the sentence.
        data: 16-bit samples.
        rate_hz: of them.

    Raises:
        DeviceBusy: somebody else has the device.
        TransportError: it cannot be opened, or takes nothing.
    """
    if not launch.command:
        raise TransportError(launch.trouble)
    seconds = len(data) / frame_bytes(rate_hz) * FRAME_S
    try:
        done = subprocess.run(
            dying_with_us(launch.command),
            input=data,
            capture_output=True,
            timeout=seconds + GRACE_S,
            check=False,
            env=plain_environment(),
        )
    except OSError as error:
        raise TransportError(f"cannot start {launch.command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        late = f"{seconds:.0f} s of sound were not taken in {seconds + GRACE_S:.0f} s"
        raise trouble(part, f"{late}; look at the sound server") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise trouble(part, said[-1] if said else f"status {done.returncode}")
