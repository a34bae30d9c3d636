"""The list of favourites as the key settings of a desk phone: text for its configuration file.

What a vendor's format cannot say, or nobody has published, becomes a comment with the reason: a key
that is left out must not look as if it were there. No real phone has read any of this.

Sources: settings as used by the provisioning templates of fusionpbx/fusionpbx (yealink, polycom,
snom, grandstream) and wazo-platform/wazo-provd-plugins; Snom and Gigaset P8x0 ``functionKeys``;
Polycom UC Software attendant console; read, not copied. Do not disturb: administrator's guide of
Yealink SIP-T29G ("the digit 5 stands for the key type DND"), Snom's wiki, "Function Key Types".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr  # writing only

from bridge.model.blf import Favourite, KeyType
from bridge.model.redaction import printable


class KeyFormat(Enum):
    """Whose format."""

    YEALINK = "yealink"
    SNOM = "snom"  # and Gigaset P8x0
    POLY = "poly"


@dataclass(frozen=True, slots=True)
class PhoneKeys:
    """What a key needs beside its favourite.

    Args:
        host: of the PBX, as the phone knows it.
        pick_up: star code in front of the extension at which it rings.
        line: which of the phone's lines, 1..; a Snom uses the active one.
        first: number of the phone's first key that may be used, 1..
    """

    host: str
    pick_up: str = "**"
    line: int = 1
    first: int = 1


# linekey.X.type: 16 BLF, 13 speed dial, 15 line, 5 do not disturb of the phone itself.
_YEALINK_BLF, _YEALINK_SPEED_DIAL, _YEALINK_LINE, _YEALINK_DND = 16, 13, 15, 5
_SNOM_DND = "keyevent F_DND"

_WATCHED = frozenset({KeyType.BLF, KeyType.PARK})
_DIALLED = frozenset({KeyType.SPEED_DIAL, KeyType.FEATURE_CODE, KeyType.VOICEMAIL})

_NOT_SAID = "only a panel of Offhook can do it"
_NO_MAILBOX = "give its favourite the number of the mailbox as a target"


def phone_keys(favourites: Iterable[Favourite], vendor: KeyFormat, keys: PhoneKeys) -> str:
    """Return the settings of all keys, in the order of their positions; ends with a line feed.

    Args:
        favourites: of one extension.
        vendor: whose format.
        keys: what they need beside.
    """
    ordered = sorted(favourites, key=lambda one: one.position)
    lines: list[str]
    match vendor:
        case KeyFormat.YEALINK:
            lines = [line for one in ordered for line in _yealink(one, keys)]
        case KeyFormat.SNOM:
            inner = [f"    {line}" for one in ordered for line in _snom(one, keys)]
            lines = ["<settings>", "  <functionKeys>", *inner, "  </functionKeys>", "</settings>"]
        case KeyFormat.POLY:
            lines = list(_poly(ordered, keys))
        case _ as unreachable:
            assert_never(unreachable)
    return "".join(f"{line}\n" for line in lines)


def _yealink(one: Favourite, keys: PhoneKeys) -> list[str]:
    number = keys.first + one.position - 1
    if one.type is KeyType.LINE:
        kind, target = _YEALINK_LINE, ""
    elif _is_own_dnd(one):
        kind, target = _YEALINK_DND, ""
    elif one.type in _WATCHED and one.target:
        kind, target = _YEALINK_BLF, one.target
    elif one.type in _DIALLED and one.target:
        kind, target = _YEALINK_SPEED_DIAL, one.target
    else:
        return [f"# key {number}, {_plain(one.name)}: {_why_not(one)}"]
    base = f"linekey.{number}"
    lines = [f"{base}.type = {kind}", f"{base}.line = {keys.line}"]
    lines += [f"{base}.value = {_plain(target)}"] if target else []
    if one.type is KeyType.BLF and keys.pick_up:  # a parked call is fetched by dialling its slot
        lines.append(f"{base}.pickup_value = {_plain(keys.pick_up + target)}")
    return [*lines, f"{base}.label = {_plain(one.name)}"]


def _snom(one: Favourite, keys: PhoneKeys) -> list[str]:
    index = keys.first + one.position - 2  # counted from 0
    address = f"sip:{one.target}@{keys.host}"
    if one.type is KeyType.LINE:
        said = "line"
    elif _is_own_dnd(one):
        said = _SNOM_DND
    elif one.type in _WATCHED and one.target:
        code = keys.pick_up if one.type is KeyType.BLF else ""
        said = f"blf {address}" + (f"|{code}" if code else "")
    elif one.type in _DIALLED and one.target:
        said = f"speed {address}"
    else:
        return [_comment(f"key {index + 1}, {one.name}: {_why_not(one)}")]
    label = quoteattr(printable(one.name))
    text = escape(printable(said, 128))
    return [f'<fkey idx="{index}" context="active" label={label} perm="R">{text}</fkey>']


def _poly(favourites: list[Favourite], keys: PhoneKeys) -> Iterable[str]:
    """Attributes of the attendant console; its entries count by themselves, without gaps."""
    entry = 0
    yield "<attendantKeys>"
    yield "  <attendant"
    if keys.pick_up:
        yield f"    call.directedCallPickupString={quoteattr(printable(keys.pick_up))}"
    yield f'    attendant.reg="{keys.line}"'
    left_out = []
    for one in favourites:
        if one.type not in _WATCHED or not one.target:
            left_out.append(
                f"position {one.position}, {one.name}: no entry of the attendant console"
            )
            continue
        entry += 1
        base = f"    attendant.resourceList.{entry}"
        kind = "automata" if one.type is KeyType.PARK else "normal"
        yield f"{base}.address={quoteattr(printable(f'sip:{one.target}@{keys.host}', 128))}"
        yield f"{base}.label={quoteattr(printable(one.name))}"
        yield f'{base}.type="{kind}"'
    yield "  />"
    yield from (f"  {_comment(text)}" for text in left_out)
    yield "</attendantKeys>"


def _is_own_dnd(one: Favourite) -> bool:
    """Whether a key is about the device it sits on: there that is the telephone."""
    return one.type is KeyType.DND and not one.target


def _why_not(one: Favourite) -> str:
    return _NO_MAILBOX if one.type is KeyType.VOICEMAIL else _NOT_SAID


def _plain(text: str) -> str:
    """Return foreign text for a line of ``key = value``: nothing ends the line."""
    return printable(text, 128).strip()


def _comment(text: str) -> str:
    return f"<!-- {escape(printable(text, 160)).replace('--', '- -')} -->"
