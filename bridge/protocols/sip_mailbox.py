"""What a NOTIFY of the event package ``message-summary`` says.

``Messages-Waiting: yes`` and, where the PBX counts, ``Voice-Message: 2/8 (0/2)``: new/old, and in
brackets how many of each are urgent.

Source: RFC 3842 section 5.2 (ABNF), 3.5 (body), RFC 3458 (message classes).
"""

import re

from bridge.model.calls import Mailbox

_WAITING = re.compile(r"(?mi)^messages-waiting[ \t]*:[ \t]*(yes|no)[ \t]*$")
_VOICE = re.compile(r"(?mi)^voice-message[ \t]*:[ \t]*(\d{1,9})[ \t]*/[ \t]*(\d{1,9})\b")

MAX_MESSAGES = 9999
"""A mailbox with more says that it has so many."""


def mailbox_of(message: str) -> Mailbox | None:
    """Return what a NOTIFY tells about voice messages, or None when it tells nothing.

    Args:
        message: the whole SIP message; foreign text, any length.

    Fax and text messages set ``Messages-Waiting``, too: where voice messages are counted, only
    they light the lamp.
    """
    body = message.replace("\r\n", "\n").partition("\n\n")[2]
    waiting = _WAITING.search(body)
    if waiting is None:
        return None
    voice = _VOICE.search(body)
    if voice is None:
        return Mailbox(waiting[1].lower() == "yes")
    new, old = (min(int(count), MAX_MESSAGES) for count in voice.groups())
    return Mailbox(waiting[1].lower() == "yes" and new > 0, new, old)
