"""What the keys of a desk say over MQTT: lamps, panels, fingers; and the commands about keys."""

from bridge.model.blf import Extension, Favourite, KeyFace, KeyState, KeyType, PanelInfo, PbxId
from bridge.model.bus import Numbers
from bridge.model.favourites import (
    LONGEST_NAME,
    LONGEST_TARGET,
    MOST_POSITION,
    EditFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
)
from bridge.model.redaction import printable
from bridge.protocols.mqtt_envelope import Args, RefusedError, read_enum, read_int, read_text

FINGERS = ("press", "hold", "release")  # what happens to a key of a panel
FINGER_TTL_S = 5.0  # as of the keys of devices: a press is old news after this

KeyOrder = PressKey | EditFavourites

KEY_COMMANDS = frozenset({"blf_press", "favourites_add", "favourites_remove", "favourites_move"})

Body = dict[str, object]


# -- states and events --------------------------------------------------------


def encode_face(face: KeyFace, source: PbxId, numbers: Numbers) -> Body:
    """Return what a key shows; its label is somebody's name.

    Args:
        face: of the key.
        source: who said so, ``local`` where nobody had to.
        numbers: whether readers may see names.
    """
    body: Body = {
        "state": face.state,
        "source": source,
        "lamp": {"color": face.lamp.color.value, "pattern": face.lamp.pattern.value},
        "stale": face.stale,
    }
    if numbers is Numbers.FULL:
        body["label"] = printable(face.label)
    return body


def encode_panel(info: PanelInfo, *, connected: bool) -> Body:
    """Return what a panel is."""
    return {
        "type": "panel",
        "connected": connected,
        "name": printable(info.name),
        "firmware": printable(info.firmware),
        "keys": info.keys,
    }


def encode_finger(key: int, position: int | None, what: str) -> Body:
    """Return what a finger did: ``press``, ``hold`` or ``release``.

    Args:
        key: from 0.
        position: what the key stood for; 0 turns pages, None stands for nothing.
        what: happened.
    """
    return {"event_type": what, "key": key, "position": position}


# -- commands -----------------------------------------------------------------


def take_key_order(name: str, args: Args) -> KeyOrder:
    """Return the order of a command about keys and take its arguments out of ``args``.

    Raises:
        RefusedError: an argument is missing or wrong.
    """
    match name:
        case "blf_press":
            return PressKey(_position(args), _flag(args, "long"), _state(args))
        case "favourites_remove":
            return RemoveFavourite(_position(args))
        case "favourites_move":
            return MoveFavourite(_position(args), _place(args, "to"))
        case "favourites_add":
            return _put(args)
        case _:
            raise AssertionError(f"{name} is about no key")


def _put(args: Args) -> PutFavourite:
    position = _position(args) if "position" in args else 0
    favourite = Favourite(
        position,
        read_text(args.pop("name", None), "name", LONGEST_NAME),
        _type(args),
        read_text(args.pop("target", ""), "target", LONGEST_TARGET),
        read_text(args.pop("long_press", ""), "long_press", LONGEST_TARGET),
        Extension(read_text(args.pop("subject", ""), "subject", 32)),
    )
    return PutFavourite(favourite, _flag(args, "replace"))


def _position(args: Args) -> int:
    return _place(args, "position")


def _place(args: Args, name: str) -> int:
    return read_int(args.pop(name, None), name, 1, MOST_POSITION)


def _flag(args: Args, name: str) -> bool:
    value = args.pop(name, False)
    if not isinstance(value, bool):
        raise RefusedError(f"{name} is neither true nor false")
    return value


def _type(args: Args) -> KeyType:
    return read_enum(args.pop("type", KeyType.BLF.value), "type", KeyType)


def _state(args: Args) -> str:
    if "state" not in args:
        return ""
    return read_enum(args.pop("state"), "state", KeyState).value
