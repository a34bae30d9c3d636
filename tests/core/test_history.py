"""What becomes of a call in the call list, by how it went."""

from dataclasses import replace

import pytest

from bridge.core.history import Course, begun, refused
from bridge.core.sip import party_named
from bridge.core.state import Call, State
from bridge.model.calls import CallView, Cause, Direction, EndedBy, Party, Phase
from bridge.model.events import PartyNamed
from bridge.model.history import CallKind
from bridge.model.ids import AccountId, CallId, DeviceId

CALL, LINE, HEADSET = CallId("c1"), AccountId("desk"), DeviceId("h1")
START_MS = 1_800_000_000_000

REMOTE_GAVE_UP = Cause(EndedBy.REMOTE, 487, "the call was cancelled")


def view(direction: Direction, phase: Phase, name: str = "") -> CallView:
    return CallView(CALL, LINE, direction, phase, Party("201", name), 0, HEADSET)


def course_of(direction: Direction, *phases: Phase) -> Course:
    """A call that begins at 100 s and moves on every 10 s."""
    course = begun(view(direction, phases[0]), 100.0, START_MS)
    for number, phase in enumerate(phases[1:], 1):
        course = course.seen(view(direction, phase), 100.0 + 10 * number)
    return course


IN, OUT = Direction.INCOMING, Direction.OUTGOING

WAYS = {
    "the caller gave up": (IN, [Phase.RINGING], REMOTE_GAVE_UP, CallKind.MISSED),
    "a colleague took it": (
        IN,
        [Phase.RINGING],
        Cause(EndedBy.REMOTE, 487, "", elsewhere=True),
        CallKind.ELSEWHERE,
    ),
    "rejected as busy": (IN, [Phase.RINGING], Cause(EndedBy.LOCAL, 486), CallKind.REJECTED),
    "declined": (IN, [Phase.RINGING], Cause(EndedBy.LOCAL, 603), CallKind.REJECTED),
    "diverted": (IN, [Phase.RINGING], Cause(EndedBy.LOCAL, 302), CallKind.DIVERTED),
    "the engine died": (IN, [Phase.RINGING], Cause(EndedBy.ERROR), CallKind.MISSED),
    "Offhook ended": (IN, [Phase.RINGING], Cause(EndedBy.LOCAL), CallKind.MISSED),
    "answered": (
        IN,
        [Phase.RINGING, Phase.CONNECTED],
        Cause(EndedBy.LOCAL),
        CallKind.RECEIVED,
    ),
    "answered, then a late word from a colleague": (
        IN,
        [Phase.RINGING, Phase.CONNECTED],
        Cause(EndedBy.REMOTE, 200, elsewhere=True),
        CallKind.RECEIVED,
    ),
    "put on hold at once": (
        IN,
        [Phase.RINGING, Phase.HELD],
        Cause(EndedBy.REMOTE, 200),
        CallKind.RECEIVED,
    ),
    "dialled and busy": (OUT, [Phase.DIALING], Cause(EndedBy.REMOTE, 486), CallKind.OUTGOING),
    "dialled and given up": (
        OUT,
        [Phase.DIALING, Phase.EARLY],
        Cause(EndedBy.LOCAL),
        CallKind.OUTGOING,
    ),
}


@pytest.mark.parametrize(("direction", "phases", "cause", "kind"), WAYS.values(), ids=WAYS)
def test_what_became_of_a_call(
    direction: Direction, phases: list[Phase], cause: Cause, kind: CallKind
) -> None:
    assert course_of(direction, *phases).ended(150.0, cause).kind is kind


@pytest.mark.parametrize(
    ("status", "kind"), [(486, CallKind.MISSED), (603, CallKind.REJECTED), (403, CallKind.REJECTED)]
)
def test_a_call_that_never_rang_is_missed_unless_a_rule_declined_it(
    status: int, kind: CallKind
) -> None:
    course = Course(CALL, LINE, IN, Party("201"), START_MS, 100.0)
    assert refused(course, 100.0, Cause(EndedBy.LOCAL, status)).kind is kind


def test_times_follow_the_monotonic_clock() -> None:
    course = course_of(IN, Phase.RINGING, Phase.CONNECTED, Phase.HELD, Phase.CONNECTED)
    entry = course.ended(175.5, Cause(EndedBy.REMOTE, 200, "the other end hung up"))
    assert entry.start_ms == START_MS
    assert entry.answer_ms == START_MS + 10_000
    assert entry.end_ms == START_MS + 75_500
    assert entry.talked_s == 65


def test_who_was_called_first_is_kept() -> None:
    sent_on = replace(view(IN, Phase.RINGING), diverted_by=Party("300", "Chef"))
    course = begun(sent_on, 100.0, START_MS).seen(view(IN, Phase.RINGING), 110.0)
    assert course.ended(120.0, REMOTE_GAVE_UP).via == "300 Chef"


def test_a_call_that_runs_has_no_end_and_would_be_missed() -> None:
    entry = course_of(IN, Phase.RINGING).running()
    assert (entry.kind, entry.answer_ms, entry.end_ms, entry.talked_s) == (
        CallKind.MISSED,
        None,
        None,
        0,
    )


def test_the_headset_that_was_pulled_out_is_still_the_one_that_carried_it() -> None:
    course = course_of(IN, Phase.RINGING, Phase.CONNECTED)
    without = CallView(CALL, LINE, IN, Phase.CONNECTED, Party("201"), 0, None)
    assert course.seen(without, 130.0).ended(140.0, REMOTE_GAVE_UP).device == HEADSET


def test_the_last_known_name_is_kept_and_a_foreign_reason_is_cut() -> None:
    course = course_of(IN, Phase.RINGING).seen(view(IN, Phase.RINGING, "Ada"), 110.0)
    entry = course.ended(120.0, Cause(EndedBy.REMOTE, 480, "x" * 999))
    assert entry.name == "Ada"
    assert len(entry.reason) == 200


def test_a_contact_names_the_other_end_and_a_call_that_is_over_is_left_alone() -> None:
    call = Call(CALL, LINE, IN, Phase.RINGING, Party("201", "network name"), 0.0)
    event = PartyNamed(1.0, CALL, "Ida Innen", "Acme")
    state, effects = party_named(State(calls=(call,)), event)
    assert state.calls[0].remote == Party("201", "Ida Innen", "Acme")
    assert effects == []
    assert party_named(State(), event) == (State(), [])
