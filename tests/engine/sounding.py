"""Phones that say a tone, and files that hold one."""

import math
import struct
import wave
from pathlib import Path

from bridge.model.engine import AccountSettings, Dtmf, RecordingSettings
from bridge.model.sound import SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, quiet_settings
from tests.engine.tones import hears, loud, silent

A, B, C = 500.0, 1100.0, 1900.0
MUSIC = 700.0
BEEP, WAITING, NOTICE = 1400.0, 425.0, 880.0
MELODY = 523.0
LISTEN = (A, B, C, MUSIC, BEEP, WAITING, NOTICE, MELODY, 697.0, 1209.0, 941.0, 1477.0)


def faint(dbfs: float) -> bool:
    """As loud as beeps and music made here are."""
    return dbfs > -40.0


def telephone(user: str, hz: float, **more: object) -> Phone:
    recording = more.pop("recording", RecordingSettings())
    dtmf = more.pop("dtmf", Dtmf.RFC4733)
    sound = SoundSettings(
        backend=SoundBackend.TEST,
        test_tone_hz=hz,
        test_listen_hz=LISTEN,
        **more,  # type: ignore[arg-type]  # by name
    )
    settings = quiet_settings(sound=sound, recording=recording, codecs=("G722", "PCMA"))
    return Phone(user, settings, [AccountSettings(LINE, user, dtmf=dtmf)])  # type: ignore[arg-type]


def write_tone(path: Path, hz: float, rate_hz: int, channels: int, seconds: float = 2.0) -> str:
    count = int(rate_hz * seconds)
    values = [round(8000 * math.sin(2 * math.pi * hz * i / rate_hz)) for i in range(count)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        for value in values:
            file.writeframesraw(struct.pack("<h", value) * channels)
    return str(path)


async def hear(phone: Phone, loud_at: tuple[float, ...], silent_at: tuple[float, ...]) -> None:
    for hz in loud_at:
        await hears(phone, hz, loud)
    for hz in silent_at:
        await hears(phone, hz, silent)
