"""Lamps that show no call: messages that wait, do not disturb."""

from dataclasses import replace

from bridge.core.state import Line
from bridge.model.calls import Cause, EndedBy, Mailbox, Phase, RegistrationState
from bridge.model.effects import AnnounceCall, RejectCall, SetIndication
from bridge.model.events import MailboxChanged, RegistrationChanged, SystemResumed
from bridge.model.hid import Control, Indication
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Outcome, Verb
from tests.core.driver import DESK, HEADSET, Desk, info

WAITING = Indication(message_waiting=True)


def told(desk: Desk, new: int) -> Desk:
    """Let the PBX tell how many messages wait."""
    desk.feed(MailboxChanged(desk.now, DESK, Mailbox(new > 0, new)))
    return desk


def test_the_message_lamp_follows_the_mailbox() -> None:
    desk = told(Desk().ready(), 2)
    assert desk.lamps == WAITING
    assert told(desk, 0).lamps == Indication()


def test_messages_of_any_line_count_and_one_emptied_mailbox_is_not_all() -> None:
    desk = Desk().ready()
    other = AccountId("other")
    desk.state = replace(desk.state, lines=(*desk.state.lines, Line(other)))
    told(desk, 1)
    desk.feed(MailboxChanged(desk.now, other, Mailbox(waiting=True)))
    assert told(desk, 0).lamps == WAITING


def test_a_renewed_registration_forgets_no_messages() -> None:
    desk = told(Desk().ready(), 2)
    desk.feed(RegistrationChanged(desk.now, DESK, RegistrationState.FAILED, 503, "down"))
    assert desk.lamps == WAITING


def test_the_message_lamp_stays_through_a_call() -> None:
    desk = told(Desk().ready(), 2)
    desk.arrives()
    assert desk.lamps == replace(WAITING, ring=True)
    desk.ask(Verb.REJECT)
    desk.ends()
    assert desk.lamps == WAITING


def test_a_device_without_such_a_lamp_is_not_written() -> None:
    desk = Desk().ready()
    desk.attach(replace(info(), lamps=frozenset()))
    desk.effects.clear()
    told(desk, 2)
    desk.ask(Verb.DND_ON)
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]


def test_while_another_program_has_a_call_the_lamp_waits_for_its_end() -> None:
    desk = Desk().ready()
    desk.key(Control.HOOK)
    assert desk.headset.foreign
    desk.effects.clear()
    told(desk, 2)
    desk.feed(SystemResumed(desk.now))
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]
    desk.after(1).key(Control.HOOK, on=False)
    assert desk.lamps == WAITING


def test_a_lit_message_lamp_does_not_hide_another_programs_call() -> None:
    desk = told(Desk().ready(), 2)
    desk.key(Control.LINE_BUSY)
    assert desk.headset.foreign


def test_do_not_disturb_refuses_as_busy_and_says_why() -> None:
    desk = Desk().ready()
    assert desk.ask(Verb.DND_ON) == [(Outcome.DONE, "")]
    assert desk.lamps == Indication(do_not_disturb=True)
    effects = desk.arrives("c1")
    assert RejectCall(CallId("c1"), 486) in effects
    cause = Cause(EndedBy.LOCAL, 486, "refused as busy: do not disturb is on")
    assert AnnounceCall(CallId("c1"), None, Phase.ENDED, cause) in effects
    assert desk.ask(Verb.DND_ON) == [(Outcome.DONE, "already on")]
    desk.ask(Verb.DND_OFF)
    desk.arrives("c2")
    assert desk.lamps == Indication(ring=True)


def test_a_call_that_rings_already_rings_on_and_calls_out_go_out() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.DND_ON)
    assert desk.lamps == Indication(ring=True, do_not_disturb=True)
    desk.ask(Verb.REJECT)
    desk.ends()
    assert desk.ask(Verb.DIAL, "201")[0][0] is Outcome.ACCEPTED


def test_the_lamp_comes_back_with_the_device() -> None:
    desk = told(Desk().ready(), 2)
    desk.detach(HEADSET)
    desk.attach(info())
    assert desk.lamps == WAITING
