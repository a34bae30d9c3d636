"""A call of ten minutes through a sound server: no frame is dropped while the load is normal.

Two real engines, microphones and speakers are null sinks of a private PulseAudio. Where others keep
the machine busy beyond its cores nothing can be said: the test tells the figures and is skipped.

Beside the call runs the floor: a plain recorder of the same sound, with no telephone. When even
that gets nothing for longer than a telephone keeps ready, the machine itself stood still, and that
moment is missing for everybody. Such a gap is no fault of ours; a dropped frame afterwards would
be, since what was said meanwhile is all there and can be told a little faster.
"""

import asyncio
import os
from contextlib import closing
from itertools import pairwise

import pytest

from bridge.engine.audio.pcm import FRAME_S
from bridge.model.sound import SoundBackend, SoundSettings, SoundStats
from tests.engine.phones import Phone, connect, quiet_settings
from tests.engine_audio.conftest import PulseServer, pulse
from tests.engine_audio.measure import Tap

pytestmark = [pytest.mark.sip, pytest.mark.needs("pulseaudio"), pytest.mark.timeout(900)]
__all__ = ["pulse"]

MINUTES = 10
FRAMES = MINUTES * 60 * 50
NORMAL_LOAD = 1.0  # runnable threads a core; above it somebody waits for the processor
GAPS = 2 * MINUTES  # of 20 ms, filled by the last frame fading, beyond those of the floor
STOOD_STILL_S = 0.06  # without a word for so long a telephone that keeps two frames ready has none
FASTER = 0.01  # of the time may be told faster, beyond what the floor stood still


def phone(name: str) -> Phone:
    sound = SoundSettings(SoundBackend.PULSE, f"{name}.monitor", f"{name}_ear", rate_hz=16000)
    return Phone(name, quiet_settings(sound=sound, codecs=("G722", "PCMA")))


def since(now: SoundStats, then: SoundStats) -> dict[str, int]:
    """What was counted meanwhile."""
    names: tuple[str, ...] = ("captured", "played", "underruns", "overruns", "speaker_drops")
    names += ("drift_drops", "restarts")
    return {name: getattr(now, name) - getattr(then, name) for name in names}


def stalls_s(floor: Tap) -> list[float]:
    """How long nothing came, each time that it was too long for any telephone."""
    gaps = (after - before for before, after in pairwise(floor.arrivals()))
    return [gap for gap in gaps if gap > STOOD_STILL_S]


async def test_ten_minutes_without_a_dropped_frame(pulse: PulseServer) -> None:
    for sink in ("anna", "anna_ear", "bert", "bert_ear"):
        pulse.ctl("load-module", "module-null-sink", f"sink_name={sink}", "norewinds=1")
    busiest = 0.0
    async with phone("anna") as anna, phone("bert") as bert:
        with pulse.playing(440, "anna"), pulse.playing(700, "bert"):
            await connect(anna, bert)
            await asyncio.sleep(5)  # devices open, buffers find their level
            before = [await one.engine.sound_stats() for one in (anna, bert)]
            with closing(Tap("anna", pulse.environment)) as floor:
                for _ in range(MINUTES):
                    await asyncio.sleep(60)
                    busiest = max(busiest, os.getloadavg()[0] / (os.cpu_count() or 1))
            after = [await one.engine.sound_stats() for one in (anna, bert)]
    counted = [since(now, then) for now, then in zip(after, before, strict=True)]
    delays = [round(stats.delay_ms) for stats in after]
    stalls = stalls_s(floor)
    said = (
        f"{busiest:.1f} threads a core at the worst; the floor stood still {len(stalls)} times, "
        f"{sum(stalls):.1f} s in all, {max(stalls, default=0):.2f} s at the worst; "
        f"{counted}, delay {delays} ms"
    )
    print(said)
    if busiest > NORMAL_LOAD:
        pytest.skip(f"this machine was overloaded: {said}")
    assert all(one["captured"] > 0.99 * FRAMES for one in counted), said
    dropped = [one["overruns"] + one["speaker_drops"] + one["restarts"] for one in counted]
    assert dropped == [0, 0], said
    assert all(one["underruns"] <= GAPS + len(stalls) for one in counted), said
    faster = 2 * (sum(stalls) / FRAME_S + FASTER * FRAMES)  # both ways
    assert all(one["drift_drops"] <= faster for one in counted), said
