"""Sound as everybody outside the engine sees it: devices, settings, figures."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum


class SoundBackend(Enum):
    """Which way PCM reaches the ears. The values are those of the configuration."""

    AUTO = "auto"  # pulse, else alsa, else silent with one warning
    PULSE = "pulse"  # PulseAudio or PipeWire's pulse server
    ALSA = "alsa"  # bare ALSA, for machines without a sound server
    SILENT = "silent"  # calls without sound
    TEST = "test"  # tone generator for a microphone, measuring probe for a speaker
    ECHO = "echo"  # what the speaker gets, the microphone says: the far end of a loop call


class EchoCancel(Enum):
    """Whether the sound server takes the speaker out of the microphone. Values as configured."""

    OFF = "off"
    SERVER = "server"  # whatever the devices are
    AUTO = "auto"  # only where the speaker is known to stand in the room


class SoundKind(Enum):
    """Direction of a sound device."""

    MICROPHONE = "microphone"
    SPEAKER = "speaker"


class SoundPart(Enum):
    """What has a volume of its own."""

    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    RINGER = "ringer"


class Ring(Enum):
    """Which tone tells of a call."""

    OFF = "off"
    EXTERNAL = "external"  # on the ringer device
    INTERNAL = "internal"  # the same, for colleagues
    WAITING = "waiting"  # a beep in the ear: somebody calls while there is a call


class RingAt(Enum):
    """Where the ring tone is heard. The values are those of the configuration."""

    RINGER = "ringer"  # on the ringer device
    HEADSET = "headset"  # where calls are heard
    BOTH = "both"


class Notice(Enum):
    """Short tones in the ear, sounded once."""

    ANSWERED = "answered"  # a call was answered by itself: you are heard, or soon will be


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """One device that can be chosen.

    Args:
        name: stable name to put into the configuration, such as ``alsa_input.usb-…``.
        description: what a person calls it.
        kind: direction.
        is_default: the sound server uses it when no name is given.
        port: USB port where it is plugged in, such as ``1-2.3``; empty when not on USB.
        plugging: number that the sound server gave it when it was plugged in, another one each
            time; empty where nobody counts.
    """

    name: str
    description: str
    kind: SoundKind
    is_default: bool = False
    port: str = ""
    plugging: str = ""


TONE, NO_TONE = "tone", "off"
"""What may stand where a sound file may be named: made here, or silence."""


@dataclass(frozen=True, slots=True)
class Ringtones:
    """The tone of each kind of call: ``tone``, ``off``, or a WAV file (16 bit)."""

    external: str = TONE
    internal: str = TONE
    waiting: str = TONE

    def of(self, ring: Ring) -> str:
        """Return what a kind of call sounds like."""
        match ring:
            case Ring.EXTERNAL:
                return self.external
            case Ring.INTERNAL:
                return self.internal
            case Ring.WAITING:
                return self.waiting
            case Ring.OFF:
                return NO_TONE


VOLUME_FORM = (
    r"^((150|1[0-4][0-9]|[0-9]{1,2}) ?%?|-[0-9]{1,2}(\.[0-9])? ?dB|\+?([0-9]|10)(\.[0-9])? ?dB)$"
)
"""How a volume is written: ``70``, ``70 %``, ``-6 dB``, ``+3.5 dB``."""

MAX_FACTOR = 4.0  # +12 dB: more than a quiet microphone needs, and less than a way to do harm


def factor_of(volume: str) -> float:
    """Return what samples are multiplied by, 0..``MAX_FACTOR``.

    Per cent are those of sound servers: the factor is their cube, so that 50 % sounds about half as
    loud (PulseAudio, ``pa_sw_volume_to_linear``).

    Args:
        volume: of ``VOLUME_FORM``.

    Raises:
        ValueError: it is not.
    """
    if not re.match(VOLUME_FORM, volume):
        raise ValueError(f"found {volume[:40]!r}, expected 0 to 150 %, or -99 to +10 dB")
    if volume.endswith("dB"):
        factor = 10 ** (float(volume.removesuffix("dB")) / 20)
    else:
        factor = (float(volume.removesuffix("%")) / 100) ** 3
    return float(min(MAX_FACTOR, factor))


def percent_of(factor: float) -> int:
    """Return a factor as per cent, the opposite of ``factor_of``."""
    return round(100 * math.cbrt(factor))


@dataclass(frozen=True, slots=True)
class Volumes:
    """What the samples of each part are multiplied by, 0..``MAX_FACTOR``; 1 = as they are.

    A factor in our own path: the mixer of the system belongs to its user.
    """

    microphone: float = 1.0
    speaker: float = 1.0
    ringer: float = 1.0


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """What the engine shall use.

    Args:
        backend: the way to the devices.
        microphone, speaker: device names, empty for the default device.
        ringer: device name of the ring tone, empty for the default speaker.
        port: USB port of the headset whose own microphone and speaker come first; empty = none.
        echo_cancel: whether the sound server's echo canceller is used.
        noise_suppression: it takes steady noise out of the microphone as well.
        speakerphones: USB ids (``0b0e:0412``) of devices that stand in the room, for ``AUTO``.
        ring_port: the same of the headset that rings, where one shall.
        ring_at: where the ring tone is heard.
        rate_hz: rate of the conference bridge, 8000, 16000, 32000 or 48000.
        keep_open: keep microphone and speaker open between calls (faster start, but the
            microphone indicator of the desktop stays on).
        hold_music: for the other end while we hold: ``tone``, ``off``, or a WAV file (16 bit).
        ringtones: of each kind of call.
        volumes: of microphone, speaker and ringer.
        key_tones: digits sent in a call are heard in the ear.
        test_tone_hz: what the microphone of the test backend says, 0 for silence.
        test_listen_hz: frequencies whose level the probe of the test backend measures.
        test_bursts: the tone of the test backend comes in bursts, and their way back is timed;
            ``tones`` of the figures is the level of the last that came back.
    """

    backend: SoundBackend = SoundBackend.AUTO
    microphone: str = ""
    speaker: str = ""
    ringer: str = ""
    port: str = ""
    echo_cancel: EchoCancel = EchoCancel.OFF
    noise_suppression: bool = True
    speakerphones: tuple[str, ...] = ()
    ring_port: str = ""
    ring_at: RingAt = RingAt.RINGER
    rate_hz: int = 16000
    keep_open: bool = False
    hold_music: str = TONE
    ringtones: Ringtones = field(default_factory=Ringtones)
    volumes: Volumes = field(default_factory=Volumes)
    key_tones: bool = True
    test_tone_hz: float = 0.0
    test_listen_hz: tuple[float, ...] = ()
    test_bursts: bool = False


@dataclass(frozen=True, slots=True)
class ToneLevel:
    """Level of one frequency in what the speaker got lately.

    Args:
        hz: frequency.
        dbfs: 0 for a sine of full scale, -120 at least.
    """

    hz: float
    dbfs: float


@dataclass(frozen=True, slots=True)
class SoundStats:
    """Figures of the sound side since the engine started.

    Args:
        backend: what is used; never ``AUTO``.
        running: a call has audio, or devices are kept open.
        microphone_ok, speaker_ok: the device gives and takes sound (true when not running).
        ringing: the ring tone sounds.
        captured, played: frames of 20 ms.
        underruns: times the microphone was late and silence was sent instead.
        overruns: microphone frames dropped because the bridge was late by more than 0.5 s.
        drift_drops: cuts of 10 to 20 ms because one clock runs faster than the other, or to make up
            for a stall.
        speaker_drops: frames the speaker could not take.
        restarts: times a device was opened again after it was lost.
        delay_ms: sound waiting in our buffers, both directions, now.
        rms_dbfs: level of the last 200 ms at the speaker; -120 except with the test backend.
        tones: levels at ``test_listen_hz``; empty except with the test backend.
        round_trips_ms: how long each of the last bursts took there and back, oldest first.
        joined: a call hears the microphone and is heard, so the clock has to tick.
        ticks: times the clock called on our ports since the engine started.
    """

    backend: SoundBackend
    running: bool
    microphone_ok: bool
    speaker_ok: bool
    ringing: bool
    captured: int = 0
    played: int = 0
    underruns: int = 0
    overruns: int = 0
    drift_drops: int = 0
    speaker_drops: int = 0
    restarts: int = 0
    delay_ms: float = 0.0
    rms_dbfs: float = -120.0
    tones: tuple[ToneLevel, ...] = ()
    round_trips_ms: tuple[float, ...] = ()
    joined: bool = False
    ticks: int = 0


def together(parts: Sequence[SoundStats]) -> SoundStats:
    """Return the figures of engines side by side as those of one.

    What is counted is added, the delay is the longest, and the levels are those of the first that
    sounds: one is heard at a time.

    Args:
        parts: one at least.
    """
    first = next((stats for stats in parts if stats.running), parts[0])
    return replace(
        first,
        microphone_ok=all(stats.microphone_ok for stats in parts),
        speaker_ok=all(stats.speaker_ok for stats in parts),
        ringing=any(stats.ringing for stats in parts),
        captured=sum(stats.captured for stats in parts),
        played=sum(stats.played for stats in parts),
        underruns=sum(stats.underruns for stats in parts),
        overruns=sum(stats.overruns for stats in parts),
        drift_drops=sum(stats.drift_drops for stats in parts),
        speaker_drops=sum(stats.speaker_drops for stats in parts),
        restarts=sum(stats.restarts for stats in parts),
        delay_ms=max(stats.delay_ms for stats in parts),
        joined=any(stats.joined for stats in parts),
        ticks=sum(stats.ticks for stats in parts),
    )
