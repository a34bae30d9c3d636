"""The remote softphone: a bridge without headset in front of one that has it, on both sides.

``Remote`` stands where the headset is not: switches go both ways, as calls do. ``Controllers``
stands where it is: who controls this bridge, and that they are still heard.
"""

from typing import assert_never

from bridge.app.switchboard import Announcement, Switchboard, fresh_call_id
from bridge.drivers.ports import Sink, StateBus
from bridge.drivers.remote import RemoteEngine
from bridge.model.calls import Snapshot
from bridge.model.effects import Effect
from bridge.model.events import Event, IntentGiven, MatterChanged
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.remote import ControlledFrom, NotControlledFrom, RemoteOrder, RemoteSettings
from bridge.protocols.control_answers import Reply
from bridge.protocols.remote_bridge import FarCalls, FarCommand

SOURCE = "remote"  # of what is done here only because it is so over there
MATTER = "remote"
LOST_S = 75.0  # who controls says so every 30 s
FORGOTTEN_S = 900.0  # whoever was lost for so long has gone home

_SWITCHES: dict[Verb, tuple[str, Verb, Verb]] = {}
"""What each verb is about, and the commands that switch it on and off."""
for _name, _on, _off, *_others in (
    ("muted", Verb.MUTE, Verb.UNMUTE, Verb.TOGGLE_MUTE),
    ("do_not_disturb", Verb.DND_ON, Verb.DND_OFF, Verb.TOGGLE_DND),
    ("call_waiting", Verb.WAITING_ON, Verb.WAITING_OFF, Verb.TOGGLE_WAITING),
    ("locked", Verb.LOCK, Verb.UNLOCK),
):
    _SWITCHES |= dict.fromkeys((_on, _off, *_others), (_name, _on, _off))
_BOTH_WAYS = tuple(dict.fromkeys(_SWITCHES.values()))


class Remote:
    """Controls another bridge; a ``switchboard.Reader``.

    Args:
        settings: which one.
        switchboard: the core's world.
        bus: the link to the broker, None where there is none.
        root: first level of all topics.
        ours: our id.
        sink: takes the events of its calls.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        switchboard: Switchboard,
        bus: StateBus | None,
        root: str,
        ours: str,
        sink: Sink,
    ) -> None:
        self._switchboard = switchboard
        self.engine = RemoteEngine(
            settings, bus, root, ours, sink, switchboard.timers.now, self._show
        )
        switchboard.readers.append(self)

    def _show(self, now: FarCalls, before: FarCalls | None) -> None:
        """Switch here what was switched over there."""
        state = self._switchboard.state
        for name, switch_on, switch_off in _BOTH_WAYS:
            wanted: bool = getattr(now, name)
            is_news = before is None or getattr(before, name) != wanted
            if is_news and getattr(state, name) != wanted:
                self._give(switch_on if wanted else switch_off)
        mixed = sum(call.conference for call in now.calls)
        if mixed > 1 and not any(call.joined for call in self._switchboard.state.calls):
            self._give(Verb.CONFERENCE)

    def _give(self, verb: Verb) -> None:
        now_s = self._switchboard.timers.now()
        self.engine.follow(IntentGiven(now_s, Intent(verb), fresh_call_id(), source=SOURCE))

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:  # noqa: ARG002
        """Send on what somebody here has switched."""
        if not isinstance(event, IntentGiven) or event.source == SOURCE:
            return
        switch = _SWITCHES.get(event.intent.verb)
        calls = self.engine.far.calls
        if switch is None or calls is None:
            return
        name, switch_on, switch_off = switch
        is_on: bool = getattr(self._switchboard.state, name)
        if is_on != getattr(calls, name):
            self.engine.say(FarCommand((switch_on if is_on else switch_off).value))

    def changed(self, now: Snapshot) -> None:
        """Nothing: only what somebody asked for is sent."""

    def announced(self, what: Announcement) -> None:
        """Nothing: only what somebody asked for is sent."""


class Controllers:
    """Who controls this bridge from elsewhere.

    Args:
        switchboard: the core's world.
    """

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._there: dict[str, bool] = {}  # whether they are heard

    @property
    def text(self) -> str:
        """One sentence, empty where nobody does."""
        here = [name for name, is_heard in self._there.items() if is_heard]
        lost = [name for name, is_heard in self._there.items() if not is_heard]
        said = f"controlled from {', '.join(here)}" if here else ""
        return "; ".join(filter(None, (said, _lost(lost))))

    def obey(self, order: RemoteOrder) -> Reply:
        """Note that somebody controls this bridge, or does not any more."""
        timers = self._switchboard.timers
        timer = f"app:controlled from {order.by}"
        match order:
            case ControlledFrom(by):
                self._there[by] = True
                timers.start(timer, LOST_S, lambda _name: self._lose(by))
            case NotControlledFrom(by):
                timers.stop(timer)
                self._there.pop(by, None)
            case _:
                assert_never(order)
        self._tell()
        return Reply(Outcome.DONE)

    def _lose(self, by: str) -> None:
        self._there[by] = False
        timer = f"app:controlled from {by}"
        self._switchboard.timers.start(timer, FORGOTTEN_S, lambda _name: self._forget(by))
        self._tell()

    def _forget(self, by: str) -> None:
        self._there.pop(by, None)
        self._tell()

    def _tell(self) -> None:
        lost = [name for name, is_heard in self._there.items() if not is_heard]
        now_s = self._switchboard.timers.now()
        self._switchboard.post(MatterChanged(now_s, MATTER, _lost(lost)))


def _lost(names: list[str]) -> str:
    if not names:
        return ""
    return f"{', '.join(names)}, from where this bridge was controlled, is not heard any more"
