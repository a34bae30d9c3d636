"""What an Asterisk's administrator has named: where it is, and the words of its dial plan."""

from dataclasses import dataclass, field
from enum import Enum


class Family(Enum):
    """What is kept in AstDB, each in a family of its own, by extension."""

    DND = "dnd"
    ALWAYS = "always"
    BUSY = "busy"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class DialPlan:
    """The words of a dial plan; the defaults are FreePBX's.

    Args:
        channel: what is dialled to ring a telephone; ``{}`` is the extension.
        context: where numbers are dialled for an extension.
        hints: contexts whose hints count; empty = all.
        mailboxes: context of voicemail.conf.
        lot: parking lot; empty = all, and Asterisk's own default for parking.
        pickup: dialled before an extension, picks up what rings there; empty = it cannot.
        queue_channel: what a queue calls an agent by; empty = as ``channel``.
        families: of AstDB; one that is missing is not read, and not written.
        dnd_device: device that follows do not disturb, for lamps of desk phones; empty = none.
    """

    channel: str = "PJSIP/{}"
    context: str = "from-internal"
    hints: frozenset[str] = frozenset()
    mailboxes: str = "default"
    lot: str = ""
    pickup: str = "**"
    queue_channel: str = ""
    families: tuple[tuple[Family, str], ...] = (
        (Family.DND, "DND"),
        (Family.ALWAYS, "CF"),
        (Family.BUSY, "CFB"),
        (Family.NO_ANSWER, "CFU"),
    )
    dnd_device: str = ""


@dataclass(frozen=True, slots=True)
class AriSettings:
    """How the REST interface is reached, on the host of the manager interface.

    Args:
        port: 1..65535, of http.conf.
        user: of ari.conf; ``read_only`` is enough.
        secret: of ari.conf.
        tls: encrypted, and the certificate checked as that of the manager interface.
    """

    port: int = 8088
    user: str = "offhook"
    secret: str = field(default="", repr=False)
    tls: bool = False


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """How the manager interface is reached.

    Args:
        host: name or address.
        port: 1..65535.
        user: of manager.conf.
        secret: of manager.conf.
        tls: encrypted, and the certificate checked.
        ca_file: PEM of who is trusted; empty = those of the system.
        plan: words of the dial plan.
        poll_s: how often AstDB is read, seconds: it says nothing by itself.
        ari: who calls whom; None = not asked.
    """

    host: str = "127.0.0.1"
    port: int = 5038
    user: str = "offhook"
    secret: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    plan: DialPlan = field(default_factory=DialPlan)
    poll_s: float = 10.0
    ari: AriSettings | None = None
