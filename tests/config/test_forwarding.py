"""The section ``forwarding``: profiles for desks whose PBX does not forward."""

import pytest

from bridge.model.forwarding import (
    CallerKind,
    CallerMatch,
    Forward,
    Profile,
    SelectiveRule,
    Target,
    To,
    When,
)
from tests.config.loading import Load, problems

FULL = """
forwarding:
  here: true
  profiles:
    - number: 3
      title: travelling
      color: red
      always: "+49 (89) 1234"
      no_answer: voicemail
      after: 45
      reject_anonymous: true
      rules:
        - {caller: internal, always: ring}
        - {caller: "+4989*", busy: busy}
        - {caller: "33", always: "203"}
        - {caller: "+4989123", always: "204"}
"""


def test_without_a_word_the_pbx_forwards(load: Load) -> None:
    assert not load("").habits.forwards_here
    assert not load("forwarding: {profiles: [{number: 1, title: t}]}").habits.forwards_here


def test_a_default_profile_is_always_there(load: Load) -> None:
    assert load("forwarding: {here: true}").habits.profiles == (Profile(0),)


def test_everything_a_profile_can_say(load: Load) -> None:
    default, travelling = load(FULL).habits.profiles
    assert default == Profile(0)
    assert travelling == Profile(
        3,
        "travelling",
        "red",
        (
            Forward(When.ALWAYS, Target(To.NUMBER, "+49 (89) 1234"), 45),
            Forward(When.NO_ANSWER, Target(To.VOICEMAIL), 45),
        ),
        (
            rule(CallerKind.INTERNAL, "", Forward(When.ALWAYS, Target(To.RING), 45)),
            rule(CallerKind.PREFIX, "+4989", Forward(When.BUSY, Target(To.BUSY), 45)),
            rule(CallerKind.EXTENSION, "33", Forward(When.ALWAYS, Target(To.NUMBER, "203"), 45)),
            rule(CallerKind.NUMBER, "+4989123", Forward(When.ALWAYS, Target(To.NUMBER, "204"), 45)),
        ),
        reject_anonymous=True,
    )


def rule(kind: CallerKind, number: str, forward: Forward) -> SelectiveRule:
    return SelectiveRule(CallerMatch(kind, number), forward)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{number: 3}]", "forwarding.profiles[0]: found profile 3 needs a title"),
        (
            "[{number: 1, title: a}, {number: 1, title: b}]",
            "forwarding.profiles[1].number: found 1 once more, expected each number once",
        ),
        ("[{number: 10, title: a}]", "forwarding.profiles[0].number: found 10, expected"),
        (
            "[{number: 0, rules: [{caller: internal, always: ring}]}]",
            "the default profile takes no rules",
        ),
        ("[{number: 0, always: nobody}]", "expected a number or SIP address, or voicemail, busy"),
        ("[{number: 0, after: 91}]", "forwarding.profiles[0].after: found 91"),
        (
            "[{number: 1, title: a, rules: [{caller: me}]}]",
            "expected anonymous, internal, an extension",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(load: Load, text: str, said: str) -> None:
    (problem,) = problems(load, f"forwarding: {{profiles: {text}}}\n")
    assert said in problem
