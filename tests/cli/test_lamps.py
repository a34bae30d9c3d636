"""``offhook lamps``, ``press`` and ``favourites``."""

import json

import pytest

from bridge.app.lamp_answers import favourites_body
from bridge.cli.exits import Exit
from bridge.model.blf import Favourite, KeyType
from bridge.model.favourites import (
    EditFavourites,
    ListFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
)
from bridge.model.intents import Outcome
from bridge.protocols.control_answers import Reply, reply_body
from tests.cli.conftest import Running
from tests.cli.words import run

Capture = pytest.CaptureFixture[str]

ANNA = Favourite(1, "Anna", KeyType.BLF, "202")
BEN = Favourite(2, "Ben", KeyType.BLF, "203")

LAMPS: dict[str, object] = {
    "lamps": [
        {
            "position": 1,
            "name": "Anna",
            "type": "blf",
            "target": "202",
            "state": "ringing",
            "source": "pbx",
            "lamp": {"color": "red", "pattern": "fast"},
            "stale": False,
            "why": "",
        },
        {
            "position": 2,
            "name": "Ben",
            "type": "blf",
            "target": "203",
            "state": "unknown",
            "source": "local",
            "lamp": {"color": "off", "pattern": "steady"},
            "stale": True,
            "why": "the PBX knows no 203: look at the target of this key",
        },
    ],
    "panels": [
        {
            "panel": "deck",
            "name": "Deck",
            "firmware": "1.0",
            "keys": 2,
            "page": 1,
            "pages": 2,
            "note": "Deck has 2 keys for positions 1 to 3: its last key turns 3 pages",
            "odd": {"bad checksum": 3, "another session": 1},
        }
    ],
}


def test_lamps_are_a_table_with_the_reason_for_what_is_not_known(
    running: Running, capsys: Capture
) -> None:
    running.daemon.answers.append(LAMPS)
    assert run("lamps") == Exit.OK
    assert capsys.readouterr().out.splitlines() == [
        "1  Anna  blf  202  ringing  red fast  pbx",
        (
            "2  Ben   blf  203  unknown  off       local  "
            "(the PBX knows no 203: look at the target of this key)"
        ),
        "panel deck: Deck 1.0, 2 keys, page 1 of 2",
        "  ! Deck has 2 keys for positions 1 to 3: its last key turns 3 pages",
        "  not understood of what it said: bad checksum 3, another session 1",
    ]


def test_lamps_for_programs_are_the_whole_answer(running: Running, capsys: Capture) -> None:
    running.daemon.answers.append(LAMPS)
    assert run("lamps", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == LAMPS


def test_no_favourites_says_how_to_add_one(running: Running, capsys: Capture) -> None:
    running.daemon.answers.append({"lamps": [], "panels": []})
    assert run("lamps") == Exit.OK
    assert "offhook favourites add" in capsys.readouterr().out


def test_a_press_says_what_becomes_of_it(running: Running, capsys: Capture) -> None:
    running.daemon.answers.append(reply_body(Reply(Outcome.DONE, "you are told when Anna is free")))
    assert run("press", "1", "--long", "--if-shows", "busy") == Exit.OK
    assert capsys.readouterr().out == "you are told when Anna is free\n"
    assert running.daemon.questions == [PressKey(1, long=True, expect="busy")]


def test_a_press_that_does_nothing_fails_with_the_reason(running: Running, capsys: Capture) -> None:
    running.daemon.answers.append(reply_body(Reply(Outcome.CONFLICT, "Anna: not known")))
    assert run("press", "1") == Exit.FAILED
    assert "Anna: not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("add", "Anna", "202"), PutFavourite(Favourite(0, "Anna", KeyType.BLF, "202"))),
        (
            (
                *("add", "Door", "*80", "--type", "feature-code", "--position", "3", "--replace"),
                *("--long-press", "*81", "--subject", "300"),
            ),
            PutFavourite(Favourite(3, "Door", KeyType.FEATURE_CODE, "*80", "*81", "300"), True),
        ),
        (("add", "Rest", "--type", "dnd"), PutFavourite(Favourite(0, "Rest", KeyType.DND))),
        (("remove", "3"), RemoveFavourite(3)),
        (("move", "3", "1"), MoveFavourite(3, 1)),
        (("reset", "3"), ResetFavourites(3)),
        (("reset", "--all"), ResetFavourites()),
        ((), ListFavourites()),
        (("list",), ListFavourites()),
    ],
)
def test_the_list_is_edited_and_shown(
    running: Running, capsys: Capture, words: tuple[str, ...], question: EditFavourites
) -> None:
    running.daemon.answers.append(favourites_body((ANNA, BEN), {2: None, 1: ANNA}))
    assert run("favourites", *words) == Exit.OK
    assert running.daemon.questions == [question]
    assert capsys.readouterr().out.splitlines() == [
        "1  Anna  blf  202  edited",
        "removed, though configured: 2 (`offhook favourites reset N` brings it back)",
    ]


def test_one_key_is_shown_with_everything(running: Running, capsys: Capture) -> None:
    running.daemon.answers += [favourites_body((ANNA,), {}), favourites_body((ANNA,), {})]
    assert run("favourites", "show", "1") == Exit.OK
    assert "target     202" in capsys.readouterr().out
    assert run("favourites", "show", "7") == Exit.FAILED
    assert "position 7 holds no favourite" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("press", "0"),
        ("press", "1000"),
        ("press", "x"),
        ("favourites", "add", "Anna", "202", "--type", "lamp"),
        ("favourites", "reset"),
        ("press", "1", "--if-shows", "purple"),
    ],
)
def test_what_cannot_be_is_refused_before_the_daemon_is_asked(
    running: Running, words: tuple[str, ...]
) -> None:
    assert run(*words) == Exit.USAGE
    assert running.daemon.questions == []
