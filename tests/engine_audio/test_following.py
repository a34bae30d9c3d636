"""The sound of the headset on which a call was taken, on a real PulseAudio."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.engine.audio import devices, line
from bridge.engine.audio.cards import port_of_card, usb_port
from bridge.engine.audio.health import Health
from bridge.engine.audio.rig import make_rig
from bridge.model.sound import Ring, RingAt, SoundBackend, SoundDevice, SoundKind, SoundSettings

from .conftest import Bridge, PulseServer, children_of, sound_children, wait_until
from .test_calls import LOUD_DBFS, Make, make

__all__ = ["make"]  # a fixture

PORT = "1-2.3"
ON_PULSE = pytest.mark.needs("pulseaudio")
MakeBridge = Callable[..., Bridge]


@ON_PULSE
def test_each_device_is_listed_with_its_port_but_what_is_only_listened_to(
    pulse: PulseServer,
) -> None:
    pulse.plug("headset", PORT)
    there = devices.list_devices()
    assert {device.name for device in there if device.port == PORT} == {"headset", "headset-mic"}
    assert {device.name for device in there if not device.port} > {"headset.monitor", "ear"}


@ON_PULSE
def test_a_call_has_the_sound_of_its_headset_and_the_next_one_the_configured(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    pulse.plug("headset", PORT)
    one = bridge()
    one.say_hz = 700
    assert one.rig.follow(PORT, "")
    with pulse.listening("headset") as headset, pulse.listening("ear") as ear:
        one.rig.open()
        assert wait_until(lambda: headset.tone_dbfs(700) > -20)
        assert wait_until(lambda: one.hears(700)), "its microphone, which hears its speaker"
        assert ear.tone_dbfs(700) < -60
        one.rig.shut()
        assert one.rig.follow("", "")
        with pulse.playing(440):
            one.rig.open()
            assert wait_until(lambda: ear.tone_dbfs(700) > -20)
            assert wait_until(lambda: one.hears(440))
    assert one.notices == []


@ON_PULSE
def test_a_headset_without_sound_of_its_own_has_the_configured(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    pulse.plug("other", "1-2")
    one = bridge()
    one.say_hz = 700
    one.rig.follow(PORT, "")
    one.rig.open()
    with pulse.listening("ear") as ear, pulse.playing(440):
        assert wait_until(lambda: ear.tone_dbfs(700) > -20 and one.hears(440))
    assert one.notices == []


@ON_PULSE
def test_a_headset_pulled_in_its_call_gives_way_and_has_the_call_back(
    pulse: PulseServer, bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "RETURN_S", 0.2)
    plugged = pulse.plug("headset", PORT)
    one = bridge()
    one.say_hz = 700
    one.rig.follow(PORT, "")
    one.rig.open()
    with pulse.listening("headset") as headset:
        assert wait_until(lambda: headset.tone_dbfs(700) > -20 and one.hears(700))
    with pulse.listening("ear") as ear, pulse.playing(440):
        pulse.unplug(plugged)
        assert wait_until(lambda: ear.tone_dbfs(700) > -20 and one.hears(440))
    pulse.plug("headset", PORT)
    with pulse.listening("headset") as headset:
        assert wait_until(lambda: headset.tone_dbfs(700) > -20 and one.hears(700))
    assert wait_until(lambda: one.is_ok)


@ON_PULSE
@pytest.mark.parametrize(
    ("ring_at", "port", "sounding"),
    [
        (RingAt.RINGER, PORT, {"bell"}),
        (RingAt.HEADSET, PORT, {"headset"}),
        (RingAt.HEADSET, "", {"ear"}),
        (RingAt.BOTH, PORT, {"bell", "headset"}),
    ],
)
def test_it_rings_where_it_shall(
    pulse: PulseServer, ring_at: RingAt, port: str, sounding: set[str]
) -> None:
    pulse.plug("headset", PORT)
    settings = SoundSettings(
        SoundBackend.PULSE, speaker="ear", ringer="bell", ring_port=port, ring_at=ring_at
    )
    one = make_rig(settings, Health(lambda _change: None))
    with ExitStack() as stack:
        ears = {s: stack.enter_context(pulse.listening(s)) for s in ("bell", "ear", "headset")}
        assert wait_until(lambda: all(ear.has_heard for ear in ears.values()))
        one.ring(Ring.EXTERNAL)
        assert wait_until(lambda: all(ears[s].level_dbfs() > -20 for s in sounding))
        assert all(ears[s].level_dbfs() < -60 for s in ears.keys() - sounding)
        assert one.stats().ringing
        one.ring(Ring.OFF)
        assert wait_until(lambda: sound_children() == [])
    one.close()


@ON_PULSE
def test_the_ringer_stays_where_it_is(pulse: PulseServer, bridge: MakeBridge) -> None:
    pulse.plug("headset", PORT)
    one = bridge()
    one.rig.follow(PORT, "")
    with pulse.listening("bell") as bell:
        one.rig.ring(Ring.EXTERNAL)
        assert wait_until(lambda: bell.level_dbfs() > -20)


@ON_PULSE
@pytest.mark.sip
def test_another_headset_is_chosen_in_a_call_and_nothing_is_opened_after_it(
    pulse: PulseServer, make: Make
) -> None:
    pulse.plug("headset", PORT)
    usual = {"backend": "pulse", "microphone": "mouth.monitor", "speaker": "ear"}
    anna, bert = make(**usual), make(test_tone_hz=700, test_listen_hz=[440])
    anna.do("call", bert.port)
    with pulse.listening("ear") as ear, pulse.playing(440):
        assert wait_until(lambda: ear.tone_dbfs(700) > LOUD_DBFS and bert.hears(440))
    anna.do("select", json.dumps(usual | {"port": PORT}))
    with pulse.listening("headset") as headset, pulse.playing(440, "headset"):
        assert wait_until(lambda: headset.tone_dbfs(700) > LOUD_DBFS and bert.hears(440))
    anna.do("hangup")
    assert anna.do("select", json.dumps(usual))["running"] is False
    assert anna.state["faults"] == ""
    assert anna.state["notices"] == []
    assert wait_until(lambda: children_of(anna.process.pid) == {})


@pytest.mark.parametrize(
    ("path", "port"),
    [
        ("/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.3/1-2.3:1.0/sound/card1", "1-2.3"),
        ("/sys/devices/platform/soc/fe980000.usb/usb3/3-1/3-1:1.1/sound/card0", "3-1"),
        ("/devices/pci0000:00/0000:00:1f.3/sound/card0", ""),
        ("", ""),
    ],
)
def test_the_port_in_a_path_of_sysfs(path: str, port: str) -> None:
    assert usb_port(path) == port


@pytest.mark.parametrize(
    ("card", "port"), [("1", "1-2.3"), ("Headset", "1-2.3"), ("0", ""), ("7", ""), ("", "")]
)
def test_where_a_card_of_the_kernel_is_plugged_in(tmp_path: Path, card: str, port: str) -> None:
    usb, board = tmp_path / "usb1/1-2/1-2.3/1-2.3:1.0", tmp_path / "pci0000:00/0000:00:1f.3"
    for number, name, device in ((0, "PCH", board), (1, "Headset", usb)):
        folder = tmp_path / f"class/card{number}"
        folder.mkdir(parents=True)
        device.mkdir(parents=True)
        (folder / "id").write_text(f"{name}\n")
        (folder / "device").symlink_to(device)
    assert port_of_card(card, tmp_path / "class") == port


PIPEWIRE_SINKS = """[{"name":"alsa_output.usb-Acme_Duo-00.analog-stereo","description":"Duo",
"properties":{"alsa.card":"1","alsa.device":"0","device.api":"alsa","device.class":"sound"}}]"""


def test_a_server_that_knows_the_card_alone_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "port_of_card", {"1": PORT}.__getitem__)
    (found,) = devices.parse_pulse(PIPEWIRE_SINKS, SoundKind.SPEAKER, "")
    assert found.port == PORT


def test_a_card_of_bare_alsa_is_known_by_the_name_that_converts_rates() -> None:
    text = "hw:CARD=Duo,DEV=0\nplughw:CARD=Duo,DEV=0\nplughw:CARD=Duo,DEV=1\n"
    found = devices.parse_alsa(text, SoundKind.SPEAKER, {"Duo": PORT}.__getitem__)
    assert devices.device_at(found, SoundKind.SPEAKER, PORT) == "plughw:CARD=Duo,DEV=0"


def test_of_two_sides_of_a_headset_the_default_one_is_used() -> None:
    sides = [
        SoundDevice("game", "", SoundKind.SPEAKER, port=PORT),
        SoundDevice("chat", "", SoundKind.SPEAKER, is_default=True, port=PORT),
        SoundDevice("chat-mic", "", SoundKind.MICROPHONE, port=PORT),
    ]
    assert devices.device_at(sides, SoundKind.SPEAKER, PORT) == "chat"
    assert devices.device_at(sides, SoundKind.SPEAKER, "") == ""
