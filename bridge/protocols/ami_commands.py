"""What an Asterisk is asked: lists, and orders as actions (page: ``ami.md``). Pure."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.model.asterisk import DialPlan, Family
from bridge.model.blf import Extension, PresenceState
from bridge.model.forwarding import DEFAULT_PROFILE, To, When
from bridge.model.pbx import SetForwarding, SetPresence
from bridge.protocols.ami import Action, Message
from bridge.protocols.mqtt_envelope import TEXT_CHARS

RING_MS = 30_000  # how long a telephone rings that shall call somebody

ASTERISK_NAMES = frozenset(
    {
        *("pickup", "fetch", "originate", "end_calls", "dnd", "presence", "forward"),
        *("queue_login", "queue_logout", "park", "redirect"),
    }
)
"""The commands an Asterisk can do; it knows no forwarding profiles."""

FAMILIES = {
    When.ALWAYS: Family.ALWAYS,
    When.BUSY: Family.BUSY,
    When.NO_ANSWER: Family.NO_ANSWER,
}
_PRESENCES = {
    PresenceState.NONE: "not_set",
    PresenceState.AVAILABLE: "available",
    PresenceState.AWAY: "away",
    PresenceState.DND: "dnd",
    PresenceState.INVISIBLE: "unavailable",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the whole picture.

    Args:
        action: asks for it.
        need: permission it needs, in words for the administrator; empty = it is needed at all.
        what: what is not shown without it.
    """

    action: Action
    need: str
    what: str


CONTACTS = Listing(Action("PJSIPShowContacts"), "system", "telephones")
NO_CONTACTS = "No Contacts found"  # the answer where nothing is registered
HINTS = Listing(Action("ExtensionStateList"), "call or reporting", "extensions")
LISTINGS = (
    HINTS,
    Listing(Action("PresenceStateList"), "call or reporting", "presence"),
    Listing(Action("VoicemailUsersList"), "call or reporting", "mailboxes"),
    Listing(Action("ParkedCalls"), "call", "parked calls"),
    Listing(Action("Parkinglots"), "call", "free park slots"),
    Listing(Action("QueueStatus"), "any", "queues"),
)
"""Parked calls come before the lots: what is free then is free."""


def read_family(name: str) -> Action:
    """Return what lists a family of AstDB."""
    return Action("DBGetTree", {"Family": name})


def entries_of(name: str, events: Iterable[Message]) -> dict[str, str]:
    """Return the keys and values in the answer to ``read_family``."""
    prefix = f"/{name}/"
    return {
        key.removeprefix(prefix): event.get("Val")
        for event in events
        if event.event == "DBGetTreeResponse" and (key := event.get("Key")).startswith(prefix)
    }


def write_family(name: str, extension: Extension, value: str) -> Action:
    """Return what puts a value, or takes it back when it is empty."""
    where = {"Family": name, "Key": extension}
    return Action("DBPut", {**where, "Val": value}) if value else Action("DBDel", where)


def device_action(device: str, extension: Extension, *, busy: bool) -> Action:
    """Return what changes a device that stands for a switch, such as ``Custom:DND200``."""
    name = f"DEVICE_STATE({device.format(extension)})"
    return Action("Setvar", {"Variable": name, "Value": "INUSE" if busy else "NOT_INUSE"})


def presence_action(order: SetPresence) -> Action | str:
    """Return what says a presence, or why it cannot be said.

    The text goes in Base64 (option ``e``), so that its commas stay text.
    """
    word = _PRESENCES.get(order.presence)
    if word is None:
        return f"asterisk knows no presence {order.presence.value}"
    if order.until_ms:
        return "asterisk cannot end a presence by itself: say it without an end"
    text = base64.b64encode(order.text[:TEXT_CHARS].encode()).decode()
    value = f"{word},,{text},e" if text else f"{word},,"
    name = f"PRESENCE_STATE(CustomPresence:{order.extension})"
    return Action("Setvar", {"Variable": name, "Value": value})


def forward_target(order: SetForwarding) -> str:
    """Return what AstDB shall hold, empty to take it back.

    Raises:
        ValueError: it cannot be said; the text is for the asker.
    """
    if order.profile != DEFAULT_PROFILE or order.caller is not None:
        raise ValueError("asterisk knows no forwarding profiles, and no rules for single callers")
    if order.when not in FAMILIES:
        raise ValueError("asterisk forwards calls of an unreachable telephone as not answered")
    if order.target is None:
        return ""
    if order.target.to is not To.NUMBER:
        raise ValueError(f"asterisk cannot forward to {order.target.to.value}: name a number")
    return order.target.number


def call_action(plan: DialPlan, extension: Extension, number: str) -> Action:
    """Return what rings a telephone, and once it is lifted dials a number from it."""
    return Action(
        "Originate",
        {
            "Channel": plan.channel.format(extension),
            "Context": plan.context,
            "Exten": number,
            "Priority": "1",
            "Timeout": str(RING_MS),
            "CallerID": f"{extension} <{extension}>",
            "Async": "true",
        },
    )


def redirect_action(plan: DialPlan, channel: str, number: str) -> Action:
    """Return what sends one end of a call to a number."""
    where = {"Context": plan.context, "Exten": number, "Priority": "1"}
    return Action("Redirect", {"Channel": channel, **where})


def park_action(plan: DialPlan, channel: str, by: str, slot: Extension) -> Action:
    """Return what parks one end of a call; ``by`` is called back when nobody fetches it."""
    where = {"Channel": channel, "TimeoutChannel": by, "ParkingSpace": slot}
    return Action("Park", where | ({"Parkinglot": plan.lot} if plan.lot else {}))


def hangup_action(channel: str) -> Action:
    """Return what ends one end of a call; 16 = normal clearing (Q.850)."""
    return Action("Hangup", {"Channel": channel, "Cause": "16"})


def serve_action(
    plan: DialPlan, queue: Extension, extension: Extension, interface: str, *, logged_in: bool
) -> Action:
    """Return what puts an agent into a queue, or takes him out.

    ``interface`` is what the queue calls him, empty while he is not in it.
    """
    name = interface or (plan.queue_channel or plan.channel).format(extension)
    where = {"Queue": queue, "Interface": name}
    if not logged_in:
        return Action("QueueRemove", where)
    device = plan.channel.format(extension)
    return Action("QueueAdd", where if name == device else {**where, "StateInterface": device})


# -- calls there are --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leg:
    """One end of a call.

    Args:
        channel: its name, such as ``PJSIP/200-00000012``.
        bridge: with whom it talks; empty while it talks with nobody.
    """

    channel: str
    bridge: str


def legs_in(events: Iterable[Message]) -> list[Leg]:
    """Return the ends of all calls, from the answer to ``CoreShowChannels``."""
    return [
        Leg(event.get("Channel"), event.get("BridgeId"))
        for event in events
        if event.event == "CoreShowChannel"
    ]


def legs_of(plan: DialPlan, extension: Extension, legs: Iterable[Leg]) -> list[Leg]:
    """Return the ends at an extension's telephones."""
    prefix = plan.channel.format(extension) + "-"
    return [leg for leg in legs if leg.channel.startswith(prefix)]


def other_ends(own: Iterable[Leg], legs: Iterable[Leg]) -> Mapping[str, str]:
    """Return who talks with an extension: the channel, and our own one in that call."""
    bridges = {leg.bridge: leg.channel for leg in own if leg.bridge}
    mine = set(bridges.values())
    return {
        leg.channel: bridges[leg.bridge]
        for leg in legs
        if leg.bridge in bridges and leg.channel not in mine
    }
