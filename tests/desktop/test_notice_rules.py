"""Whatever there is to tell: a key is only ever about a call in the phase it is for."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.app.desktop import _KEY_NEEDS, _OF_CALLS
from bridge.desktop.notices import Board, Missed, wanted
from bridge.model.calls import CallView, Direction, LineView, Mailbox, Party, Phase, Snapshot
from bridge.model.calls import RegistrationState as Registration
from bridge.model.desktop import Callers, DesktopSettings, NoticeKind
from bridge.model.ids import AccountId, CallId

LINE = AccountId("desk")
SECRET = Party("0301234567", "Ada Example", "Example & Sons")

calls = st.lists(st.tuples(st.sampled_from(Phase), st.sampled_from(Direction)), max_size=3).map(
    lambda rows: tuple(
        CallView(CallId(f"c{at}"), LINE, direction, phase, SECRET, 0, diverted_by=SECRET)
        for at, (phase, direction) in enumerate(rows)
    )
)
boards = st.builds(
    Board,
    st.builds(
        lambda views, box: Snapshot(views, lines=(LineView(LINE, Registration.NONE, mailbox=box),)),
        calls,
        st.none() | st.builds(Mailbox, st.booleans(), st.integers(0, 3)),
    ),
    voicemail=st.sampled_from([frozenset[AccountId](), frozenset({LINE})]),
    held_long=st.frozensets(st.sampled_from([CallId("c0"), CallId("c1"), CallId("c9")])),
    missed=st.sampled_from([(), (Missed(LINE, SECRET),), (Missed(LINE, SECRET),) * 2]),
    mail=st.sampled_from([frozenset[AccountId](), frozenset({LINE})]),
    freed=st.sampled_from([(), ((3, SECRET.name),)]),
)
settings = st.builds(
    DesktopSettings,
    enabled=st.just(True),
    notices=st.frozensets(st.sampled_from(NoticeKind)),
    callers=st.sampled_from(Callers),
)


@given(boards, settings)
def test_a_key_about_a_call_names_one_that_is_as_the_key_needs_it(
    board: Board, wishes: DesktopSettings
) -> None:
    phases = {str(view.call): view.phase for view in board.view.calls}
    words = [key.split(" ") for one in wanted(board, wishes).values() for key, _ in one.keys]
    about_calls = [(word, rest[0]) for word, *rest in words if word in _OF_CALLS]
    assert all(phases[call] is _KEY_NEEDS[_OF_CALLS[word]] for word, call in about_calls)


@given(boards, settings)
def test_what_is_not_to_be_seen_is_nowhere_on_the_screen(
    board: Board, wishes: DesktopSettings
) -> None:
    text = "".join(f"{n.summary} {n.body} {n.keys}" for n in wanted(board, wishes).values())
    if wishes.callers is not Callers.FULL:
        assert "Ada" not in text
        assert "0301234567" not in text
        assert "Sons" not in text
    assert (not wishes.notices) <= (not text)
