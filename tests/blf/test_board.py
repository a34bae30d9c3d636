"""What the board shows after what was said, and when it stops to believe it."""

from dataclasses import replace

import pytest

from bridge.blf.board import FREE_AGAIN_S, Board
from bridge.blf.facts import FRESH_S, RINGING_S
from bridge.model.blf import (
    Extension,
    Fact,
    ForwardingFact,
    KeyState,
    KeyType,
    LineState,
    MailboxFact,
    PbxId,
    PresenceState,
    QueueFact,
    QueueMember,
    SourceFact,
)
from bridge.model.calls import ForwardingView, Mailbox, Phase, RegistrationState
from bridge.model.forwarding import Forward, Target, To, When
from bridge.model.lamps import LampSettings
from tests.blf.words import ANNA, OWN, PBX, SETTINGS, call, desk, key, line, presence

UP, DOWN = SourceFact(PBX, is_up=True), SourceFact(PBX, False, "the gateway is offline")


def board_with(*facts: Fact, favourites: tuple[object, ...] = ()) -> Board:
    """A board with one key for Anna, or these keys, and a PBX that says this."""
    board = Board(SETTINGS)
    board.arrange(favourites or (key(),))  # type: ignore[arg-type]  # favourites, by the name
    board.watch(desk())
    for fact in facts:
        board.learn(PBX, fact, 0.0)
    return board


def shown(board: Board, at_s: float = 0.0, position: int = 1) -> str:
    """What a key shows after everything so far."""
    board.take(at_s)
    face = board.face(position)
    assert face is not None
    assert face.stale == (face.state == "unknown")
    assert face.state == board.state(position, at_s).value
    return face.state


def test_before_anything_is_heard_every_colleague_is_unknown() -> None:
    assert shown(board_with()) == "unknown"


def test_what_is_said_before_the_pbx_is_complete_is_not_shown_yet() -> None:
    board = board_with(line(LineState.FREE))
    assert shown(board) == "unknown"
    board.learn(PBX, UP, 1.0)
    assert shown(board, 1.0) == "free"


def test_when_the_pbx_is_lost_its_lamps_are_unknown_and_stay_so_until_it_said_all_again() -> None:
    board = board_with(line(LineState.BUSY), UP)
    assert shown(board) == "busy"
    board.learn(PBX, DOWN, 1.0)
    assert shown(board, 1.0) == "unknown"
    assert board.why_unknown(1) == "the gateway is offline"
    board.learn(PBX, UP, 2.0)
    assert shown(board, 2.0) == "unknown", "Anna's line was not said again"
    board.learn(PBX, line(LineState.FREE), 3.0)
    assert shown(board, 3.0) == "free"


def test_another_pbx_that_is_lost_costs_only_its_own_lamps() -> None:
    other = PbxId("branch")
    board = board_with(line(LineState.FREE), UP, favourites=(key(), key(2, target="302")))
    board.learn(other, line(LineState.BUSY, "302"), 0.0)
    board.learn(other, SourceFact(other, is_up=True), 0.0)
    assert (shown(board), shown(board, position=2)) == ("free", "busy")
    board.learn(other, SourceFact(other, is_up=False), 1.0)
    assert (shown(board, 1.0), shown(board, 1.0, position=2)) == ("free", "unknown")


def test_a_fact_nobody_repeats_is_unknown_after_an_hour() -> None:
    board = board_with(line(LineState.FREE), UP)
    assert shown(board, FRESH_S - 1) == "free"
    assert board.due_s == FRESH_S
    assert shown(board, FRESH_S) == "unknown"
    board.learn(PBX, line(LineState.FREE), FRESH_S + 1)
    assert shown(board, FRESH_S + 1) == "free"


def test_saying_the_same_again_keeps_a_lamp_fresh() -> None:
    board = board_with(line(LineState.FREE), UP)
    shown(board)
    board.learn(PBX, line(LineState.FREE), FRESH_S / 2)
    assert not board.is_dirty, "nothing new was said"
    assert shown(board, FRESH_S + 1) == "free"


def in_queue(name: str, *, logged_in: bool, paused: bool = False, waiting: int = 0) -> QueueFact:
    return QueueFact(Extension(name), (QueueMember(OWN, logged_in, paused),), waiting)


@pytest.mark.parametrize(
    ("queues", "state"),
    [
        ([], "unknown"),
        ([QueueFact(Extension("900"), ())], "logged-out"),
        ([in_queue("900", logged_in=False), in_queue("901", logged_in=False)], "logged-out"),
        ([in_queue("900", logged_in=False), in_queue("901", logged_in=True)], "logged-in"),
        (
            [in_queue("900", logged_in=False), in_queue("901", logged_in=True, paused=True)],
            "paused",
        ),
        (
            [in_queue("900", logged_in=True), in_queue("901", logged_in=True, waiting=2)],
            "callers-wait",
        ),
        (
            [in_queue("900", logged_in=True), in_queue("901", logged_in=False, waiting=2)],
            "logged-in",
        ),
    ],
)
def test_a_key_for_all_queues_shows_what_matters_most(queues: list[Fact], state: str) -> None:
    board = board_with(*queues, UP, favourites=(key(1, KeyType.QUEUE, ""),))
    assert shown(board) == state
    board.learn(PBX, DOWN, 1.0)
    assert shown(board, 1.0) == "unknown"


def test_a_key_for_all_queues_outlives_that_of_one() -> None:
    both = (key(1, KeyType.QUEUE, ""), key(2, KeyType.QUEUE, "900"))
    board = board_with(in_queue("900", logged_in=True), UP, favourites=both)
    board.arrange(both[:1])
    assert shown(board) == "logged-in"


@pytest.mark.parametrize("state", [LineState.RINGING, LineState.DIALING])
def test_a_line_does_not_ring_for_ever(state: LineState) -> None:
    board = board_with(line(state), UP)
    assert shown(board, RINGING_S - 1) == state.value
    board.learn(PBX, line(state), RINGING_S - 1)  # said again, not begun again
    assert shown(board, RINGING_S) == "unknown"
    board.learn(PBX, line(state, since_ms=5), RINGING_S + 1)
    assert shown(board, RINGING_S + 1) == state.value, "it is another call"


def test_only_the_newest_state_is_told() -> None:
    board = board_with(UP)
    board.take(0.0)
    for state in (LineState.RINGING, LineState.BUSY, LineState.FREE) * 1000:
        board.learn(PBX, line(state), 1.0)
    faces = board.take(1.0).faces
    assert [face.state for face in faces] == ["free"]


def test_nobody_is_told_of_what_no_key_is_about() -> None:
    board = board_with(UP)
    board.take(0.0)
    for number in range(300, 400):
        board.learn(PBX, line(LineState.BUSY, str(number)), 1.0)
    assert not board.is_dirty
    board.arrange([key(), key(2, target="350")])
    assert shown(board, 1.0, position=2) == "busy", "it was remembered for a key that comes later"


def test_a_key_that_is_taken_away_is_told() -> None:
    board = board_with(UP, favourites=(key(), key(2, target="203")))
    board.take(0.0)
    board.arrange([key()])
    assert board.take(1.0).gone == (2,)
    assert board.take(1.0).gone == ()


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        (Phase.RINGING, "calls-me"),
        (Phase.EARLY, "called"),
        (Phase.CONNECTED, "talking"),
        (Phase.HELD, "on-hold"),
    ],
)
def test_our_own_call_with_somebody_is_shown_without_the_pbx(phase: Phase, state: str) -> None:
    board = board_with()
    board.watch(desk(call(ANNA, phase)))
    assert shown(board) == state
    assert board.source(1) == "local"
    board.watch(desk())
    assert shown(board) == "unknown"


@pytest.mark.parametrize("spelling", ["030 1234567", "+49301234567", "sip:0301234567@example.org"])
def test_a_speed_dial_lights_for_its_number_in_any_spelling(spelling: str) -> None:
    board = board_with(favourites=(key(1, KeyType.SPEED_DIAL, "0301234567"),))
    assert shown(board) == "plain"
    board.watch(desk(call(spelling, Phase.CONNECTED)))
    assert shown(board) == "talking"


@pytest.mark.parametrize(
    ("favourite", "fact", "state"),
    [
        (key(1, KeyType.QUEUE, "900"), QueueFact(Extension("900"), ()), "logged-out"),
        (
            key(1, KeyType.QUEUE, "900"),
            QueueFact(Extension("900"), (QueueMember(OWN, logged_in=True),)),
            "logged-in",
        ),
        (
            key(1, KeyType.QUEUE, "900"),
            QueueFact(Extension("900"), (QueueMember(OWN, logged_in=True),), waiting=2),
            "callers-wait",
        ),
        (
            key(1, KeyType.QUEUE, "900"),
            QueueFact(Extension("900"), (QueueMember(OWN, logged_in=True, paused=True),)),
            "paused",
        ),
        (key(1, KeyType.FORWARDING, "3"), ForwardingFact(OWN, 3, is_forwarding=True), "on"),
        (key(1, KeyType.FORWARDING, "3"), ForwardingFact(OWN, 0, is_forwarding=False), "off"),
        (key(1, KeyType.FORWARDING, "0"), ForwardingFact(OWN, 0, is_forwarding=True), "on"),
        (key(1, KeyType.FORWARDING, "0"), ForwardingFact(OWN, 0, is_forwarding=False), "off"),
        (key(1, KeyType.FORWARDING, "0"), ForwardingFact(OWN, 3, is_forwarding=True), "off"),
        (key(1, KeyType.DND, "global"), presence(PresenceState.DND, OWN), "on"),
        (key(1, KeyType.DND, "global"), presence(PresenceState.NONE, OWN), "off"),
        (key(1, KeyType.PRESENCE, "away"), presence(PresenceState.AWAY, OWN), "on"),
        (key(1, KeyType.PRESENCE, "away"), presence(PresenceState.DND, OWN), "off"),
        (key(1, KeyType.VOICEMAIL, ""), MailboxFact(OWN, Mailbox(True, 2)), "messages"),
        (key(1, KeyType.VOICEMAIL, ""), MailboxFact(OWN, Mailbox(False)), "no-messages"),
        (key(1, KeyType.PARK, "701"), line(LineState.PARKED, "701"), "parked"),
        (key(1, KeyType.FEATURE_CODE, "*80", subject=ANNA), line(LineState.BUSY), "busy"),
    ],
)
def test_each_type_shows_what_it_is_about(favourite: object, fact: Fact, state: str) -> None:
    board = board_with(fact, favourites=(favourite,))
    assert shown(board) == "unknown"
    board.learn(PBX, UP, 0.0)
    assert shown(board) == state
    board.learn(PBX, DOWN, 1.0)
    assert shown(board, 1.0) == "unknown"


def test_do_not_disturb_at_this_desk_needs_no_pbx() -> None:
    board = board_with(favourites=(key(1, KeyType.DND, ""),))
    assert shown(board) == "off"


def test_where_calls_are_forwarded_here_the_profile_needs_no_pbx() -> None:
    board = board_with(favourites=(key(1, KeyType.FORWARDING, "3"),))
    assert shown(board) == "unknown"
    board.watch(replace(desk(), forwarding=ForwardingView(3)))
    assert shown(board) == "on"
    board.watch(replace(desk(), forwarding=ForwardingView(0)))
    assert shown(board) == "off"


def test_the_key_of_the_default_profile_tells_that_a_star_code_forwards_calls_here() -> None:
    board = board_with(favourites=(key(1, KeyType.FORWARDING, "0"),))
    board.watch(replace(desk(), forwarding=ForwardingView(0)))
    assert shown(board) == "off"
    always = Forward(When.ALWAYS, Target(To.VOICEMAIL))
    board.watch(replace(desk(), forwarding=ForwardingView(0, forwards=(always,))))
    assert shown(board) == "on"


def test_our_own_line_says_whether_it_can_be_used() -> None:
    board = board_with(favourites=(key(1, KeyType.LINE, ""),))
    assert shown(board) == "idle"
    board.watch(desk(call("0301234567", Phase.CONNECTED)))
    assert shown(board) == "active"
    board.watch(desk(registration=RegistrationState.FAILED))
    assert shown(board) == "out-of-use"


def test_an_extension_the_pbx_does_not_know_is_told_as_such() -> None:
    board = board_with(UP, line(LineState.FREE, "203"))
    assert shown(board) == "unknown"
    assert "the PBX knows no 202" in board.why_unknown(1)


def test_keys_about_ourselves_say_that_our_extension_is_not_known() -> None:
    board = Board(LampSettings())
    board.arrange([key(1, KeyType.QUEUE, "900")])
    board.learn(PBX, UP, 0.0)
    assert shown(board) == "unknown"
    assert "lamps.extension" in board.why_unknown(1)


# -- tell me when free --------------------------------------------------------


def waiting_for_anna() -> Board:
    """Anna is busy, and somebody waits for her."""
    board = board_with(UP, line(LineState.BUSY))
    board.await_free(1, 0.0)
    assert shown(board) == "awaited"
    return board


def test_who_waited_is_told_once_and_the_key_offers_the_call() -> None:
    board = waiting_for_anna()
    board.learn(PBX, line(LineState.FREE), 10.0)
    freed = board.take(10.0).freed
    assert [(one.name, one.number) for one in freed] == [("Anna", ANNA)]
    assert shown(board, 10.0) == "free-again"
    assert board.take(11.0).freed == ()
    assert board.due_s == 10.0 + FREE_AGAIN_S
    assert shown(board, 10.0 + FREE_AGAIN_S) == "free"


@pytest.mark.parametrize("between", [LineState.RINGING, LineState.HELD, LineState.OFFLINE])
def test_waiting_goes_on_through_everything_but_free(between: LineState) -> None:
    board = waiting_for_anna()
    board.learn(PBX, line(between), 5.0)
    board.take(5.0)
    board.learn(PBX, line(LineState.FREE), 10.0)
    assert board.take(10.0).freed


def test_waiting_survives_a_lost_pbx() -> None:
    board = waiting_for_anna()
    board.learn(PBX, DOWN, 1.0)
    assert shown(board, 1.0) == "unknown"
    board.learn(PBX, line(LineState.FREE), 2.0)
    board.learn(PBX, UP, 2.0)
    assert board.take(2.0).freed


def test_waiting_ends_when_we_speak_with_each_other() -> None:
    board = waiting_for_anna()
    board.watch(desk(call(ANNA, Phase.CONNECTED)))
    assert shown(board, 1.0) == "talking"
    board.watch(desk())
    assert shown(board, 2.0) == "busy"


def test_waiting_ends_by_a_second_press_and_by_itself() -> None:
    board = waiting_for_anna()
    board.stop_waiting(1)
    assert shown(board) == "busy"
    board.await_free(1, 0.0)
    assert shown(board, SETTINGS.tell_s - 1) == "unknown"  # nothing was said for an hour
    board.learn(PBX, line(LineState.BUSY), SETTINGS.tell_s)
    assert shown(board, SETTINGS.tell_s) == "busy"


def test_waiting_ends_with_the_key() -> None:
    board = waiting_for_anna()
    board.arrange([key(2, target="203")])
    board.learn(PBX, line(LineState.FREE), 1.0)
    assert board.take(1.0).freed == ()


def test_every_state_has_a_word_of_its_own() -> None:
    assert len({state.value for state in KeyState}) == len(KeyState)
