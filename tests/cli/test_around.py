"""``offhook presence``, ``queue`` and ``dnd --global``."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from bridge.cli.client import RefusedError
from bridge.cli.exits import Exit
from bridge.cli.verbs.around import around_lines, until
from bridge.model.blf import Extension, PresenceState
from bridge.model.features import (
    AroundQuestion,
    EnterQueue,
    LeaveQueue,
    LeaveQueues,
    ListQueues,
    ReturnToQueues,
    ShowMe,
    SwitchGlobalDnd,
)
from tests.cli.conftest import Running
from tests.cli.words import run

Capture = pytest.CaptureFixture[str]
Json = dict[str, object]

NOW = datetime(2026, 11, 22, 13, 30, 10, tzinfo=timezone(timedelta(hours=1)))
AWAY: Json = {"presence": "away", "text": "lunch", "by_hand": True, "until_ms": 0, "pbx": None}
QUEUES: list[Json] = [
    {"queue": "801", "logged_in": True, "paused": False, "agents": 3, "waiting": 1},
    {"queue": "802", "logged_in": False, "paused": False, "agents": 0, "waiting": 0},
    {"queue": "803", "logged_in": None, "agents": None, "waiting": None, "previous": True},
]


def answer(outcome: str = "done", detail: str = "others see away") -> Json:
    return {"outcome": outcome, "detail": detail, "presence": AWAY, "queues": QUEUES}


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["presence", "dnd"], ShowMe(PresenceState.DND)),
        (["presence", "auto"], ShowMe(PresenceState.NONE)),
        (["presence", "phone-only", "--text", "x"], ShowMe(PresenceState.PHONE_ONLY, "x")),
        (["dnd", "on", "--global"], SwitchGlobalDnd(on=True)),
        (["queue", "in", "801"], EnterQueue(Extension("801"))),
        (["queue", "out", "801"], LeaveQueue(Extension("801"))),
        (["queue", "back"], ReturnToQueues()),
    ],
)
def test_a_word_asks_the_daemon(
    running: Running, capsys: Capture, words: list[str], question: AroundQuestion
) -> None:
    running.daemon.answers = [answer()]
    assert run(*words) == Exit.OK
    assert running.daemon.questions == [question]
    assert "others see away" in capsys.readouterr().out


def test_without_a_state_presence_is_shown(running: Running, capsys: Capture) -> None:
    running.daemon.answers = [answer()]
    assert run("presence") == Exit.OK
    assert capsys.readouterr().out == "away: lunch (set by hand)\n"


@pytest.mark.parametrize(
    ("there", "lines"),
    [
        ({"profile": 0, "forwarding": False}, []),
        ({"profile": 3, "title": "Home", "forwarding": False}, ["profile 3 Home: nothing"]),
        (
            {"profile": 0, "forwarding": True, "when": ["always", "busy"], "rules": 2},
            ["profile 0: always, busy, 2 rules for single callers"],
        ),
        ({"profile": 0, "forwarding": True}, ["profile 0: calls"]),
    ],
)
def test_the_status_tells_that_the_pbx_forwards_calls(there: Json, lines: list[str]) -> None:
    said = list(around_lines({"forwarding_at_pbx": there}, 0.0))
    assert said == [f"forward  at the PBX, {line}" for line in lines]


@pytest.mark.parametrize(
    "words",
    [
        ["presence", "--text", "lunch"],
        ["presence", "away", "--until", "soon"],
        ["presence", "away", "--text", "a\nb"],
        ["queue", "in", "8 01"],
    ],
)
def test_what_cannot_be_is_not_asked(running: Running, capsys: Capture, words: list[str]) -> None:
    assert run(*words) == Exit.FAILED
    assert not running.daemon.questions
    assert "expected" in capsys.readouterr().err


def test_what_the_daemon_does_not_do_is_one_sentence(running: Running, capsys: Capture) -> None:
    running.daemon.answers = [answer("failed", "the gateway is offline")]
    assert run("queue", "in", "801") == Exit.FAILED
    assert "queue in: failed: the gateway is offline" in capsys.readouterr().err


def test_queues_are_listed_with_those_to_go_back_to(running: Running, capsys: Capture) -> None:
    running.daemon.answers = [answer()]
    assert run("queue", "list") == Exit.OK
    said = capsys.readouterr().out
    assert "801  logged in" in said
    assert "803  unknown" in said
    assert "`offhook queue back`" in said


def test_nobody_is_logged_out_of_all_unasked(running: Running, capsys: Capture) -> None:
    running.daemon.answers = [answer()]
    assert run("queue", "out-all") == Exit.FAILED
    assert running.daemon.questions == [ListQueues()]
    assert "not confirmed" in capsys.readouterr().err


def test_with_yes_out_all_does_not_ask(running: Running, capsys: Capture) -> None:
    running.daemon.answers = [answer(), answer("done", "logged out of 1 queue")]
    assert run("queue", "out-all", "--yes", "--json") == Exit.OK
    assert running.daemon.questions == [ListQueues(), LeaveQueues()]
    assert json.loads(capsys.readouterr().out)["detail"] == "logged out of 1 queue"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", NOW + timedelta(minutes=30)),
        ("2h", NOW + timedelta(hours=2)),
        ("1d", NOW + timedelta(days=1)),
        ("14:00", NOW.replace(hour=14, minute=0, second=0)),
        ("13:30", NOW.replace(day=23, second=0)),
        ("2026-12-24T18:00+01:00", datetime(2026, 12, 24, 18, tzinfo=NOW.tzinfo)),
    ],
)
def test_a_moment_as_people_type_it(text: str, moment: datetime) -> None:
    assert until(text, NOW) == round(moment.timestamp() * 1000)


@pytest.mark.parametrize("text", ["", "0m", "25:00", "14:60", "-1h", "99999m", "tomorrow"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="expected 30m"):
        until(text, NOW)


def test_a_status_tells_of_what_was_set_alone() -> None:
    lines = list(around_lines({"presence": AWAY, "queues": QUEUES}, 0.0))
    assert lines == ["presence away: lunch (set by hand)", "queues   logged in to 801"]
    assert not list(around_lines({"presence": {"presence": "available"}, "queues": []}, 0.0))
