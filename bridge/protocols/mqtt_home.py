"""The small set of commands for Home Assistant, whose templates cannot know epoch and window.

So nothing here can answer or dial, and the rest of the guard holds: not retained, well formed, once
per id, in its time, one a second.
"""

from dataclasses import dataclass

from bridge.model.bus import Command, Unreadable
from bridge.model.favourites import PressKey
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Verb
from bridge.protocols.mqtt_envelope import Args, Grammar, parse, read_bool, read_int

HOME_NAMES = frozenset({"ha_hangup", "ha_mute", "ha_press"})

_MOST_POSITION = 999


@dataclass(frozen=True, slots=True)
class HomeOrder:
    """What Home Assistant wants."""

    order: Intent | PressKey


def parse_home(name: str, payload: bytes) -> Command[HomeOrder] | Unreadable:
    """Return the command a message holds, or why it holds none.

    Args:
        name: last level of the topic; foreign text.
        payload: foreign bytes, any length.
    """
    return parse(_GRAMMAR, name, payload)


def _take_order(name: str, _call: CallId | None, args: Args) -> HomeOrder:
    match name:
        case "ha_press":
            return HomeOrder(
                PressKey(read_int(args.pop("position", None), "position", 1, _MOST_POSITION))
            )
        case "ha_mute":
            is_on = read_bool(args.pop("on", None), "on")
            return HomeOrder(Intent(Verb.MUTE if is_on else Verb.UNMUTE))
        case _:
            return HomeOrder(Intent(Verb.HANGUP))


_GRAMMAR = Grammar(
    needs_call=frozenset(),
    names_no_call=HOME_NAMES,
    may_call=frozenset(),
    take_order=_take_order,
    knows_epoch=False,
)
