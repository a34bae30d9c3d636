"""Echo cancellation by a real sound server: an echo path of its own, measured with and without."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bridge.engine.audio import line, list_devices
from bridge.model.sound import EchoCancel, SoundBackend

from .conftest import RATE_HZ, Bridge, PulseServer, wait_until

pytestmark = pytest.mark.needs("pulseaudio")

MakeBridge = Callable[..., Bridge]
ECHO_MS = 30  # how far away the wall is
QUIETER_DB = 15.0  # at least; 20 to 30 were measured without suppression of noise, 45 with it
PATIENCE_S = 30.0  # a canceller learns in a second, and anew whenever a loaded machine stutters
BAND_HZ = (300, 3400)

NOISE = np.random.default_rng(1).normal(0, 4000, RATE_HZ).clip(-32000, 32000).astype("<i2")


def noise_in_words(count: int) -> bytes:
    """Say noise for 0.24 s of each 0.32 s: a canceller takes what never changes for a hum."""
    frame = NOISE[count % RATE_HZ :][:320] if count // 320 % 16 < 12 else np.zeros(320, "<i2")
    return bytes(frame.tobytes())


def level_dbfs(heard: bytes) -> float:
    """Level in the band of speech, by FFT."""
    sound = np.frombuffer(heard, "<i2") / 32768
    if len(sound) < RATE_HZ:
        return 0.0
    power = np.abs(np.fft.rfft(sound) / len(sound)) ** 2
    low, high = (hz * len(sound) // RATE_HZ for hz in BAND_HZ)
    return float(10 * np.log10(2 * power[low:high].sum() + 1e-12))


def cancellers(server: PulseServer) -> list[str]:
    """The modules that are loaded, whoever loaded them."""
    rows = server.ctl("list", "short", "modules").stdout.splitlines()
    return [row for row in rows if "module-echo-cancel" in row]


def in_a_call(make: MakeBridge, **settings: object) -> Bridge:
    """A rig in a call whose microphone and speaker work."""
    one = make(**settings)
    one.rig.open()
    assert wait_until(lambda: one.rig.stats().captured > 5 and one.rig.stats().played > 5), one.note
    return one


def test_the_echo_is_quieter_with_it_than_without(pulse: PulseServer, bridge: MakeBridge) -> None:
    echo_path = ("module-loopback", "source=ear.monitor", "sink=mouth", f"latency_msec={ECHO_MS}")
    pulse.ctl("load-module", *echo_path)
    plain = in_a_call(bridge)
    plain.says = noise_in_words
    assert wait_until(lambda: -40 < level_dbfs(plain.heard) < 0)
    assert wait_until(lambda: len(plain.heard) == 2 * RATE_HZ)
    before_db = level_dbfs(plain.heard)
    plain.rig.shut()
    one = in_a_call(bridge, echo_cancel=EchoCancel.SERVER, noise_suppression=False)
    one.says = noise_in_words
    quiet = wait_until(lambda: level_dbfs(one.heard) < before_db - QUIETER_DB, PATIENCE_S)
    assert quiet, (before_db, level_dbfs(one.heard))
    assert one.is_ok
    with pulse.listening("ear") as ear:
        assert wait_until(lambda: ear.level_dbfs() > -30), "and the far end is heard"


def test_who_speaks_is_heard_through_it(pulse: PulseServer, bridge: MakeBridge) -> None:
    one = in_a_call(bridge, echo_cancel=EchoCancel.SERVER, noise_suppression=False)
    with pulse.playing(440):
        assert wait_until(lambda: one.hears(440))


def test_the_server_has_it_in_calls_only(pulse: PulseServer, bridge: MakeBridge) -> None:
    one = in_a_call(bridge, echo_cancel=EchoCancel.SERVER)
    assert len(cancellers(pulse)) == 1
    assert "ear.monitor" in {d.name for d in list_devices()}
    assert not [d.name for d in list_devices() if "offhook" in d.name], "it is nobody's choice"
    one.rig.shut()
    assert wait_until(lambda: cancellers(pulse) == [])
    one.rig.open()
    assert wait_until(lambda: len(cancellers(pulse)) == 1)
    one.rig.close()
    assert cancellers(pulse) == []


@pytest.mark.parametrize(
    ("chosen", "expected"), [(EchoCancel.OFF, 0), (EchoCancel.AUTO, 0), (EchoCancel.SERVER, 1)]
)
def test_a_speaker_nobody_knows_is_left_alone_unless_asked_for(
    pulse: PulseServer, bridge: MakeBridge, chosen: EchoCancel, expected: int
) -> None:
    in_a_call(bridge, echo_cancel=chosen)
    assert len(cancellers(pulse)) == expected


def test_a_server_that_cancels_by_itself_does_so_only_when_wanted(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    pulse.ctl("load-module", "module-filter-heuristics")
    pulse.ctl("load-module", "module-filter-apply")
    in_a_call(bridge, echo_cancel=EchoCancel.OFF)
    assert cancellers(pulse) == []
    in_a_call(bridge, echo_cancel=EchoCancel.SERVER)
    assert len(cancellers(pulse)) == 1


def room_speaker(server: PulseServer) -> str:
    """Plug in a speakerphone; return its module."""
    name = "sink_name=room norewinds=1"
    properties = 'sink_properties="device.vendor.id=0b0e device.product.id=0412"'
    return server.ctl("load-module", "module-null-sink", *name.split(), properties).stdout.strip()


@pytest.mark.soak  # on an overloaded machine PulseAudio's module was silent for 10 s now and then
def test_a_speakerphone_has_it_and_the_headset_that_takes_over_does_not(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    room = room_speaker(pulse)
    pulse.ctl("set-default-sink", "room")
    one = in_a_call(bridge, speaker="", echo_cancel=EchoCancel.AUTO, speakerphones=("0b0e:0412",))
    assert len(cancellers(pulse)) == 1
    one.say_hz = 700
    with pulse.listening("room") as ear:
        assert wait_until(lambda: ear.tone_dbfs(700) > -30)
    pulse.ctl("set-default-sink", "bell")  # a headset was plugged in
    with pulse.listening("bell") as ear:
        assert wait_until(lambda: ear.tone_dbfs(700) > -30)
    assert wait_until(lambda: cancellers(pulse) == [])
    pulse.ctl("set-default-sink", "room")
    with pulse.listening("room") as ear:
        assert wait_until(lambda: ear.tone_dbfs(700) > -30)
    assert wait_until(lambda: len(cancellers(pulse)) == 1)
    pulse.ctl("unload-module", room)  # pulled
    with pulse.listening("bell") as bell, pulse.listening("mouth") as mouth:
        assert wait_until(lambda: max(e.tone_dbfs(700) for e in (bell, mouth)) > -30)
    assert wait_until(lambda: cancellers(pulse) == [])
    assert wait_until(lambda: one.is_ok), one.note


def test_what_somebody_unloads_in_a_call_is_loaded_again(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    one = in_a_call(bridge, echo_cancel=EchoCancel.SERVER)
    [row] = cancellers(pulse)
    pulse.ctl("unload-module", row.split("\t")[0])
    assert wait_until(lambda: len(cancellers(pulse)) == 1)
    assert cancellers(pulse) != [row]
    with pulse.playing(440):
        assert wait_until(lambda: one.hears(440))
    assert one.is_ok, one.note


def test_a_server_started_anew_cancels_again(pulse: PulseServer, bridge: MakeBridge) -> None:
    one = in_a_call(bridge, echo_cancel=EchoCancel.SERVER)
    pulse.kill()
    assert wait_until(lambda: not one.is_ok)
    pulse.start()
    assert wait_until(lambda: len(cancellers(pulse)) == 1)
    with pulse.playing(440):
        assert wait_until(lambda: one.hears(440))
    assert wait_until(lambda: one.is_ok), one.note


def test_a_server_without_the_module_is_told_once_and_the_call_goes_on(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.engine.audio.echo.MODULE", "module-not-there")
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    one = in_a_call(bridge, echo_cancel=EchoCancel.SERVER)
    with pulse.playing(440):
        assert wait_until(lambda: one.hears(440))
    one.rig.shut()
    one.rig.open()
    with pulse.playing(700):
        assert wait_until(lambda: one.hears(700))
    [notice] = one.notices
    assert notice.note.startswith(
        "echo cancellation does not work: the sound server cannot load module-not-there (Failure: "
    )
    assert "calls go on without" in notice.note


def test_bare_alsa_has_none_and_says_so_only_when_it_was_asked_for(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    asked = bridge(SoundBackend.ALSA, echo_cancel=EchoCancel.SERVER)
    usual = bridge(SoundBackend.ALSA, echo_cancel=EchoCancel.AUTO)
    for one in (asked, usual):
        one.rig.open()
    assert wait_until(lambda: "echo cancellation needs PulseAudio or PipeWire" in asked.note)
    assert wait_until(lambda: usual.rig.stats().captured > 5 or "lost" in usual.note)
    assert "echo" not in usual.note


OPEN_AND_WAIT = """
import time
from bridge.engine.audio.health import Health
from bridge.engine.audio.rig import make_rig
from bridge.model.sound import EchoCancel, SoundSettings
settings = SoundSettings(
    microphone="mouth.monitor", speaker="ear", echo_cancel=EchoCancel.SERVER
)
rig = make_rig(settings, Health(print))
rig.open()
time.sleep(600)
"""


def test_what_a_killed_engine_left_is_taken_away_and_what_a_living_one_has_is_not(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    def engine() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", OPEN_AND_WAIT]
        return subprocess.Popen(command, cwd=Path(__file__).parents[2], env=os.environ)

    killed, living = engine(), engine()
    try:
        assert wait_until(lambda: len(cancellers(pulse)) == 2)
        killed.kill()
        killed.wait()
        bridge()  # an engine that starts, whatever its settings
        assert wait_until(lambda: len(cancellers(pulse)) == 1)
        assert f"offhook_echo_{living.pid}_" in cancellers(pulse)[0]
    finally:
        for one in (killed, living):
            one.kill()
            one.wait()
