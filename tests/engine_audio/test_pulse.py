"""Microphone, speaker and ringer on a real PulseAudio, through all that happens to it."""

import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.engine.audio import line, list_devices, rig
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.pcm import sine, to_bytes
from bridge.engine.audio.route import Meant, Route
from bridge.model.sound import Ring, Ringtones, SoundBackend, SoundKind, SoundSettings

from .conftest import Bridge, PulseServer, children_of, is_alive, sound_children, wait_until

pytestmark = pytest.mark.needs("pulseaudio")

MakeBridge = Callable[..., Bridge]


def opened(make: MakeBridge, **settings: object) -> Bridge:
    """A rig in a call whose microphone and speaker work."""
    one = make(**settings)
    one.rig.open()
    assert wait_until(lambda: one.rig.stats().captured > 5 and one.rig.stats().played > 5)
    return one


def test_the_microphone_is_heard(pulse: PulseServer, bridge: MakeBridge) -> None:
    with pulse.playing(440):
        one = opened(bridge)
        assert wait_until(lambda: one.hears(440))
        assert not one.hears(1000)
        assert one.notices == []


def test_the_speaker_sounds(pulse: PulseServer, bridge: MakeBridge) -> None:
    with pulse.listening("ear") as ear:
        one = opened(bridge)
        one.say_hz = 700
        assert wait_until(lambda: ear.tone_dbfs(700) > -20)
        assert one.notices == []
        assert one.rig.stats().speaker_drops == 0, "what came while it opened is not lost"


def test_devices_are_closed_between_calls(pulse: PulseServer, bridge: MakeBridge) -> None:
    one = bridge()
    assert sound_children() == []
    one.rig.open()
    assert wait_until(lambda: len(sound_children()) == 2)
    one.rig.shut()
    assert wait_until(lambda: sound_children() == [])
    assert not one.rig.stats().running
    assert one.rig.stats().backend is SoundBackend.PULSE, "closed, not lost"
    assert one.notices == []


def test_opening_and_closing_in_a_hurry_leaves_nothing_running(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    one = bridge()
    for _ in range(10):
        one.rig.open()
        one.rig.shut()
    assert wait_until(lambda: sound_children() == [])
    assert one.is_ok


def test_a_killed_sound_server_is_told_and_the_sound_comes_back(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    with pulse.playing(440):
        one = opened(bridge)
        assert wait_until(lambda: one.hears(440))
    pulse.kill()
    assert wait_until(lambda: not one.is_ok)
    assert wait_until(lambda: "the sound server does not answer" in one.note)
    assert wait_until(one.hears_nothing)
    pulse.start()
    with pulse.playing(440), pulse.listening("ear") as ear:
        assert wait_until(lambda: one.hears(440))
        one.say_hz = 700
        assert wait_until(lambda: ear.tone_dbfs(700) > -20)
    assert wait_until(lambda: one.is_ok)
    assert one.rig.stats().restarts >= 2
    assert one.longest_s < 0.5  # nothing waits for a dead server on the clock's thread


def test_a_hung_sound_server_is_told_and_the_sound_comes_back(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    one = opened(bridge)
    pulse.kill(signal.SIGSTOP)
    assert wait_until(lambda: not one.is_ok)
    pulse.kill(signal.SIGCONT)
    with pulse.playing(440):
        assert wait_until(lambda: one.hears(440), 15)
    assert wait_until(lambda: one.is_ok)
    assert one.longest_s < 0.5


def test_killed_programs_are_started_again(pulse: PulseServer, bridge: MakeBridge) -> None:
    one = opened(bridge)
    for pid, command in children_of(os.getpid()).items():
        os.kill(pid, signal.SIGKILL if "client-name=offhook" in command else 0)
    assert wait_until(lambda: not one.is_ok)
    assert "lost" in one.note
    assert "trying again" in one.note
    assert wait_until(lambda: one.is_ok)
    with pulse.playing(440):
        assert wait_until(lambda: one.hears(440))


def test_an_unknown_speaker_falls_back_to_the_default_one(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    pulse.ctl("set-default-sink", "bell")
    one = opened(bridge, speaker="headset")
    one.say_hz = 700
    with pulse.listening("bell") as bell:
        assert wait_until(lambda: bell.tone_dbfs(700) > -20)
    told = "speaker 'headset' is not there; using the default one; there are: mouth, ear, bell"
    assert wait_until(lambda: one.note == told), one.note
    assert len(one.notices) == 1


def test_a_device_that_comes_back_in_a_call_is_used_again(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    one = opened(bridge, speaker="headset")
    assert wait_until(lambda: not one.is_ok)
    pulse.ctl("load-module", "module-null-sink", "sink_name=headset", "norewinds=1")
    one.say_hz = 700
    with pulse.listening("headset") as headset:
        assert wait_until(lambda: headset.tone_dbfs(700) > -20)
    assert wait_until(lambda: one.is_ok)


def test_a_device_pulled_in_a_call_does_not_end_the_sound(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    one = opened(bridge)
    modules = pulse.ctl("list", "short", "modules").stdout.splitlines()
    ear = next(row.split()[0] for row in modules if "sink_name=ear" in row)
    pulse.ctl("unload-module", ear)
    one.say_hz = 700
    with pulse.listening("mouth") as mouth:  # the default sink
        assert wait_until(lambda: mouth.tone_dbfs(700) > -20)


def test_a_headset_by_name_pulled_in_a_call_gives_way_to_the_default_and_returns(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    pulse.ctl("set-default-sink", "bell")
    headset = ("load-module", "module-null-sink", "sink_name=headset", "norewinds=1")
    module = pulse.ctl(*headset).stdout.strip()
    one = opened(bridge, microphone="headset.monitor", speaker="headset")
    one.say_hz = 700
    with pulse.listening("headset") as ear:
        assert wait_until(lambda: ear.tone_dbfs(700) > -20), "though it is not the default"
        assert wait_until(lambda: one.hears(700)), "what it plays is what it hears"
    pulse.ctl("unload-module", module)
    with pulse.listening("bell") as bell:
        assert wait_until(lambda: bell.tone_dbfs(700) > -20)
    assert wait_until(lambda: one.note.count("'headset") == 2)
    assert not one.is_ok
    pulse.ctl(*headset)
    with pulse.listening("headset") as ear:
        assert wait_until(lambda: ear.tone_dbfs(700) > -20)
    assert wait_until(lambda: one.is_ok and one.hears(700))


def test_a_plug_that_is_out_for_a_moment_only_does_not_leave_the_call_on_the_default(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, meant = threading.Lock(), Route.meant

    def looks(route: Route, part: Part) -> Meant:
        with gate:
            return meant(route, part)

    monkeypatch.setattr(Route, "meant", looks)
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    headset = ("load-module", "module-null-sink", "sink_name=headset", "norewinds=1")
    module = pulse.ctl(*headset).stdout.strip()
    one = opened(bridge, microphone="headset.monitor", speaker="headset")
    with gate:  # nobody looks while the plug is out
        pulse.ctl("unload-module", module)
        pulse.ctl(*headset)
    one.say_hz = 700
    with pulse.listening("headset") as ear:
        assert wait_until(lambda: ear.tone_dbfs(700) > -20 and one.hears(700))
    assert one.notices == []


def test_no_server_and_no_card_is_silence_with_one_warning(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig, "LOOK_S", 0.2)
    monkeypatch.setattr("bridge.engine.audio.devices.alsa_has_cards", lambda: False)
    pulse.kill()
    one = bridge()
    assert wait_until(lambda: not one.is_ok)
    one.rig.open()
    assert wait_until(lambda: one.rig.stats().restarts >= 2)
    assert one.hears_nothing()
    one.rig.shut()
    assert [n.note[:65] for n in one.notices] == [
        "no sound server answers and there is no sound card: calls are sil"
    ]
    assert one.rig.stats().backend is SoundBackend.SILENT
    pulse.start()
    assert wait_until(lambda: one.is_ok)
    assert one.rig.stats().backend is SoundBackend.PULSE


def test_the_ring_tone_rings_on_its_own_device(pulse: PulseServer, bridge: MakeBridge) -> None:
    one = bridge()
    with pulse.listening("bell") as bell, pulse.listening("ear") as ear:
        assert wait_until(lambda: bell.has_heard and ear.has_heard)
        one.rig.ring(Ring.EXTERNAL)
        assert wait_until(lambda: bell.level_dbfs() > -20)
        assert one.rig.stats().ringing
        assert not one.rig.stats().running
        assert wait_until(lambda: bell.level_dbfs() < -90)  # the pause
        assert wait_until(lambda: bell.level_dbfs() > -20)  # and again
        one.rig.ring(Ring.OFF)
        assert wait_until(lambda: sound_children() == [])
        assert wait_until(lambda: bell.level_dbfs() < -90, 1)
        assert ear.level_dbfs() < -90
    assert one.notices == []


@pytest.mark.parametrize(("ring", "hz"), [(Ring.EXTERNAL, 700), (Ring.INTERNAL, 440)])
def test_each_kind_of_call_has_its_ring_tone(
    pulse: PulseServer, tmp_path: Path, ring: Ring, hz: float
) -> None:
    path = tmp_path / "ring.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(to_bytes(sine(700, 44100, 0, 44100, -12)))
    tones = Ringtones(external=str(path), waiting="off")
    one = rig.make_rig(SoundSettings(ringer="bell", ringtones=tones), Health(lambda _change: None))
    with pulse.listening("bell") as bell:
        assert wait_until(lambda: bell.has_heard)
        one.ring(ring)
        assert wait_until(lambda: bell.tone_dbfs(hz) > -25)
        one.ring(Ring.OFF)
        assert wait_until(lambda: bell.level_dbfs() < -90)
    one.close()


def test_devices_can_be_listed(pulse: PulseServer) -> None:
    found = [(d.name, d.kind, d.is_default) for d in list_devices()]
    assert ("mouth.monitor", SoundKind.MICROPHONE, True) in found
    assert ("mouth", SoundKind.SPEAKER, True) in found
    assert ("ear", SoundKind.SPEAKER, False) in found


@pytest.mark.needs("alsa-utils")
def test_alsa_programs_work_the_same(pulse: PulseServer, bridge: MakeBridge) -> None:
    if "pulse" not in {d.name for d in list_devices(SoundBackend.ALSA)}:
        pytest.skip("no ALSA plugin for PulseAudio to stand in for a card (libasound2-plugins)")
    pulse.ctl("set-default-source", "mouth.monitor")
    pulse.ctl("set-default-sink", "ear")
    with pulse.playing(440), pulse.listening("ear") as ear:
        one = bridge(SoundBackend.ALSA, microphone="pulse", speaker="pulse", ringer="pulse")
        one.rig.open()
        one.say_hz = 700
        assert wait_until(lambda: one.hears(440))
        assert wait_until(lambda: ear.tone_dbfs(700) > -20)
    assert one.rig.stats().backend is SoundBackend.ALSA
    assert one.is_ok


OPEN_AND_WAIT = """
import sys, time
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.rig import make_rig
from bridge.model.sound import Ring, SoundSettings
settings = SoundSettings(microphone="mouth.monitor", speaker="ear", ringer="bell")
rig = make_rig(settings, Health(print))
rig.open()
rig.ring(Ring.EXTERNAL)
while True:
    rig.take(), rig.put(bytes(640))
    time.sleep(0.02)
"""


@pytest.mark.parametrize("server", ["works", "hangs"])
def test_a_killed_engine_leaves_no_program_behind(pulse: PulseServer, server: str) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT], cwd=Path(__file__).parents[2], env=os.environ
    )

    def programs() -> list[int]:
        found = children_of(engine.pid).items()
        return [pid for pid, c in found if c.startswith(("parec", "pacat"))]

    assert wait_until(lambda: len(programs()) == 3)
    pids = programs()
    if server == "hangs":
        pulse.kill(signal.SIGSTOP)
    engine.kill()
    engine.wait()
    assert wait_until(lambda: not any(map(is_alive, pids)), 3), pids
