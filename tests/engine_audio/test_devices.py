"""Names of devices and commands of programs, from real output of theirs."""

from pathlib import Path

import pytest

from bridge.engine.audio import devices
from bridge.model.sound import SoundBackend, SoundDevice, SoundKind

PACTL_SINKS = """[{"index":0,"state":"IDLE","name":"alsa_output.usb-GN_Netcom_A_S-00.mono",
"description":"Jabra Evolve 75","driver":"x"},
{"index":1,"name":"null","description":""}, {"index":2}, 7]"""

ARECORD_L = """null
    Discard all samples (playback) or generate zero samples (capture)
default
    Playback/recording through the PulseAudio sound server
plughw:CARD=Evolve,DEV=0
    Jabra Evolve 75, USB Audio
    Hardware device with all software conversions
pulse
"""


def test_devices_of_a_sound_server() -> None:
    found = devices.parse_pulse(PACTL_SINKS, SoundKind.SPEAKER, "null")
    assert found == [
        SoundDevice(
            "alsa_output.usb-GN_Netcom_A_S-00.mono",
            "Jabra Evolve 75",
            SoundKind.SPEAKER,
            plugging="0",
        ),
        SoundDevice("null", "null", SoundKind.SPEAKER, is_default=True, plugging="1"),
    ]


@pytest.mark.parametrize("text", ["", "Connection failure", "{}", "7", "[", "[[]]"])
def test_nonsense_from_a_sound_server_is_no_device(text: str) -> None:
    assert devices.parse_pulse(text, SoundKind.SPEAKER, "") == []


def test_devices_of_bare_alsa() -> None:
    found = devices.parse_alsa(ARECORD_L, SoundKind.MICROPHONE)
    assert [d.name for d in found] == ["default", "plughw:CARD=Evolve,DEV=0", "pulse"]
    assert found[0].is_default
    assert found[1].description == (
        "Jabra Evolve 75, USB Audio, Hardware device with all software conversions"
    )
    assert found[2].description == "pulse"


def test_no_alsa_devices() -> None:
    assert devices.parse_alsa("", SoundKind.SPEAKER) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--- no soundcards ---\n", False),
        (" 0 [Evolve         ]: USB-Audio - Jabra Evolve 75\n", True),
        (None, False),
    ],
)
def test_sound_cards_of_the_kernel(
    text: str | None, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = tmp_path / "cards"
    if text is not None:
        cards.write_text(text)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert devices.alsa_has_cards(cards) is expected


def test_an_unknown_device_is_named_with_those_that_exist() -> None:
    there = [
        SoundDevice("mic1", "", SoundKind.MICROPHONE),
        SoundDevice("spk1", "", SoundKind.SPEAKER),
        SoundDevice("spk2", "", SoundKind.SPEAKER),
    ]
    assert devices.unknown_device(there, SoundKind.SPEAKER, "mic1") == (
        "speaker 'mic1' is not there; using the default one; there are: spk1, spk2"
    )
    assert devices.unknown_device([], SoundKind.SPEAKER, "x", "ringer") == (
        "ringer 'x' is not there, nor any other: plug one in"
    )


@pytest.mark.parametrize("name", ["", "mic1"])
def test_a_known_or_default_device_is_no_trouble(name: str) -> None:
    there = [SoundDevice("mic1", "", SoundKind.MICROPHONE)]
    assert devices.unknown_device(there, SoundKind.MICROPHONE, name) == ""


def test_programs_of_a_sound_server() -> None:
    command = devices.recorder_command(SoundBackend.PULSE, "mic one", 16000)
    assert command[0] == "parec"
    assert {"--raw", "--rate=16000", "--latency-msec=20", "--device=mic one"} <= set(command)
    assert devices.player_command(SoundBackend.PULSE, "", 16000)[:2] == ["pacat", "--playback"]


def test_programs_of_bare_alsa() -> None:
    assert devices.recorder_command(SoundBackend.ALSA, "hw:1", 8000)[-2:] == ["-D", "hw:1"]
    assert devices.player_command(SoundBackend.ALSA, "", 8000)[-2:] == ["-D", "default"]


@pytest.mark.parametrize("backend", [b for b in SoundBackend if b is not SoundBackend.AUTO])
def test_a_chosen_backend_is_not_questioned(backend: SoundBackend) -> None:
    assert devices.find_backend(backend) is backend
