"""``offhook meetings`` and ``offhook join``."""

import json

import pytest

from bridge.cli.exits import Exit
from bridge.model.meetings import JoinMeeting, ListMeetings, ReloadMeetings
from tests.cli.conftest import Running
from tests.cli.words import run

Capture = pytest.CaptureFixture[str]
Json = dict[str, object]


def meeting(name: str = "a1", **members: object) -> Json:
    times: Json = {"starts": 1_795_340_000_000, "ends": 1_795_343_600_000}
    state: Json = {"running": True, "joinable": True, "why": "", "joined": False}
    return {"id": name, "title": "Meeting", **times, **state, **members}


def answer(*meetings: Json, **members: object) -> Json:
    return {"meetings": list(meetings), "stale": False, "note": "", **members}


DONE: Json = {"outcome": "accepted", "detail": "it is being dialled"}


def test_meetings_are_listed_with_what_is_wrong(running: Running, capsys: Capture) -> None:
    late = meeting("b2", running=False, joinable=False, why="it has not begun")
    running.daemon.answers = [answer(meeting(), late, stale=True, note="the calendar: gone")]
    assert run("meetings") == Exit.OK
    said = capsys.readouterr().out
    assert "a1" in said
    assert "it has not begun" in said
    assert "may be old" in said
    assert "the calendar: gone" in said


def test_meetings_are_read_again_first(running: Running, capsys: Capture) -> None:
    running.daemon.answers = [answer(outcome="accepted"), answer()]
    assert run("meetings", "--reload", "--json") == Exit.OK
    assert running.daemon.questions == [ReloadMeetings(), ListMeetings()]
    assert json.loads(capsys.readouterr().out)["meetings"] == []


def test_the_meeting_that_runs_is_joined_without_being_named(running: Running) -> None:
    early = meeting("b2", running=False)
    running.daemon.answers = [answer(meeting(), early), answer(**DONE)]
    assert run("join", "--participant", "42") == Exit.OK
    assert running.daemon.questions[-1] == JoinMeeting("a1", "42")


@pytest.mark.parametrize(
    ("meetings", "sentence"),
    [
        ([], "no meeting can be joined now"),
        ([meeting(), meeting("b2")], "there are several, expected the id of one: a1, b2"),
    ],
)
def test_what_is_not_clear_is_not_joined(
    running: Running, capsys: Capture, meetings: list[Json], sentence: str
) -> None:
    running.daemon.answers = [answer(*meetings)]
    assert run("join") == Exit.FAILED
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["a/b"], "expected the id"), (["a1", "--participant", "x"], "up to 16 digits")],
)
def test_a_wrong_word_is_told(
    running: Running, capsys: Capture, words: list[str], sentence: str
) -> None:
    assert run("join", *words) == Exit.FAILED
    assert sentence in capsys.readouterr().err
    assert running.daemon.questions == []
