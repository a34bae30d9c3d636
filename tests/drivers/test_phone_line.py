"""What a desk phone tells, in any order, and what its calls are after it: no ghost, no mix-up."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drivers.phones.line import CONFIRM_S, LONGEST_S, RACE_S, SILENT, UNANSWERED_S, PhoneLine
from bridge.model.calls import Cause, EndedBy, Party
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    CallEnded,
    CallRinging,
    Event,
    HoldChanged,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.phones import Happening, PhoneEvent

PLACED = CallId("placed" + "0" * 14)


class Line:
    """A phone's line and everything it said."""

    def __init__(self) -> None:
        numbers = itertools.count()
        self.line = PhoneLine(AccountId("phone-desk"), lambda: CallId(f"{next(numbers):020d}"))
        self.at_s = 0.0
        self.events: list[Event] = []

    def hears(self, happening: str, call: str = "", number: str = "") -> None:
        event = PhoneEvent(Happening(happening), call, Party(number))
        self.events += self.line.heard(event, self.at_s)

    def passes(self, seconds: float) -> None:
        self.at_s += seconds
        self.events += self.line.late(self.at_s)

    @property
    def story(self) -> list[str]:
        said = [event for event in self.events if not isinstance(event, RegistrationChanged)]
        return [type(event).__name__ for event in said]


def test_the_same_word_twice_says_nothing_new() -> None:
    line = Line()
    for word in ("ringing", "connected", "held", "resumed", "ended"):
        line.hears(word, "7")
        line.hears(word, "7")
    assert line.story == ["CallArrived", "CallConnected", "HoldChanged", "HoldChanged", "CallEnded"]


def test_a_phone_that_names_no_call_has_one_at_a_time() -> None:
    line = Line()
    for word in ("ringing", "ringing", "connected", "ended", "ended"):
        line.hears(word)
    assert line.story == ["CallArrived", "CallConnected", "CallEnded"]


def test_a_name_that_comes_late_is_that_of_the_only_call() -> None:
    line = Line()
    line.hears("ringing")
    line.hears("connected", "7")
    line.hears("ended", "7")
    assert line.story == ["CallArrived", "CallConnected", "CallEnded"]


def test_a_missed_call_without_a_name_is_not_the_one_that_is_up() -> None:
    line = Line()
    line.hears("ringing", "7")
    line.hears("connected", "7")
    line.hears("missed")
    assert line.story == ["CallArrived", "CallConnected"]


def test_an_end_that_overtakes_the_beginning_leaves_no_ghost() -> None:
    line = Line()
    line.hears("ended", "7")
    line.hears("ringing", "7")
    assert line.story == []
    line.passes(RACE_S)
    line.hears("ringing", "7")  # a phone may use a name again
    assert line.story == ["CallArrived"]


def test_an_answer_that_overtakes_the_ringing_counts() -> None:
    line = Line()
    line.hears("connected", "7")
    line.hears("ringing", "7", "201")
    assert line.story == ["CallArrived", "CallConnected"]


def test_a_call_nobody_knows_changes_nothing_and_is_counted() -> None:
    line = Line()
    for word in ("connected", "held", "resumed", "ringback", "ended"):
        line.hears(word, "7")
    assert line.story == []
    assert line.line.unknown == 5


@pytest.mark.parametrize("word", ["idle", "started"])
def test_a_phone_that_has_no_call_ends_all(word: str) -> None:
    line = Line()
    line.hears("ringing", "7")
    line.hears("dialing", "8")
    line.hears(word)
    assert line.story == ["CallArrived", "CallDialed", "CallEnded", "CallEnded"]
    assert not line.line.calls


def test_it_rings_over_there() -> None:
    line = Line()
    line.hears("dialing", "7")
    line.hears("ringback", "7")
    assert line.story == ["CallDialed", "CallRinging"]


def test_the_other_end_holds_and_comes_back() -> None:
    line = Line()
    for word in ("ringing", "connected", "remote-held", "connected"):
        line.hears(word, "7")
    holds = [(e.local, e.remote) for e in line.events if isinstance(e, HoldChanged)]
    assert holds == [(False, True), (False, False)]


def test_rejected_there_is_by_somebody_here() -> None:
    line = Line()
    line.hears("ringing", "7")
    line.hears("rejected", "7")
    ended = line.events[-1]
    assert isinstance(ended, CallEnded)
    assert ended.cause.by is EndedBy.LOCAL


# -- a call of ours ---------------------------------------------------------------


def test_a_call_we_placed_is_known_when_the_phone_dials() -> None:
    line = Line()
    line.line.place(PLACED, "202", 0.0)
    line.hears("dialing", "7")
    line.hears("connected", "7")
    assert line.story == ["CallConnected"]


def test_a_call_we_placed_outlives_the_end_of_the_one_before() -> None:
    line = Line()
    line.line.place(PLACED, "202", 0.0)
    line.hears("idle")
    assert PLACED in line.line.calls


def test_a_phone_that_takes_an_order_and_does_nothing_is_told_on() -> None:
    line = Line()
    line.line.place(PLACED, "202", 0.0)
    line.line.awaits(PLACED, "PlaceCall", 0.0)
    line.passes(CONFIRM_S)
    assert line.story == ["OrderFailed", "CallEnded"]
    failed = line.events[0]
    assert isinstance(failed, OrderFailed)
    assert failed.reason == SILENT


@pytest.mark.parametrize(
    ("order", "word"),
    [("AnswerCall", "connected"), ("EndCall", "ended"), ("RejectCall", "rejected")],
)
def test_a_phone_that_says_that_it_was_done_is_believed(order: str, word: str) -> None:
    line = Line()
    line.hears("ringing", "7")
    (call,) = line.line.calls
    line.line.awaits(call, order, 0.0)
    line.hears(word, "7")
    line.passes(CONFIRM_S)
    assert "OrderFailed" not in line.story


# -- silence --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "lasts_s"),
    [
        (("ringing",), UNANSWERED_S),
        (("dialing",), UNANSWERED_S),
        (("ringing", "connected"), LONGEST_S),
    ],
)
def test_a_call_of_which_nothing_is_heard_ends(words: tuple[str, ...], lasts_s: float) -> None:
    line = Line()
    for word in words:
        line.hears(word, "7")
    line.passes(lasts_s - 1)
    assert "CallEnded" not in line.story
    line.passes(1)
    assert line.story[-1] == "CallEnded"


# -- in any order ---------------------------------------------------------------

WORDS = st.sampled_from([one.value for one in Happening])
NAMES = st.sampled_from(["", "7", "8"])


@given(st.lists(st.tuples(WORDS, NAMES, st.sampled_from([0.0, 1.0, 200.0])), max_size=30))
def test_whatever_a_phone_tells_each_call_begins_once_and_ends_once(
    told: list[tuple[str, str, float]],
) -> None:
    line = Line()
    for word, name, pause_s in told:
        line.hears(word, name)
        line.passes(pause_s)
    line.hears("idle")
    line.events += line.line.end_all("over", line.at_s)
    begun = [e.call for e in line.events if isinstance(e, CallArrived | CallDialed)]
    ended = [e.call for e in line.events if isinstance(e, CallEnded)]
    between = [
        e.call for e in line.events if isinstance(e, CallConnected | CallRinging | HoldChanged)
    ]
    assert sorted(begun) == sorted(ended)
    assert len(set(begun)) == len(begun)
    assert set(between) <= set(begun)
    assert not line.line.calls
    assert line.line.drop(CallId("x"), Cause(EndedBy.ERROR), 0.0) == []
