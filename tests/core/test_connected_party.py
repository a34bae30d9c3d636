"""The PBX says whom a call of ours has reached."""

import pytest

from bridge.core.sip import remote_changed
from bridge.core.state import Call, State
from bridge.model.calls import Direction, Party, Phase
from bridge.model.events import RemoteChanged
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Verb
from tests.core.driver import Desk

CALL = CallId("c1")


@pytest.mark.parametrize(
    ("target", "shown"),
    [("**201", "205"), ("sip:205-0x1f@192.0.2.7:5060", "205"), ("112", "112")],
)
def test_who_is_known_to_be_behind_a_code_is_shown_from_the_start(target: str, shown: str) -> None:
    desk = Desk().ready()
    desk.gives(Intent(Verb.DIAL, target=target, behind="205"))
    assert desk.state.calls[0].remote.number == shown


@pytest.mark.parametrize(
    ("dialled", "told", "shown"),
    [
        (Party("**201"), Party("202", "Cleo"), Party("202", "Cleo")),
        (Party("201", "Anna", "Acme"), Party("202"), Party("202")),
        (Party("201"), Party("201", "Anna"), Party("201", "Anna")),
        (Party("201", "our Anna", "Acme"), Party("201", "A."), Party("201", "our Anna", "Acme")),
        (Party("089 123456"), Party("+4989123456", "X"), Party("089 123456", "X")),
        (Party("112"), Party("+49301234", "control room"), Party("112")),
    ],
)
def test_what_is_shown(dialled: Party, told: Party, shown: Party) -> None:
    out = Direction.OUTGOING
    call = Call(CALL, AccountId("desk"), out, Phase.CONNECTED, dialled, 0.0)
    state, effects = remote_changed(State(calls=(call,)), RemoteChanged(1.0, CALL, told))
    assert state.calls[0].remote == shown
    assert effects == []
