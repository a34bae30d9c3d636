"""A call of ten minutes through a sound server: no frame is dropped while the load is normal.

Two real engines, microphones and speakers are null sinks of a private PulseAudio. Where others keep
the machine busy beyond its cores nothing can be said: the test tells the figures and is skipped.
"""

import asyncio
import os

import pytest

from bridge.model.sound import SoundBackend, SoundSettings, SoundStats
from tests.engine.phones import Phone, connect, quiet_settings
from tests.engine_audio.conftest import PulseServer, pulse

pytestmark = [pytest.mark.sip, pytest.mark.needs("pulseaudio"), pytest.mark.timeout(900)]
__all__ = ["pulse"]

MINUTES = 10
FRAMES = MINUTES * 60 * 50
NORMAL_LOAD = 1.0  # runnable threads a core; above it somebody waits for the processor
GAPS = (
    2 * MINUTES
)  # of 20 ms, filled by the last frame fading: a virtual machine stalls now and then


def phone(name: str) -> Phone:
    sound = SoundSettings(SoundBackend.PULSE, f"{name}.monitor", f"{name}_ear", rate_hz=16000)
    return Phone(name, quiet_settings(sound=sound, codecs=("G722", "PCMA")))


def since(now: SoundStats, then: SoundStats) -> dict[str, int]:
    """What was counted meanwhile."""
    names = ("captured", "played", "underruns", "overruns", "speaker_drops", "restarts")
    return {name: getattr(now, name) - getattr(then, name) for name in names}


async def test_ten_minutes_without_a_dropped_frame(pulse: PulseServer) -> None:
    for sink in ("anna", "anna_ear", "bert", "bert_ear"):
        pulse.ctl("load-module", "module-null-sink", f"sink_name={sink}", "norewinds=1")
    busiest = 0.0
    async with phone("anna") as anna, phone("bert") as bert:
        with pulse.playing(440, "anna"), pulse.playing(700, "bert"):
            await connect(anna, bert)
            await asyncio.sleep(5)  # devices open, buffers find their level
            before = [await one.engine.sound_stats() for one in (anna, bert)]
            for _ in range(MINUTES):
                await asyncio.sleep(60)
                busiest = max(busiest, os.getloadavg()[0] / (os.cpu_count() or 1))
            after = [await one.engine.sound_stats() for one in (anna, bert)]
    counted = [since(now, then) for now, then in zip(after, before, strict=True)]
    delays = [round(stats.delay_ms) for stats in after]
    said = f"{busiest:.1f} threads a core at the worst, {counted}, delay {delays} ms"
    print(said)
    if busiest > NORMAL_LOAD:
        pytest.skip(f"this machine was overloaded: {said}")
    assert all(one["captured"] > 0.99 * FRAMES for one in counted), said
    dropped = [one["overruns"] + one["speaker_drops"] + one["restarts"] for one in counted]
    assert dropped == [0, 0], said
    assert all(one["underruns"] <= GAPS for one in counted), said
