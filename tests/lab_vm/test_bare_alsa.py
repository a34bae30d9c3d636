"""Sound cards of the kernel without a sound server, by the way an engine takes to them (snd-aloop).

What is played on device 1 of such a card is heard on its device 0, and the other way. The VM is
emulated and some twenty times slower than its machine: a call through two such cards was tried
there and its tone did not survive the gaps, so what is shown is that a card is listed, opened,
heard and sounds, and that one somebody else has is told as busy.
"""

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from itertools import islice

import pytest

from bridge.engine.audio import list_devices, pcm
from bridge.engine.audio.health import Part
from bridge.engine.audio.route import Route
from bridge.engine.audio.trial import play, recorded
from bridge.model.errors import DeviceBusy
from bridge.model.sound import SoundBackend, SoundSettings
from tests.lab.virtual_usb import loopback_cards

pytestmark = [pytest.mark.needs("alsa-utils"), pytest.mark.timeout(300)]

RATE_HZ = 16000
RAW = ("-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE_HZ), "-c", "1")
CARD = "Anna"
OURS, THEIRS = (f"plughw:CARD={CARD},DEV={side}" for side in (0, 1))
STEP = 10  # frames, 0.2 s


@pytest.fixture(scope="module", autouse=True)
def card() -> None:
    """A card with a side for us and one for the test."""
    loopback_cards([CARD])


def route() -> Route:
    """As the engine has it, with the card by its stable name."""
    return Route(SoundSettings(SoundBackend.ALSA, OURS, OURS, OURS, rate_hz=RATE_HZ))


def tone(seconds: float) -> bytes:
    return pcm.to_bytes(pcm.sine(440, RATE_HZ, 0, round(RATE_HZ * seconds), -6))


@contextlib.contextmanager
def saying_a_tone() -> Iterator[None]:
    """Say 440 Hz into the microphone of the card."""
    player = subprocess.Popen(["aplay", *RAW, "-D", THEIRS], stdin=subprocess.PIPE)
    assert player.stdin is not None
    write, second = player.stdin.write, tone(1)

    def feed() -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                write(second)

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield
    finally:
        player.kill()
        player.wait()
        thread.join(30)


def loudest_dbfs(data: bytes) -> float:
    """The loudest 440 Hz in any 0.2 s: between gaps of a slow machine."""
    size = pcm.frame_bytes(RATE_HZ) * STEP
    pieces = (pcm.samples(data[i : i + size]) for i in range(0, len(data) - size, size))
    return max((pcm.tone_dbfs(one, 440, RATE_HZ) for one in pieces), default=-120.0)


def test_the_card_is_listed_by_its_stable_name() -> None:
    assert OURS in {device.name for device in list_devices(SoundBackend.ALSA)}


def test_its_microphone_is_heard() -> None:
    with saying_a_tone():
        frames = recorded(route().launch(Part.MICROPHONE, fall_back=False), RATE_HZ)
        with contextlib.closing(frames):
            heard = b"".join(islice(frames, 200))
    assert loudest_dbfs(heard) > -30


def test_its_speaker_sounds() -> None:
    command = ["arecord", *RAW, "-D", THEIRS, "--buffer-time", "2000000"]
    recorder = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        play(route().launch(Part.SPEAKER, fall_back=False), Part.SPEAKER, tone(4), RATE_HZ)
    finally:
        recorder.terminate()
        heard, _ = recorder.communicate()
    assert loudest_dbfs(heard) > -30


def test_a_card_that_somebody_else_has_is_told_as_busy() -> None:
    holder = recorded(route().launch(Part.MICROPHONE, fall_back=False), RATE_HZ)
    with contextlib.closing(holder), saying_a_tone():
        next(holder)
        second = recorded(route().launch(Part.MICROPHONE, fall_back=False), RATE_HZ)
        with pytest.raises(DeviceBusy, match="the microphone is busy"):
            next(second)
