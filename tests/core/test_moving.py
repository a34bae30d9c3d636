"""The running call goes on at another telephone of its user, or one of another telephone here."""

from dataclasses import replace

import pytest

from bridge.core.moving import LEFT
from bridge.core.transfers import PATIENCE, SILENT_S, TAKE_OVER_S
from bridge.model.calls import EndedBy, Phase
from bridge.model.effects import (
    ConnectCalls,
    EndCall,
    HoldCall,
    PlaceCall,
    SetMicrophone,
    StartTimer,
    Tell,
)
from bridge.model.events import CallConnected, TransferChanged
from bridge.model.habits import Habits, LineHabits
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb
from tests.core.driver import DESK, Desk

ADA = CallId("c1")
DIALOG = "k3v@192.0.2.9;to-tag=a;from-tag=b"


def desk_with(**endpoints: str) -> Desk:
    """A desk with other telephones."""
    desk = Desk().ready()
    lines = (LineHabits(DESK, pull="*41"),)
    habits = Habits(endpoints=tuple(endpoints.items()), lines=lines)
    desk.state = replace(desk.state, habits=habits)
    return desk


def moving(desk: Desk) -> CallId:
    """Ask for the move of the running call; return the leg to the other telephone."""
    assert desk.ask(Verb.MOVE, "kitchen") == [(Outcome.ACCEPTED, "")]
    (placed,) = [e for e in desk.effects if isinstance(e, PlaceCall)]
    assert placed.target == "207"
    return placed.call


def told(desk: Desk, status: int, reason: str = "") -> None:
    """The other end says how it goes."""
    desk.feed(TransferChanged(desk.now, ADA, status, reason, final=True))


def test_the_call_goes_on_undisturbed_until_the_other_telephone_is_lifted() -> None:
    desk = desk_with(kitchen="207").in_call()
    before = desk.lamps
    leg = moving(desk)
    desk.rings_there(leg)
    assert desk.lamps == before
    effects = desk.connects(leg)
    assert ConnectCalls(ADA, leg) in effects
    microphones = [e for e in desk.effects if isinstance(e, SetMicrophone)]
    assert microphones == [SetMicrophone(leg, True)], "nobody here speaks with the telephone"
    assert not [e for e in desk.effects if isinstance(e, HoldCall)]
    told(desk, 200, "OK")
    assert [e.call for e in desk.effects if isinstance(e, EndCall)] == [ADA, leg]
    assert desk.answers()[-1] == (Outcome.DONE, "moved")


def test_a_held_call_is_moved_without_being_resumed() -> None:
    desk = desk_with(kitchen="207").in_call()
    desk.ask(Verb.HOLD)
    desk.held(local=True)
    leg = moving(desk)
    assert ConnectCalls(ADA, leg) in desk.connects(leg)
    assert desk.state.find_call(ADA) is not None


def test_a_telephone_that_nobody_lifts_leaves_the_call_as_it_is() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    desk.ends(leg, EndedBy.REMOTE, 486, "Busy Here")
    assert desk.answers()[-1] == (
        Outcome.FAILED,
        "moving the call failed: Busy Here (SIP 486)",
    )
    (call,) = desk.state.calls
    assert (call.phase, call.transfer) == (Phase.CONNECTED, None)


def test_another_end_that_does_not_follow_leaves_the_call_and_hangs_up_the_telephone() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    desk.connects(leg)
    told(desk, 603, "Decline")
    assert EndCall(leg) in desk.effects
    assert EndCall(ADA) not in desk.effects
    assert desk.answers()[-1][1] == "moving the call failed: Decline (SIP 603)"


def test_whoever_hangs_up_meanwhile_stops_the_ringing_of_the_other_telephone() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    assert EndCall(leg) in desk.ends("c1")
    assert desk.answers()[-1][0] is Outcome.FAILED


def test_a_telephone_that_was_lifted_for_somebody_who_left_is_hung_up_after_a_while() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    desk.connects(leg)
    effects = desk.ends("c1")
    assert any(isinstance(e, StartTimer) and e.name == LEFT + leg for e in effects)
    assert EndCall(leg) not in effects, "the other end is on its way there"
    assert EndCall(leg) in desk.timer(LEFT + leg)


@pytest.mark.parametrize("rings", [True, False])
def test_a_telephone_that_does_not_take_over_is_hung_up_and_rings_again(*, rings: bool) -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    assert StartTimer(PATIENCE + ADA, TAKE_OVER_S) in desk.connects(leg)
    told_of = TransferChanged(desk.now, ADA, 100, "Trying", final=False)
    assert EndCall(leg) not in desk.feed(told_of)
    ringing = TransferChanged(desk.now, ADA, 180, "Ringing", final=False)
    effects = desk.feed(ringing) if rings else desk.after(TAKE_OVER_S).timer(PATIENCE + ADA)
    assert EndCall(leg) in effects
    assert any(isinstance(e, Tell) and "lift it once more" in e.text for e in effects)
    desk.ends(leg)
    (call,) = desk.state.calls
    assert (call.phase, desk.state.muted) == (Phase.CONNECTED, False), "both speak on meanwhile"
    told(desk, 200, "OK")
    assert EndCall(ADA) in desk.effects
    assert desk.answers()[-1] == (Outcome.DONE, "moved")
    assert desk.state.notes == ()


def test_a_telephone_that_is_not_lifted_once_more_leaves_the_call_as_it_is() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    desk.connects(leg)
    desk.after(TAKE_OVER_S).timer(PATIENCE + ADA)
    desk.ends(leg)
    desk.after(SILENT_S).timer(PATIENCE + ADA)
    assert desk.answers()[-1][0] is Outcome.FAILED
    (call,) = desk.state.calls
    assert (call.phase, call.transfer) == (Phase.CONNECTED, None)


def test_nobody_waits_for_ever() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    assert EndCall(leg) in desk.timer(PATIENCE + ADA)
    assert desk.state.find_call(ADA) is not None


def test_hang_up_means_the_call_and_not_the_way_to_the_other_telephone() -> None:
    desk = desk_with(kitchen="207").in_call()
    moving(desk)
    assert EndCall(ADA) in desk.hang_up()


def test_without_a_name_the_only_telephone_there_is_is_meant() -> None:
    desk = desk_with(kitchen="207").in_call()
    assert desk.ask(Verb.MOVE)[0][0] is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("endpoints", "name", "words"),
    [
        ({}, "kitchen", "set calls.endpoints"),
        ({"desk": "201", "kitchen": "207"}, "", "one of the endpoints desk, kitchen"),
        ({"desk": "201"}, "kitchen", "one of the endpoints desk"),
        ({"kitchen": "112"}, "kitchen", "not moved to an emergency number"),
    ],
)
def test_what_cannot_be_moved_there_says_why(
    endpoints: dict[str, str], name: str, words: str
) -> None:
    desk = desk_with(**endpoints).in_call()
    ((outcome, detail),) = desk.ask(Verb.MOVE, name)
    assert outcome is Outcome.INVALID
    assert words in detail
    assert not [e for e in desk.effects if isinstance(e, PlaceCall)]


def test_an_emergency_call_is_not_moved() -> None:
    desk = desk_with(kitchen="207")
    desk.ask(Verb.DIAL, "112")
    desk.connects(desk.state.calls[0].call)
    assert desk.ask(Verb.MOVE)[0][1].startswith("an emergency call is not moved")


def test_with_two_calls_there_is_no_line_for_a_third() -> None:
    desk = desk_with(kitchen="207").in_call()
    desk.arrives("c2")
    assert desk.ask(Verb.MOVE, call="c1")[0][0] is Outcome.BUSY


def test_a_telephone_that_cannot_be_called_is_told() -> None:
    desk = desk_with(kitchen="207").in_call()
    leg = moving(desk)
    desk.fails("PlaceCall", leg, "no route")
    desk.ends(leg, EndedBy.ERROR, 0, "no route")
    assert desk.answers()[-1] == (Outcome.FAILED, "moving the call failed: no route")


# -- pulled here --------------------------------------------------------------


def test_the_pbx_pulls_a_call_by_its_feature_code() -> None:
    desk = desk_with()
    assert desk.ask(Verb.PULL)[0][0] is Outcome.ACCEPTED
    (placed,) = [e for e in desk.effects if isinstance(e, PlaceCall)]
    assert (placed.target, placed.replaces) == ("*41", "")
    assert desk.state.last_dialed == "", "redial calls numbers, not features"
    desk.connects(placed.call)
    assert desk.answers()[-1] == (Outcome.DONE, "connected")


def test_a_call_that_is_named_is_pulled_from_whom_it_is_with() -> None:
    desk = desk_with()
    effects = desk.gives(Intent(Verb.PULL, target="201", dialog=DIALOG))
    (placed,) = [e for e in effects if isinstance(e, PlaceCall)]
    assert (placed.target, placed.replaces) == ("201", DIALOG)


def test_without_code_and_dialog_there_is_nothing_to_pull() -> None:
    desk = Desk().ready()
    ((outcome, detail),) = desk.ask(Verb.PULL)
    assert outcome is Outcome.CONFLICT
    assert "accounts.pull" in detail
    assert any(isinstance(e, Tell) for e in desk.gives(Intent(Verb.PULL)))


def test_nobody_is_pulled_out_of_an_emergency_call() -> None:
    desk = desk_with()
    effects = desk.gives(Intent(Verb.PULL, target="112", dialog=DIALOG))
    (placed,) = [e for e in effects if isinstance(e, PlaceCall)]
    assert placed.replaces == ""


def test_what_another_telephone_needs_to_pull_a_call_is_kept() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.feed(CallConnected(desk.now, ADA, DIALOG))
    assert desk.state.calls[0].dialog == DIALOG
