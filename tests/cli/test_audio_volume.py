"""``offhook audio volume`` at a running daemon."""

import json

import pytest

from bridge.cli.exits import Exit
from bridge.model.sound import SoundPart
from tests.cli.conftest import Running
from tests.cli.words import run


@pytest.mark.parametrize("volume", ["70", "70%", "-6 dB", "+3dB"])
def test_a_volume_reaches_the_daemon_as_it_was_typed(
    running: Running, volume: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audio", "volume", "speaker", volume) == Exit.OK
    assert running.daemon.volumes == {SoundPart.SPEAKER: volume}
    assert capsys.readouterr().out == "speaker  70 %\n"


def test_the_volumes_are_shown(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    volumes = {"microphone": 100, "speaker": 70, "ringer": 120}
    running.daemon.body["sound"] = {"text": "ok", "volume": volumes}
    assert run("audio", "volume", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == volumes


def test_what_is_no_volume_is_a_mistake_at_the_prompt(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audio", "volume", "speaker", "loud") == Exit.USAGE
    assert "expected 0 to 150 %, or -99 to +10 dB" in capsys.readouterr().err
    assert running.daemon.volumes == {}


def test_the_figures_of_a_call_are_shown(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"running": True, "underruns": 2, "overruns": 1, "delay_ms": 40}
    running.daemon.body["sound"] = {"text": "ok", **figures}
    assert run("status") == Exit.OK
    assert "40 ms wait in our buffers, 2 underruns, 1 overruns" in capsys.readouterr().out
