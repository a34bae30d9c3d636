"""Bodies of ``message-summary``: those of RFC 3842, of real servers, and hostile ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.calls import Mailbox
from bridge.protocols.sip_mailbox import MAX_MESSAGES, mailbox_of

HEAD = "NOTIFY sip:200@127.0.0.1 SIP/2.0\r\nEvent: message-summary\r\n\r\n"

BODIES = {
    # RFC 3842 section 5.2, the example of the RFC
    "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
    "Voice-Message: 2/8 (0/2)\r\n": Mailbox(waiting=True, new=2, old=8),
    "Messages-Waiting: no\r\n": Mailbox(waiting=False),
    "Messages-Waiting: yes\r\n": Mailbox(waiting=True),
    "messages-waiting : YES\nvoice-message:1/0\n": Mailbox(waiting=True, new=1),
    # only a fax waits: the lamp is for voice
    "Messages-Waiting: yes\r\nVoice-Message: 0/3 (0/0)\r\nFax-Message: 1/0\r\n": Mailbox(
        waiting=False, new=0, old=3
    ),
    "Messages-Waiting: yes\r\nVoice-Message: 123456789/1\r\n": Mailbox(
        waiting=True, new=MAX_MESSAGES, old=1
    ),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_summary_is_understood(body: str) -> None:
    assert mailbox_of(HEAD + body) == BODIES[body]


@pytest.mark.parametrize(
    "body", ["", "Voice-Message: 2/8\r\n", "Messages-Waiting: perhaps\r\n", "Messages-Waiting:"]
)
def test_what_is_no_summary_tells_nothing(body: str) -> None:
    assert mailbox_of(HEAD + body) is None


def test_headers_are_not_taken_for_the_body() -> None:
    assert mailbox_of("NOTIFY sip:x SIP/2.0\r\nMessages-Waiting: yes\r\n\r\n") is None


@given(st.text())
def test_hostile_text_never_raises(text: str) -> None:
    found = mailbox_of(HEAD + text)
    assert found is None or 0 <= found.new <= MAX_MESSAGES
