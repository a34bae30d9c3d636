"""What an Asterisk says of extensions, slots, queues and mailboxes, as facts (page: ``ami.md``).

Pure. Subjects that the contract cannot say (``*76200``, ``_2XX``) are passed over in silence: a
dial plan is full of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.model.asterisk import DialPlan, Family
from bridge.model.blf import (
    Extension,
    ForwardingFact,
    LineFact,
    LineState,
    MailboxFact,
    PresenceFact,
    PresenceState,
    QueueFact,
    QueueMember,
)
from bridge.model.calls import Mailbox, Party
from bridge.model.forwarding import DEFAULT_PROFILE
from bridge.model.pbx import ParkFact, PbxFact, RegistrationFact
from bridge.model.redaction import printable
from bridge.protocols.ami import Message
from bridge.protocols.ami_commands import FAMILIES
from bridge.protocols.mqtt_envelope import TEXT_CHARS, RefusedError
from bridge.protocols.pbx_states import MAX_MESSAGES, MAX_TELEPHONES, MAX_WAITING, Refusal
from bridge.protocols.pbx_topics import is_subject

MAX_SLOTS = 1000  # of one parking lot
_MAX_SPACE = 10**9

_LINES = {  # ``Status`` of ExtensionStatus; ringing beats busy beats held
    "-2": LineState.UNKNOWN,  # the extension was removed from the dial plan
    "-1": LineState.UNKNOWN,  # its hint was removed
    "0": LineState.FREE,
    "1": LineState.BUSY,  # in use, may take more calls
    "2": LineState.BUSY,
    "4": LineState.OFFLINE,
    "8": LineState.RINGING,
    "9": LineState.RINGING,  # in use and ringing
    "16": LineState.HELD,
    "17": LineState.BUSY,  # in use and on hold
}
_PRESENCES = {
    "not_set": PresenceState.NONE,
    "available": PresenceState.AVAILABLE,
    "chat": PresenceState.AVAILABLE,
    "away": PresenceState.AWAY,
    "xa": PresenceState.AWAY,
    "dnd": PresenceState.DND,
    "unavailable": PresenceState.INVISIBLE,
}
_GONE = frozenset({"Removed", "Unreachable"})  # one that does not answer cannot be called
_AGENT_CHARS = 64
_OFF = frozenset({"", "0", "no", "off", "false"})
_NOBODY = frozenset({"", "<unknown>", "unknown"})


@dataclass(slots=True)
class _Queue:
    waiting: int = 0
    members: dict[Extension, tuple[QueueMember, str]] = field(default_factory=dict)


@dataclass(slots=True)
class AsteriskReader:
    """Events to facts; remembers what has to be put together.

    Args:
        plan: how the dial plan names things.
    """

    plan: DialPlan
    _contexts: dict[Extension, str] = field(default_factory=dict)
    _presences: dict[Extension, PresenceFact] = field(default_factory=dict)
    _families: dict[Family, dict[Extension, str]] = field(default_factory=dict)
    _queues: dict[Extension, _Queue] = field(default_factory=dict)
    _parked: set[Extension] = field(default_factory=set)
    _telephones: dict[Extension, dict[str, str]] = field(default_factory=dict)  # address: agent

    def forget(self) -> None:
        """A new picture begins."""
        for known in (self._contexts, self._presences, self._families, self._queues):
            known.clear()
        self._telephones.clear()
        self._parked.clear()

    def take(self, event: Message) -> list[PbxFact] | Refusal:
        """Return the facts in an event, none for one that is not about us.

        Args:
            event: foreign, any values.
        """
        read = _READERS.get(event.event)
        if read is None:
            return []
        try:
            return read(self, event)
        except RefusedError as why:
            return Refusal("content", f"{event.event}: {why}")

    def family(self, family: Family, entries: Mapping[str, str]) -> list[PbxFact]:
        """Return what follows from a family of AstDB; what is no longer in it ends.

        Args:
            family: which.
            entries: everything in it, by key.
        """
        known = {
            Extension(key): value
            for key, value in entries.items()
            if is_subject(key) and value.strip().lower() not in _OFF
        }
        before = self._families.get(family, {})
        self._families[family] = known
        changed = sorted(set(before) | set(known))
        if family is Family.DND:
            return [self._presence_of(extension) for extension in changed]
        return [self._forwarding_of(extension) for extension in changed]

    def holds(self, family: Family, extension: Extension) -> str:
        """Return what a family said last of an extension, empty for nothing."""
        return self._families.get(family, {}).get(extension, "")

    def is_parked(self, slot: Extension) -> bool:
        """Return whether somebody waits in a slot."""
        return slot in self._parked

    def interface(self, queue: Extension, extension: Extension) -> str:
        """Return what an agent is called in a queue, empty when he is not in it."""
        known = self._queues.get(queue, _Queue())
        return known.members[extension][1] if extension in known.members else ""

    def queues_of(self, extension: Extension) -> list[Extension]:
        """Return the queues an agent is in."""
        return [name for name, queue in self._queues.items() if extension in queue.members]

    def begin_telephones(self) -> None:
        """The list of telephones follows (``ContactList``)."""
        self._telephones.clear()

    def telephones(self) -> list[PbxFact]:
        """Return how many telephones each extension with a hint has, none included."""
        return [self._registration(extension) for extension in self._contexts]

    # -- events ---------------------------------------------------------------

    def telephone(self, event: Message) -> list[PbxFact]:
        """``ContactList``: one of them; what follows is said after the last."""
        self._note_telephone(event.get("Endpoint"), event.get("Status"), event)
        return []

    def telephone_changed(self, event: Message) -> list[PbxFact]:
        """``ContactStatus``: one has come, or gone."""
        name = event.get("EndpointName")
        self._note_telephone(name, event.get("ContactStatus"), event)
        extension = Extension(name)
        return [self._registration(extension)] if extension in self._contexts else []

    def line(self, event: Message) -> list[PbxFact]:
        """``ExtensionStatus``. Of two contexts with one extension, the first that spoke counts."""
        name, context = event.get("Exten"), event.get("Context")
        if not is_subject(name) or name.startswith("_"):
            return []
        if self.plan.hints and context not in self.plan.hints:
            return []
        extension = Extension(name)
        if self._contexts.setdefault(extension, context) != context:
            return []
        if _is_slot_hint(event.get("Hint")):
            return []  # the slot itself is told by its own events
        state = _LINES.get(event.get("Status"))
        if state is None:
            raise RefusedError(f"Status is none of {', '.join(_LINES)}")
        return [LineFact(extension, state)]

    def presence(self, event: Message) -> list[PbxFact]:
        """``PresenceStateChange`` of ``CustomPresence:200``."""
        provider, _, name = event.get("Presentity").partition(":")
        if provider != "CustomPresence" or not is_subject(name):
            return []
        state = _PRESENCES.get(event.get("Status"))
        if state is None:
            raise RefusedError(f"Status is none of {', '.join(_PRESENCES)}")
        extension = Extension(name)
        text = printable(event.get("Message"), TEXT_CHARS)
        self._presences[extension] = PresenceFact(extension, state, text)
        return [self._presence_of(extension)]

    def mailbox(self, event: Message) -> list[PbxFact]:
        """``MessageWaiting`` of ``200@default``."""
        name, _, context = event.get("Mailbox").partition("@")
        new, old = _number(event, "New", MAX_MESSAGES), _number(event, "Old", MAX_MESSAGES)
        waits = event.get("Waiting") not in ("", "0")
        return self._mailbox(name, context, Mailbox(waits or new > 0, new, old))

    def voicemail_user(self, event: Message) -> list[PbxFact]:
        """``VoicemailUserEntry``."""
        new = _number(event, "NewMessageCount", MAX_MESSAGES)
        old = _number(event, "OldMessageCount", MAX_MESSAGES)
        box = Mailbox(new > 0, new, old)
        return self._mailbox(event.get("VoiceMailbox"), event.get("VMContext"), box)

    def lot(self, event: Message) -> list[PbxFact]:
        """``Parkinglot``: slots nobody has been heard in are free."""
        if self.plan.lot and event.get("Name") != self.plan.lot:
            return []
        first = _number(event, "StartSpace", _MAX_SPACE)
        last = min(_number(event, "StopSpace", _MAX_SPACE), first + MAX_SLOTS - 1)
        slots = (Extension(str(slot)) for slot in range(first, last + 1))
        return [_free(slot) for slot in slots if slot not in self._parked]

    def parked(self, event: Message) -> list[PbxFact]:
        """``ParkedCall``."""
        slot = self._slot(event)
        if slot is None:
            return []
        self._parked.add(slot)
        number, name = event.get("ParkeeCallerIDNum"), event.get("ParkeeCallerIDName")
        peer = None if number in _NOBODY else Party(printable(number), _known(name))
        return [ParkFact(LineFact(slot, LineState.PARKED, None, peer))]

    def unparked(self, event: Message) -> list[PbxFact]:
        """``UnParkedCall``, ``ParkedCallGiveUp``, ``ParkedCallTimeOut``."""
        slot = self._slot(event)
        if slot is None:
            return []
        self._parked.discard(slot)
        return [_free(slot)]

    def queue(self, event: Message) -> list[PbxFact]:
        """``QueueParams``: the members follow in events of their own."""
        name = event.get("Queue")
        if not is_subject(name):
            return []
        waiting = _number(event, "Calls", MAX_WAITING)
        self._queues[Extension(name)] = _Queue(waiting)
        return [self._queue_of(Extension(name))]

    def member(self, event: Message) -> list[PbxFact]:
        """``QueueMember`` (in lists) and events about a member who is there."""
        found = self._member(event)
        if found is None:
            return []
        queue, extension, interface = found
        paused = event.get("Paused") not in ("", "0")
        agent = QueueMember(extension, logged_in=True, paused=paused)
        self._queues.setdefault(queue, _Queue()).members[extension] = (agent, interface)
        return [self._queue_of(queue)]

    def member_gone(self, event: Message) -> list[PbxFact]:
        """``QueueMemberRemoved``."""
        found = self._member(event)
        if found is None:
            return []
        queue, extension, _ = found
        self._queues.setdefault(queue, _Queue()).members.pop(extension, None)
        return [self._queue_of(queue)]

    def callers(self, event: Message) -> list[PbxFact]:
        """``QueueCallerJoin`` and ``QueueCallerLeave``: ``Count`` is how many wait now."""
        name = event.get("Queue")
        if not is_subject(name):
            return []
        known = self._queues.setdefault(Extension(name), _Queue())
        known.waiting = _number(event, "Count", MAX_WAITING)
        return [self._queue_of(Extension(name))]

    # -- private --------------------------------------------------------------

    def _note_telephone(self, name: str, status: str, event: Message) -> None:
        uri = event.get("URI")
        if not (is_subject(name) and uri):
            return
        known = self._telephones.setdefault(Extension(name), {})
        if status in _GONE:
            known.pop(uri, None)
        elif len(known) < MAX_TELEPHONES:
            known[uri] = event.get("UserAgent") or known.get(uri, "")

    def _registration(self, extension: Extension) -> RegistrationFact:
        known = self._telephones.get(extension, {})
        agent = next((one for one in known.values() if one), "")
        return RegistrationFact(extension, len(known), printable(agent, _AGENT_CHARS))

    def _presence_of(self, extension: Extension) -> PresenceFact:
        """Do not disturb hides what was said by hand."""
        if self.holds(Family.DND, extension):
            return PresenceFact(extension, PresenceState.DND)
        return self._presences.get(extension, PresenceFact(extension, PresenceState.NONE))

    def _forwarding_of(self, extension: Extension) -> ForwardingFact:
        whens = tuple(when for when, family in FAMILIES.items() if self.holds(family, extension))
        return ForwardingFact(extension, DEFAULT_PROFILE, bool(whens), whens=whens)

    def _mailbox(self, name: str, context: str, box: Mailbox) -> list[PbxFact]:
        if not is_subject(name) or context not in ("", self.plan.mailboxes):
            return []
        return [MailboxFact(Extension(name), box)]

    def _slot(self, event: Message) -> Extension | None:
        lot = event.get("Parkinglot")
        slot = event.get("ParkingSpace") or event.get("Exten")  # the latter before Asterisk 12
        if not is_subject(slot) or (self.plan.lot and lot not in ("", self.plan.lot)):
            return None
        return Extension(slot)

    def _member(self, event: Message) -> tuple[Extension, Extension, str] | None:
        """Return queue, extension and interface; None for one that is no extension."""
        interface = event.get("Interface") or event.get("Location")
        queue, extension = event.get("Queue"), extension_of(interface)
        if not is_subject(queue) or extension is None:
            return None
        return Extension(queue), extension, interface

    def _queue_of(self, queue: Extension) -> QueueFact:
        known = self._queues[queue]
        members = tuple(known.members[name][0] for name in sorted(known.members))
        return QueueFact(queue, members, known.waiting)


def extension_of(interface: str) -> Extension | None:
    """Return whose telephone ``PJSIP/200`` or ``Local/200@from-queue/n`` is, None for neither."""
    technology, slash, rest = interface.partition("/")
    name = rest.partition("@")[0].partition("/")[0]
    return Extension(name) if slash and technology and is_subject(name) else None


def _is_slot_hint(hint: str) -> bool:
    """Return whether a hint is that of a park slot (``park:701@parkedcalls``)."""
    return hint.lower().startswith("park:")


def _free(slot: Extension) -> ParkFact:
    return ParkFact(LineFact(slot, LineState.FREE))


def _known(name: str) -> str:
    return "" if name in _NOBODY else printable(name)


def _number(event: Message, name: str, most: int) -> int:
    """Return a count; nothing counts as 0, more than ``most`` as ``most``."""
    text = event.get(name)
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise RefusedError(f"{name} is no number")
    return min(int(text), most)


_READERS: dict[str, Callable[[AsteriskReader, Message], list[PbxFact]]] = {
    "ContactList": AsteriskReader.telephone,
    "ContactStatus": AsteriskReader.telephone_changed,
    "ExtensionStatus": AsteriskReader.line,
    "PresenceStateChange": AsteriskReader.presence,
    "MessageWaiting": AsteriskReader.mailbox,
    "VoicemailUserEntry": AsteriskReader.voicemail_user,
    "Parkinglot": AsteriskReader.lot,
    "ParkedCall": AsteriskReader.parked,
    "UnParkedCall": AsteriskReader.unparked,
    "ParkedCallGiveUp": AsteriskReader.unparked,
    "ParkedCallTimeOut": AsteriskReader.unparked,
    "QueueParams": AsteriskReader.queue,
    "QueueMember": AsteriskReader.member,
    "QueueMemberAdded": AsteriskReader.member,
    "QueueMemberStatus": AsteriskReader.member,
    "QueueMemberPause": AsteriskReader.member,
    "QueueMemberRemoved": AsteriskReader.member_gone,
    "QueueCallerJoin": AsteriskReader.callers,
    "QueueCallerLeave": AsteriskReader.callers,
}
