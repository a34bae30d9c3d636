"""What stands around the line, over MQTT: own presence, and the commands about it and queues."""

from bridge.model.blf import PresenceState
from bridge.model.bus import Numbers
from bridge.model.features import (
    AroundOrder,
    EnterQueue,
    LeaveQueue,
    LeaveQueues,
    Meeting,
    ReturnToQueues,
    ShowMe,
    ShownPresence,
    SwitchGlobalDnd,
)
from bridge.model.redaction import printable
from bridge.protocols.mqtt_envelope import (
    MAX_TS_MS,
    TEXT_CHARS,
    Args,
    read_enum,
    read_int,
    read_subject,
    read_text,
)

AROUND_COMMANDS = frozenset(
    {
        *("presence_set", "meeting_on", "meeting_off", "dnd_global_on", "dnd_global_off"),
        *("queue_in", "queue_out", "queue_out_all", "queue_back"),
    }
)

Body = dict[str, object]


def encode_presence(shown: ShownPresence, until_ms: int, numbers: Numbers) -> Body:
    """Return what others see of the user; free text only where names may be seen, too.

    Args:
        shown: what.
        until_ms: when it ends by itself, 0 = not.
        numbers: how much readers may see.
    """
    if shown.presence is PresenceState.INVISIBLE:
        return {"presence": "offline", "until": 0}
    body: Body = {"presence": shown.presence.value, "until": until_ms}
    return body | {"text": printable(shown.text, TEXT_CHARS)} if numbers is Numbers.FULL else body


def take_around_order(name: str, args: Args) -> AroundOrder:
    """Return the order of one of these commands and take its arguments out of ``args``.

    Raises:
        RefusedError: an argument is missing or wrong.
    """
    match name:
        case "presence_set":
            wanted = read_enum(args.pop("presence", None), "presence", PresenceState)
            text = read_text(args.pop("text", ""), "text", TEXT_CHARS)
            return ShowMe(wanted, text, _until(args))
        case "meeting_on":
            return Meeting(on=True, until_ms=_until(args))
        case "meeting_off":
            return Meeting(on=False)
        case "dnd_global_on" | "dnd_global_off":
            return SwitchGlobalDnd(name == "dnd_global_on")
        case "queue_in":
            return EnterQueue(read_subject(args.pop("queue", None), "queue"))
        case "queue_out":
            return LeaveQueue(read_subject(args.pop("queue", None), "queue"))
        case "queue_out_all":
            return LeaveQueues()
        case "queue_back":
            return ReturnToQueues()
        case _:
            raise AssertionError(f"{name} is about no presence and no queue")


def _until(args: Args) -> int:
    return read_int(args.pop("until", 0), "until", 0, MAX_TS_MS)
