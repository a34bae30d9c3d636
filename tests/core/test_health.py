"""When a service is ready, what it says of itself, and when its watchdog starves."""

import math

import pytest

from bridge.core.health import (
    LONGEST_S,
    SETTLE_S,
    Part,
    Sign,
    Standing,
    ailing,
    is_ready,
    line_part,
    sentence,
)
from bridge.model.calls import LineView, RegistrationState
from bridge.model.ids import AccountId
from bridge.model.phones import UNHEARD

UP = Part("line desk", Standing.UP)
DOWN = Part("line desk", Standing.DOWN, "403 wrong password")
WAITING = Part("MQTT", Standing.WAITING)


@pytest.mark.parametrize(
    ("parts", "since_s", "ready"),
    [
        ([UP], 0.0, True),
        ([UP, WAITING], SETTLE_S, False),
        ([UP, WAITING], LONGEST_S, True),
        ([DOWN], 0.1, False),
        ([UP, DOWN], SETTLE_S, True),
        ([DOWN, WAITING], SETTLE_S, False),
        ([], 0.0, True),
    ],
    ids=[
        "all is up",
        "one is waited for",
        "not for ever",
        "what fails at once may still come",
        "what has told why not is not waited for",
        "but what has told nothing is",
        "nothing is configured",
    ],
)
def test_ready(parts: list[Part], since_s: float, ready: bool) -> None:
    assert is_ready(parts, since_s) is ready


TRYING, FAILED, OFFLINE = (
    RegistrationState.TRYING,
    RegistrationState.FAILED,
    RegistrationState.OFFLINE,
)


@pytest.mark.parametrize(
    ("state", "sip", "reason", "part"),
    [
        (RegistrationState.REGISTERED, 200, "", Part("line desk", Standing.UP)),
        (RegistrationState.NONE, 0, "", Part("line desk", Standing.UP)),
        (TRYING, 0, "", Part("line desk", Standing.WAITING)),
        (TRYING, 0, UNHEARD, Part("line desk", Standing.UP, UNHEARD)),
        (TRYING, 503, "no answer", Part("line desk", Standing.DOWN, "503 no answer")),
        (FAILED, 403, "wrong password", Part("line desk", Standing.DOWN, "403 wrong password")),
        (OFFLINE, 0, "", Part("line desk", Standing.DOWN, "offline")),
    ],
)
def test_a_line_is_up_or_down_or_waited_for(
    state: RegistrationState, sip: int, reason: str, part: Part
) -> None:
    assert line_part(LineView(AccountId("desk"), state, sip, reason)) == part


@pytest.mark.parametrize(
    ("parts", "problems", "ready", "said"),
    [
        ([UP], [], True, "ready; up: line desk"),
        ([UP, WAITING], [], False, "starting; waiting for MQTT; up: line desk"),
        (
            [DOWN],
            ["403 wrong password", "no headset"],
            True,
            "running, but not all of it; line desk: 403 wrong password; no headset",
        ),
    ],
    ids=["well", "starting", "each trouble once"],
)
def test_one_sentence_says_how_it_goes(
    parts: list[Part], problems: list[str], ready: bool, said: str
) -> None:
    assert sentence(parts, problems, ready=ready) == said


def test_what_shows_no_life_is_named_with_its_time() -> None:
    signs = [
        Sign("the SIP engine", 60.0, 60.0),
        Sign("the link", 61.0, 60.0),
        Sign("it", math.inf, 60.0),
    ]
    assert ailing(signs) == ("the link has shown no life for 61 s", "it has ended")
