"""A second server while the first does not answer, and the way back."""

import asyncio
import socket
from dataclasses import replace

import pytest

from bridge.engine.knock import answers
from bridge.model.calls import RegistrationState
from bridge.model.effects import EndCall, PlaceCall
from bridge.model.engine import AccountSettings, Transport
from bridge.model.events import RegistrationChanged
from tests.engine.mailbox_pbx import MailboxPbx
from tests.engine.phones import LINE, Phone, new_call, quiet_settings

LOOK_BACK_S = 1.0


def registered(event: RegistrationChanged) -> bool:
    """Say whether a line is in use."""
    return event.state is RegistrationState.REGISTERED


@pytest.fixture
def dead() -> str:
    """An address where nobody answers: the port is taken, and mute."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


async def test_the_second_server_is_used_and_left_when_the_first_is_back() -> None:
    first, second = MailboxPbx(), MailboxPbx()
    account = AccountSettings(LINE, "200", first.address, fallback=second.address, mailbox=False)
    settings = replace(quiet_settings(), look_back_s=LOOK_BACK_S)
    with second:
        async with Phone("200", settings, [account]) as phone:
            await phone.log.until(RegistrationChanged, where=registered, patience_s=30)
            seen = len(phone.log.events)
            with first:  # answers from now on
                await phone.log.until(
                    RegistrationChanged, where=registered, after=seen, patience_s=30
                )
    assert not second.calls


async def test_nobody_is_cut_off_by_the_return() -> None:
    first, second = MailboxPbx(), MailboxPbx()
    account = AccountSettings(LINE, "200", first.address, fallback=second.address, mailbox=False)
    settings = replace(quiet_settings(), look_back_s=LOOK_BACK_S)
    with second:
        async with Phone("200", settings, [account]) as phone:
            await phone.log.until(RegistrationChanged, where=registered, patience_s=30)
            call = new_call()
            phone.engine.order(PlaceCall(call, LINE, "201"))
            await asyncio.to_thread(second.wait_for_call)
            seen = len(phone.log.events)
            with first:
                await asyncio.to_thread(first.wait_for_knock)
                moved = [e for e in phone.log.events[seen:] if isinstance(e, RegistrationChanged)]
                assert not moved, "a call is under way on the second server"
                phone.engine.order(EndCall(call))
                seen = len(phone.log.events)
                await phone.log.until(
                    RegistrationChanged, where=registered, after=seen, patience_s=30
                )


def test_a_server_that_answers_is_told_from_one_that_does_not(dead: str) -> None:
    with MailboxPbx() as pbx:
        assert answers(pbx.address, Transport.UDP)
        assert not answers(dead, Transport.UDP)
        assert not answers(pbx.address, Transport.TCP)
    assert not answers("no.such.name.invalid", Transport.UDP)
