"""The tones of the demo, and what each end hears of the other."""

import asyncio
import time
from dataclasses import dataclass

from bridge.drivers.sip import SipEngine
from bridge.model.errors import TransportTimeout

HEADSET_HZ = 440.0  # spoken into the headset's microphone, heard by the caller
CALLER_HZ = 600.0  # spoken by the caller, heard in the headset

HEARD_DBFS = -30.0  # the tone is spoken at -12 dBFS; codecs take less than 1 dB of it
SILENT_DBFS = -50.0  # a muted G.722 line measures below -75
NOTHING_DBFS = -120.0

WINDOW_FRAMES = 10  # the engine measures the last 200 ms
WINDOW_S = 0.6  # three windows: by then frames have come, or none will
POLL_S = 0.02  # one frame


@dataclass(frozen=True, slots=True)
class Levels:
    """What is heard, in dBFS of the other end's tone."""

    headset: float
    caller: float


async def level(engine: SipEngine) -> float:
    """Return the level of the tone at one end, over a window that began after the question.

    A speaker that gets no sound at all hears nothing, whatever it heard before.
    """
    began_s = time.monotonic()
    try:
        first = await engine.sound_stats()
        while time.monotonic() - began_s < WINDOW_S:
            await asyncio.sleep(POLL_S)  # figures are asked for, nobody sends them
            stats = await engine.sound_stats()
            if stats.played - first.played >= WINDOW_FRAMES and stats.tones:
                return stats.tones[0].dbfs
    except TransportTimeout:
        return NOTHING_DBFS
    return NOTHING_DBFS


async def levels(headset: SipEngine, caller: SipEngine) -> Levels:
    """Return what both ends hear, measured at the same time."""
    return Levels(*await asyncio.gather(level(headset), level(caller)))
