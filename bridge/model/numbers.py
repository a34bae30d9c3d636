"""The words of numbers: what was typed, what is dialled, who may be called and what it may cost."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.ids import AccountId

EMERGENCY_ANYWHERE = frozenset({"112", "911"})
"""ITU-T E.161.1: the two numbers a telephone should know wherever it is."""

EMERGENCY_UNPLACED = EMERGENCY_ANYWHERE | {"110", "999"}
"""Without a country: Germany's and the United Kingdom's as well."""


class Send(Enum):
    """How the PBX wants public numbers. The values are those of the configuration."""

    TYPED = "typed"  # cleaned, in the shape in which they were typed
    E164 = "e164"  # +4989123456
    IDD = "idd"  # 004989123456
    NATIONAL = "national"  # 089123456; those abroad as for IDD


class Kind(Enum):
    """What a text to dial turned out to be."""

    EMERGENCY = "emergency"
    EXTENSION = "extension"
    CODE = "code"  # star code: the PBX knows what it means
    SERVICE = "service"  # public short number, such as 116117
    LOCAL = "local"  # digits that could not be placed: the PBX knows
    NATIONAL = "national"
    INTERNATIONAL = "international"
    ADDRESS = "address"  # SIP address, or the name of a user


class Tariff(Enum):
    """What a call costs, as far as a number tells."""

    NORMAL = "normal"
    FREE = "free"
    SHARED = "shared-cost"
    PREMIUM = "premium"
    SATELLITE = "satellite"
    UNKNOWN = "unknown"  # the number fits no numbering plan


@dataclass(frozen=True, slots=True)
class DigitRange:
    """Numbers from ``first`` to ``last``, both with the same count of digits.

    ``+`` in front of both: compared with the international form.
    """

    first: str
    last: str

    def holds(self, number: str) -> bool:
        """Say whether a number lies in the range."""
        return len(number) == len(self.first) and self.begins(number)

    def begins(self, number: str) -> bool:
        """Say whether a number begins with one of the range."""
        head = number[: len(self.first)]
        return len(head) == len(self.first) and self.first <= head <= self.last


@dataclass(frozen=True, slots=True)
class DialPlan:
    """How numbers are read and sent on one account.

    Args:
        country: ISO 3166 code; empty = not known, national numbers go as they are typed.
        calling_code: of the country, such as ``49``.
        idd: what is dialled before a country code there, such as ``00``.
        area: area code without the leading 0, for local numbers; empty = not known.
        extensions: internal numbers; empty = everything of up to 5 digits that begins with no 0.
        outside: what the PBX wants before public numbers, such as ``0``.
        send: how the PBX wants public numbers.
        emergency: numbers that reach the line whatever else is set.
        hosts: host parts that mean this account's own PBX; empty = there is none.
    """

    country: str = ""
    calling_code: str = ""
    idd: str = "00"
    area: str = ""
    extensions: tuple[DigitRange, ...] = ()
    outside: str = ""
    send: Send = Send.TYPED
    emergency: frozenset[str] = EMERGENCY_UNPLACED
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dialable:
    """A text that can be dialled.

    Args:
        target: what is sent: digits, a star code, or a SIP address.
        kind: what it is.
        shown: for people; dialling it again gives the same target.
        number: what to call the other end in lists: the international form, but where the PBX
            gets numbers as typed what is sent, because it may not know another.
        e164: international form with ``+``, where it is known.
        country: ISO 3166 code of where it leads, where it is known.
        tariff: what it costs, as far as the number tells.
        spellings: the number in every form a barring rule may name.
        is_internal: it stays inside the PBX.
        forwards: a star code that sets up forwarding to the number.
        later: digits to be pressed once the call is up, a ``,`` for each pause; may be a secret.
        steps: how it was read, one sentence each.
    """

    target: str
    kind: Kind
    shown: str
    number: str = ""
    e164: str = ""
    country: str = ""
    tariff: Tariff = Tariff.NORMAL
    spellings: tuple[str, ...] = ()
    is_internal: bool = False
    forwards: bool = False
    later: str = field(default="", repr=False)
    steps: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that is not dialled.

    Args:
        reason: one sentence, with the way out; without the number itself.
        steps: how far it was read.
    """

    reason: str
    steps: tuple[str, ...] = field(default=(), compare=False)


# -- who may be called --------------------------------------------------------


class Group(Enum):
    """Numbers a barring rule may name by a word. The values are those of the configuration."""

    ALL = "all"
    INTERNAL = "internal"
    ABROAD = "abroad"
    PREMIUM = "premium"
    SATELLITE = "satellite"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class BarRule:
    """One entry of a list.

    Args:
        text: as configured, for the refusal.
        numbers: numbers that begin with one of these, or a group.
    """

    text: str
    numbers: DigitRange | Group


@dataclass(frozen=True, slots=True)
class Barring:
    """Which numbers are barred: the most specific rule decides, of equal ones the denial.

    Args:
        allow: rules of what may pass. Without a denial beside them everything else is barred.
        deny: rules of what may not.
    """

    allow: tuple[BarRule, ...] = ()
    deny: tuple[BarRule, ...] = ()


class Reach(Enum):
    """How far somebody may call. The values are those of the configuration."""

    INTERNAL = "internal"  # extensions of the same PBX
    NATIONAL = "national"  # and numbers of the country that cost no more than a call
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class DialLimits:
    """What may be dialled off the devices: by MQTT, command line, link or page.

    Args:
        per_10_s: calls that one source may start in 10 s.
        per_hour: and in an hour.
        at_once: outgoing calls at the same time.
        countries: ISO 3166 codes that may be called; empty = all.
        premium: premium-rate numbers may be called.
        satellite: satellite telephones may be called.
    """

    per_10_s: int = 3
    per_hour: int = 30
    at_once: int = 2
    countries: frozenset[str] = frozenset()
    premium: bool = False
    satellite: bool = False


@dataclass(frozen=True, slots=True)
class NumberRules:
    """All that was configured about numbers.

    ``reaches`` says how far those sources may call that anybody may be (a screen in a room).
    """

    plans: tuple[tuple[AccountId, DialPlan], ...] = ()
    outgoing: Barring = Barring()
    incoming: Barring = Barring()
    forwarded: Barring = Barring()
    limits: DialLimits = DialLimits()
    reaches: tuple[tuple[str, Reach], ...] = ()

    def reach_of(self, source: str) -> Reach | None:
        """Return how far somebody may call whom nobody knows; None where we know who asks."""
        return dict(self.reaches).get(source)

    def plan_of(self, account: AccountId | None) -> DialPlan:
        """Return the plan of an account; of the first where none is named."""
        if account is None and self.plans:
            return self.plans[0][1]
        return next((plan for name, plan in self.plans if name == account), DialPlan())
