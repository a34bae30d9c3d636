"""Voice messages at the PBX: asked for, told, and believed from the PBX alone (RFC 3842)."""

import asyncio
import socket

from bridge.model.calls import Mailbox, RegistrationState
from bridge.model.engine import AccountSettings
from bridge.model.events import MailboxChanged
from tests.engine.mailbox_pbx import MailboxPbx
from tests.engine.phones import LINE, Phone


async def test_the_pbx_tells_how_many_messages_wait_and_a_stranger_is_not_believed() -> None:
    with MailboxPbx() as pbx, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        async with Phone("200", accounts=[AccountSettings(LINE, "200", pbx.address)]) as phone:
            await phone.registration(state=RegistrationState.REGISTERED)
            await asyncio.to_thread(pbx.wait_for_subscription)
            pbx.notify("yes", "2/8 (0/2)")
            first = await phone.log.until(MailboxChanged)
            assert (first.account, first.mailbox) == (LINE, Mailbox(waiting=True, new=2, old=8))
            pbx.notify("yes", "9/9 (0/0)", by=stranger)
            pbx.notify("yes", "2/8 (0/2)")  # no news: not told again; read after the stranger's
            pbx.notify("no", "0/10 (0/2)")
            await phone.log.until(MailboxChanged, where=lambda e: not e.mailbox.waiting)
            pbx.notify_unasked("yes", "3/0 (0/0)")
            await phone.log.until(MailboxChanged, where=lambda e: e.mailbox.new == 3)
            assert [e.mailbox.new for e in phone.log.of(MailboxChanged)] == [2, 0, 3]


async def test_nothing_is_asked_where_the_account_says_so() -> None:
    with MailboxPbx() as pbx:
        account = AccountSettings(LINE, "200", pbx.address, mailbox=False)
        async with Phone("200", accounts=[account]) as phone:
            await phone.registration(state=RegistrationState.REGISTERED)
        # The un-REGISTER came after anything the engine could have asked.
        assert not pbx.was_asked
