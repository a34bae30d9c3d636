"""Sound on real calls: two programs with pjsua2, RTP on loopback between them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import PulseServer, children_of, wait_until

pytestmark = pytest.mark.sip

HERE = Path(__file__).parent
LOUD_DBFS = -20.0  # the tone is sent at -12
QUIET_DBFS = -50.0  # a concealed packet splatters up to -57
State = dict[str, Any]


class Caller:
    """The program ``phone.py`` and its answers."""

    def __init__(self, settings: dict[str, object]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "phone.py"), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        )
        self.port = self._answer()["port"]

    def _answer(self) -> State:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the phone died: {self.process.wait(5)}"
        answer: State = json.loads(line)
        return answer

    def do(self, *words: object) -> State:
        """Give one order and return the state after it."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self._answer()

    @property
    def state(self) -> State:
        return self.do("stats")

    def hears(self, hz: int) -> bool:
        return bool(self.state["tones"][str(hz)] > LOUD_DBFS)

    def hears_nothing(self) -> bool:
        return bool(self.state["rms_dbfs"] < QUIET_DBFS)

    def quit(self) -> int:
        if self.process.poll() is None:
            assert self.do("quit") == {"closed": True}
        return self.process.wait(5)


Make = Callable[..., Caller]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make phones; each must close cleanly in the end."""
    made: list[Caller] = []

    def one(**settings: object) -> Caller:
        made.append(Caller(settings))
        return made[-1]

    yield one
    assert [phone.quit() for phone in made] == [0] * len(made)


def talking(make: Make) -> tuple[Caller, Caller]:
    """Anna says 440 Hz, Bert 700 Hz; both hear each other."""
    anna = make(test_tone_hz=440, test_listen_hz=[440, 700])
    bert = make(test_tone_hz=700, test_listen_hz=[440, 700])
    assert anna.do("call", bert.port)["in_call"]
    assert wait_until(lambda: anna.hears(700) and bert.hears(440))
    return anna, bert


def test_both_hear_each_other_and_not_themselves(make: Make) -> None:
    anna, bert = talking(make)
    assert wait_until(lambda: anna.state["tones"]["440"] < QUIET_DBFS)
    assert wait_until(lambda: bert.state["tones"]["700"] < QUIET_DBFS)
    assert anna.state["is_fast"]
    assert anna.state["faults"] == bert.state["faults"] == ""


def test_mute_is_silence_over_there_and_nothing_else(make: Make) -> None:
    anna, bert = talking(make)
    anna.do("mute")
    assert wait_until(bert.hears_nothing)
    assert anna.hears(700)
    muted = anna.state
    assert wait_until(lambda: anna.state["played"] > muted["played"] + 5)
    assert anna.state["captured"] == muted["captured"], "nobody asks for the microphone"
    anna.do("unmute")
    assert wait_until(lambda: bert.hears(440))


def test_muting_twice_is_muting_once(make: Make) -> None:
    anna, bert = talking(make)
    anna.do("mute")
    anna.do("mute")
    assert wait_until(bert.hears_nothing)
    anna.do("unmute")
    anna.do("unmute")
    assert wait_until(lambda: bert.hears(440))


def test_a_call_that_is_parted_and_joined_again(make: Make) -> None:
    anna, bert = talking(make)
    anna.do("disconnect")
    assert wait_until(bert.hears_nothing)
    assert wait_until(anna.hears_nothing)
    anna.do("connect")
    assert wait_until(lambda: anna.hears(700) and bert.hears(440))
    assert anna.do("connect")["faults"] == ""


def test_other_devices_can_be_chosen_in_a_call(make: Make) -> None:
    anna, bert = talking(make)
    anna.do("select", json.dumps({"test_tone_hz": 0, "test_listen_hz": [700]}))
    assert wait_until(bert.hears_nothing)
    assert wait_until(lambda: anna.hears(700))


def test_the_clock_stands_still_between_calls(make: Make) -> None:
    anna, bert = talking(make)
    assert anna.state["threads"] == 4  # main, media, event and clock of pjsua2
    anna.do("hangup")
    assert wait_until(lambda: anna.state["threads"] == bert.state["threads"] == 3, 3)
    assert not anna.state["running"]
    anna.do("call", bert.port)
    assert wait_until(lambda: anna.hears(700) and bert.hears(440))


def test_devices_can_be_kept_open_between_calls(make: Make) -> None:
    anna, bert = make(keep_open=True), make()
    assert anna.state["running"]
    anna.do("call", bert.port)
    anna.do("hangup")
    assert wait_until(lambda: anna.state["threads"] == 3, 3)  # the clock has stopped
    assert anna.state["running"]


@pytest.mark.parametrize("joins", ["yes", "no"])
def test_ended_calls_leave_no_slot_behind(make: Make, joins: str) -> None:
    anna, bert = make(), make()
    before = anna.state["slots"], bert.state["slots"]
    anna.do("joins", joins)
    bert.do("joins", joins)
    for _ in range(6):
        assert anna.do("call", bert.port)["in_call"]
        anna.do("hangup")
    assert wait_until(lambda: (anna.state["slots"], bert.state["slots"]) == before)


def test_ringing_needs_no_clock(make: Make) -> None:
    anna = make()
    threads = anna.state["threads"]
    state = anna.do("ring")
    assert state["ringing"]
    assert state["threads"] == threads
    assert not anna.do("quiet")["ringing"]


def test_a_call_without_any_sound_device_lives(make: Make) -> None:
    anna, bert = make(backend="silent"), make(test_tone_hz=700, test_listen_hz=[440])
    anna.do("call", bert.port)
    assert wait_until(lambda: anna.state["played"] > 20)
    assert bert.state["rms_dbfs"] < QUIET_DBFS
    assert anna.state["backend"] == "silent"


@pytest.mark.needs("pulseaudio")
def test_a_call_over_a_sound_server_that_is_killed_lives(pulse: PulseServer, make: Make) -> None:
    anna = make(backend="auto", microphone="mouth.monitor", speaker="ear", ringer="bell")
    bert = make(test_tone_hz=700, test_listen_hz=[440])
    with pulse.playing(440), pulse.listening("ear") as ear:
        anna.do("call", bert.port)
        assert wait_until(lambda: bert.hears(440) and ear.tone_dbfs(700) > LOUD_DBFS)
    pulse.kill()
    assert wait_until(lambda: anna.state["notices"] != [])
    assert wait_until(bert.hears_nothing)
    assert anna.state["in_call"]
    pulse.start()
    with pulse.playing(440), pulse.listening("ear") as ear:
        assert wait_until(lambda: bert.hears(440) and ear.tone_dbfs(700) > LOUD_DBFS)
    assert wait_until(lambda: anna.state["notices"][-1]["ok"])
    assert anna.state["faults"] == ""
    anna.do("hangup")
    assert wait_until(lambda: not anna.state["running"])
    assert wait_until(lambda: children_of(anna.process.pid) == {})
