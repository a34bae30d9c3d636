"""How the user wants calls and headsets to behave: settings the core decides by."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.forwarding import Forwarding, Profile
from bridge.model.hid import Control
from bridge.model.ids import AccountId, DeviceId
from bridge.model.intents import Intent
from bridge.model.numbers import NumberRules


class HeadsetMode(Enum):
    """What becomes of a headset's keys and lamps. The values are those of the configuration."""

    AUTO = "auto"  # the profile of its vendor, where there is one
    JABRA = "jabra"  # the same; the word that users of Jabra headsets know
    GENERIC = "generic"  # the standard usages alone, whatever the profiles say
    OFF = "off"  # left alone: another program has the keys; sound still works


class RingOn(Enum):
    """Which headsets ring."""

    ALL = "all"
    PREFERRED = "preferred"  # the best one that is attached


class WhenForeign(Enum):
    """What an incoming call does to a headset on which another program has a call."""

    RING = "ring"  # ring lamp on, their off-hook kept
    SILENT = "silent"  # nothing is written


class Intercom(Enum):
    """What a call does that asks to be answered by itself. The values are the configuration's."""

    OFF = "off"  # it rings like any other
    MUTED = "muted"  # answered after a tone, the microphone off until somebody here unmutes
    OPEN = "open"  # answered after a tone, the microphone on: whoever calls hears the room


@dataclass(frozen=True, slots=True)
class LineHabits:
    """How the user wants one line to behave.

    Args:
        account: which.
        voicemail: where ``divert`` without a target sends a call, as typed; empty = nowhere.
        identity: number to show to those who are called, ``anonymous`` for none, empty = its own.
        pull: feature code by which its PBX moves a call of another telephone here; empty = none.
        record: feature code, sent as digits in a call, by which its PBX records it; empty = calls
            are recorded here.
        stop_recording: the same to stop it; empty = ``record`` once more.
    """

    account: AccountId
    voicemail: str = ""
    identity: str = ""
    pull: str = ""
    record: str = ""
    stop_recording: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """Settings of the core.

    Args:
        call_waiting: a second call rings, else it hears busy; until somebody switches it.
        answer_locked: a locked phone takes calls; else whoever calls hears busy.
        prefer: headsets, best first; attached ones that are not listed come after.
        ring_on: which headsets ring.
        when_foreign: what a call does to a headset another program uses.
        keys: what a key does that has no other meaning; what begins a call, outside a call only.
        dial_after_pause: a lifted device dials what is typed on it after ``#`` or a pause, too.
        numbers: dial plans, barring and limits.
        intercom: what becomes of calls that ask to be answered by themselves.
        lines: what differs between lines.
        profiles: of forwarding, the default one among them; empty = the PBX forwards calls and
            obeys star codes.
        endpoints: other telephones of the user: name and number, as typed.
        has_pbx: a PBX takes orders over MQTT.
        sound_follows: a call taken on a headset by its own key has that headset's sound.
    """

    call_waiting: bool = True
    answer_locked: bool = True
    prefer: tuple[DeviceId, ...] = ()
    ring_on: RingOn = RingOn.ALL
    when_foreign: WhenForeign = WhenForeign.RING
    keys: tuple[tuple[Control, Intent], ...] = ()
    dial_after_pause: bool = False
    numbers: NumberRules = field(default_factory=NumberRules)
    intercom: Intercom = Intercom.OFF
    lines: tuple[LineHabits, ...] = ()
    profiles: tuple[Profile, ...] = ()
    endpoints: tuple[tuple[str, str], ...] = ()
    has_pbx: bool = False
    sound_follows: bool = True

    @property
    def forwards_here(self) -> bool:
        """Whether we forward calls and obey star codes ourselves."""
        return bool(self.profiles)

    @property
    def forwarding(self) -> Forwarding:
        """Return the profiles as configured, with none forwarding but the default one."""
        return Forwarding(self.profiles) if self.profiles else Forwarding()

    def voicemail_of(self, account: AccountId) -> str:
        """Return where ``divert`` without a target sends a call of a line; empty = nowhere."""
        return self._of(account).voicemail

    def identity_of(self, account: AccountId) -> str:
        """Return the number a line shows to those who are called; empty = its own."""
        return self._of(account).identity

    def pull_of(self, account: AccountId) -> str:
        """Return the feature code that pulls a call to a line; empty = none."""
        return self._of(account).pull

    def recording_code_of(self, account: AccountId, *, on: bool) -> str:
        """Return the digits by which the PBX records a call of a line, or stops; empty = we do."""
        habits = self._of(account)
        if on or not habits.record:
            return habits.record
        return habits.stop_recording or habits.record

    def _of(self, account: AccountId) -> LineHabits:
        return next((one for one in self.lines if one.account == account), LineHabits(account))
