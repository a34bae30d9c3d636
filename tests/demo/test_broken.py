"""A demo that finds something wrong says what, and fails."""

import json

import pytest

from bridge.cli.explain_source import find_source
from bridge.demo.headset import EVOLVE_LINK, DemoHeadset, make_headset
from bridge.demo.main import main, run
from bridge.demo.options import Options
from bridge.demo.play import complaints
from bridge.demo.scene import Setting
from bridge.demo.story import Hearing
from bridge.demo.tones import Levels
from bridge.drivers.mqtt import private_broker
from bridge.drivers.sip.supervisor import STAND_IN_ARGV
from bridge.model.errors import TransportError

JSON = Options(auto=True, json=True)
Captured = pytest.CaptureFixture[str]


class DeadMuteKey(DemoHeadset):
    """A headset whose mute key is worn out."""

    def press(self, key: str) -> None:
        if key != "mute":
            super().press(key)


@pytest.mark.sip
@pytest.mark.needs("mosquitto")
def test_a_headset_that_refuses_writes_fails_at_its_ring_lamp(capsys: Captured) -> None:
    headset = make_headset()
    headset.refuse_writes = TransportError("the device refuses")
    assert run(JSON, Setting(headset)) == 1
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert (lines[0]["step"], lines[0]["status"]) == ("ring", "failed")
    assert {line["status"] for line in lines[1:-1]} == {"not run"}
    assert lines[-1]["ok"] is False
    expected = "step ring: expected the lamps ring on within 3 s, found nothing written"
    assert expected in lines[-1]["error"]
    assert expected in said.err


@pytest.mark.sip
@pytest.mark.needs("mosquitto")
def test_a_dead_mute_key_fails_at_the_mute_step(capsys: Captured) -> None:
    assert run(JSON, Setting(DeadMuteKey(*find_source(str(EVOLVE_LINK))))) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines[:3]] == ["passed", "passed", "failed"]
    assert "mute on read from the headset" in lines[2]["note"]
    assert "MQTT topic calls to say muted" in lines[2]["note"]


@pytest.mark.sip
def test_without_mosquitto_everything_but_mqtt_is_played(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_broker, "find_mosquitto", lambda: None)
    assert run(JSON, Setting(make_headset())) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["mqtt_ms"] for line in lines[:-1]} == {None}
    assert (lines[-1]["ok"], lines[-1]["mqtt"]) == (True, False)
    assert "mosquitto is not installed" in lines[-1]["notes"][0]


def test_without_pjsua2_the_keys_are_shown_and_it_is_no_success(capsys: Captured) -> None:
    assert run(JSON, Setting(make_headset(), STAND_IN_ARGV)) == 1
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["step"] for line in lines[:2]] == ["hook key", "taken back"]
    assert {line["status"] for line in lines[:-1]} == {"passed"}
    assert "calls are not possible" in lines[-1]["error"]
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("wanted", "heard", "words"),
    [
        (Hearing(headset=True, caller=True), Levels(-12, -12), []),
        (Hearing(headset=True, caller=False), Levels(-12, -85), []),
        (Hearing(headset=False, caller=False), Levels(-120, -96), []),
        (Hearing(headset=True, caller=False), Levels(-12, -12), ["silence for the caller"]),
        (Hearing(headset=True, caller=True), Levels(-12, -70), ["the caller to hear"]),
        (Hearing(headset=True, caller=True), Levels(-40, -12), ["the headset to hear"]),
        (
            Hearing(headset=False, caller=False),
            Levels(-20, -20),
            ["silence for the headset", "silence for the caller"],
        ),
    ],
)
def test_wrong_sound_is_told_for_the_end_that_hears_it(
    wanted: Hearing, heard: Levels, words: list[str]
) -> None:
    told = complaints(wanted, heard)
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))


def test_a_real_headset_cannot_be_played_automatically(capsys: Captured) -> None:
    assert main(["--auto", "--real"]) == 1
    assert "leave out --auto" in capsys.readouterr().err
