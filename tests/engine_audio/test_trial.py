"""``offhook audio`` on a real PulseAudio with null sinks: list, levels, test."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.cli.main import main
from bridge.cli.verbs import audio
from bridge.engine.audio import trial
from bridge.engine.audio.trial import Level

from .conftest import Bridge, PulseServer, wait_until

pytestmark = pytest.mark.needs("pulseaudio")

DEVICES = {"microphone": "mouth.monitor", "speaker": "ear", "ringer": "bell"}

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., str]:
    """Write a configuration with these devices; return its path."""

    def write(**keys: str) -> str:
        file = tmp_path / "config.yaml"
        lines = (f"  {key}: {value}\n" for key, value in (DEVICES | keys).items())
        file.write_text("audio:\n" + "".join(lines))
        return str(file)

    return write


def answered(*words: str, capsys: Capture) -> list[dict[str, object]]:
    """What a command says to programs, one object a line."""
    main([*words, "--json"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_list_says_which_device_is_used_and_by_which_setting(
    pulse: PulseServer, configured: Callable[..., str], capsys: Capture
) -> None:
    pulse.ctl("set-default-sink", "mouth")
    words = ("audio", "list", "--config", configured(ringer="", speaker="ear"))
    (body,) = answered(*words, capsys=capsys)
    assert body["used"] == {
        "microphone": {
            "role": "microphone",
            "device": "mouth.monitor",
            "setting": "audio.microphone",
            "note": "",
        },
        "speaker": {"role": "speaker", "device": "ear", "setting": "audio.speaker", "note": ""},
        "ringer": {"role": "ringer", "device": "mouth", "setting": "", "note": ""},
    }
    assert body["notes"] == []
    main(words)
    shown = capsys.readouterr().out
    assert "speaker by audio.speaker" in shown
    assert "the default, ringer by default" in shown


def test_the_list_says_where_it_rings_and_where_a_headset_is_plugged_in(
    pulse: PulseServer, configured: Callable[..., str], capsys: Capture
) -> None:
    pulse.plug("headset", "1-2.3")
    config = configured(ring_at="headset", speaker="headset")
    (body,) = answered("audio", "list", "--config", config, capsys=capsys)
    used, devices = body["used"], body["devices"]
    assert isinstance(used, dict)
    assert isinstance(devices, list)
    assert (used["ringer"]["device"], used["ringer"]["setting"]) == ("headset", "audio.speaker")
    assert {one["name"] for one in devices if one["port"] == "1-2.3"} == {"headset", "headset-mic"}


def test_a_named_device_that_is_missing_is_told_with_what_is_used_instead(
    pulse: PulseServer, configured: Callable[..., str], capsys: Capture
) -> None:
    (body,) = answered("audio", "list", "--config", configured(speaker="gone"), capsys=capsys)
    assert body["notes"] == ["audio.speaker names gone, which is not there: default used"]


def test_without_a_sound_server_the_list_says_so(
    tmp_path: Path, configured: Callable[..., str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    code = main(["audio", "list", "--config", configured(backend="silent")])
    assert code == Exit.FAILED
    assert "audio.backend is silent" in capsys.readouterr().out


def test_the_meter_shows_the_level_of_the_microphone(
    pulse: PulseServer, configured: Callable[..., str], capsys: Capture
) -> None:
    words = ("audio", "levels", "--seconds", "1", "--config", configured())
    with pulse.playing(440), pulse.listening("mouth") as mouth:
        assert wait_until(lambda: mouth.level_dbfs() > -13)
        rows = answered(*words, capsys=capsys)
    assert len(rows) == 5
    assert rows[-1]["rms_dbfs"] == pytest.approx(-12, abs=1)
    assert rows[-1]["peak_dbfs"] == pytest.approx(-12, abs=1)


def test_the_meter_does_not_take_the_microphone_from_a_call(
    pulse: PulseServer,
    configured: Callable[..., str],
    capsys: Capture,
    bridge: Callable[..., Bridge],
) -> None:
    call = bridge()
    with pulse.playing(440):
        call.rig.open()
        assert wait_until(lambda: call.hears(440))
        before = call.rig.stats()
        words = ("audio", "levels", "--seconds", "0.6", "--config", configured())
        rows = answered(*words, capsys=capsys)
        assert rows[-1]["rms_dbfs"] == pytest.approx(-12, abs=1)
        assert call.hears(440)
    assert call.rig.stats().restarts == before.restarts
    assert call.notices == []


def test_a_meter_without_a_device_says_why(
    pulse: PulseServer, configured: Callable[..., str], capsys: Capture
) -> None:
    assert main(["audio", "levels", "--config", configured(backend="silent")]) == Exit.FAILED
    assert "audio.backend is silent" in capsys.readouterr().err


def test_a_card_that_somebody_has_is_told_in_one_sentence(
    tmp_path: Path, configured: Callable[..., str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "arecord: main:831: audio open error: Device or resource busy"
    for name in ("arecord", "aplay"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    config = configured(backend="alsa", microphone="hw:1")
    assert main(["audio", "levels", "--config", config]) == Exit.FAILED
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "the microphone is busy: another program has it" in sentence


def test_the_test_sounds_each_output_and_plays_back_what_was_said(
    pulse: PulseServer,
    configured: Callable[..., str],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audio, "ECHO_S", 0.2)
    monkeypatch.setattr(trial, "TEST_NOTES", [((784.0,), 0.2, -16.0)])
    words = ("audio", "test", "--config", configured())
    with pulse.listening("ear") as ear, pulse.listening("bell") as bell, pulse.playing(440):
        assert wait_until(lambda: ear.has_heard and bell.has_heard)
        (body,) = answered(*words, capsys=capsys)
        assert wait_until(lambda: ear.loudest_dbfs(440) > -30)
        assert ear.loudest_dbfs(784) > -30
        assert bell.loudest_dbfs(784) > -30
    assert body["ok"] is True
    steps = body["steps"]
    assert isinstance(steps, list)
    assert [(step["step"], step["ok"]) for step in steps] == [
        ("tone", True),
        ("tone", True),
        ("echo", True),
    ]


def test_a_muted_microphone_and_a_missing_output_fail_the_test(
    pulse: PulseServer,
    configured: Callable[..., str],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audio, "ECHO_S", 0.2)
    monkeypatch.setattr(audio, "rising_notes", lambda _rate_hz: bytes(640))
    assert main(["audio", "test", "--config", configured(ringer="gone")]) == Exit.FAILED
    shown = capsys.readouterr().out
    assert "failed: the microphone gave silence" in shown
    assert "'gone' is not there" in shown


@pytest.mark.parametrize(
    ("level", "line"),
    [
        (Level(-120, -120), f" -120.0 dBFS |{' ' * 40}|{' ' * 9}"),
        (Level(-30, -20), f"  -30.0 dBFS |{'#' * 20}{' ' * 20}|{' ' * 9}"),
        (Level(0, 0), f"    0.0 dBFS |{'#' * 40}| too loud"),
    ],
)
def test_the_bar_of_the_meter(level: Level, line: str) -> None:
    assert audio.meter(level) == line
