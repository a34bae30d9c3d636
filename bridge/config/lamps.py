"""Lamps and favourites: what the schema cannot say, and the settings made of it."""

from collections.abc import Iterable, Iterator, Mapping

from bridge.config.lamp_schema import FavouriteEntry, Lamps
from bridge.config.problems import shown
from bridge.config.sources import Tree
from bridge.model.blf import Extension, Favourite, KeyType
from bridge.model.engine import AccountSettings
from bridge.model.errors import Problem
from bridge.model.favourites import flaws
from bridge.model.lamps import InCall, KeyCodes, LampSettings, LookName, PickUpBy
from bridge.yamldoc import Path as DocPath

HOUR_S = 3600.0

Entries = Mapping[DocPath, FavouriteEntry]


def favourites_problems(entries: Entries, accounts: Iterable[str], tree: Tree) -> Iterator[Problem]:
    """Return two keys on one position, targets that do not fit their type, unknown accounts."""
    taken: dict[int, str] = {}
    for path, entry in entries.items():
        where = (*path, "position")
        if entry.position in taken:
            first = taken[entry.position]
            yield tree.problem(
                where, f"{entry.position} once more", f"another one: {first} has this position"
            )
        taken.setdefault(entry.position, _place(path))
        yield from _of_entry(entry, path, set(accounts), tree)


def _place(path: DocPath) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else step for step in path)


def _of_entry(
    entry: FavouriteEntry, path: DocPath, accounts: set[str], tree: Tree
) -> Iterator[Problem]:
    wrong = {flaw.field: flaw.expected for flaw in flaws(favourite(entry))}
    if entry.type == "line" and entry.target and entry.target not in accounts:
        wrong["target"] = f"an account: {', '.join(sorted(accounts)) or 'there is none'}"
    for key, expected in wrong.items():
        value = getattr(entry, key)
        yield tree.problem(
            (*path, key), shown(value, (*path, key)) if value else "nothing", expected
        )


def favourite(entry: FavouriteEntry) -> Favourite:
    """Return a favourite of the configuration."""
    return Favourite(
        entry.position,
        entry.name,
        KeyType(entry.type),
        entry.target,
        entry.long_press,
        entry.subject,
    )


def lamp_settings(
    lamps: Lamps, accounts: tuple[AccountSettings, ...], voicemail: str
) -> LampSettings:
    """Return how lamps look and keys act; all is right by now.

    Args:
        lamps: as configured.
        accounts: the first one says who we are, where nothing else does.
        voicemail: of the first account, may be empty.
    """
    codes = lamps.codes
    own = lamps.extension or (accounts[0].user if accounts and accounts[0].server else "")
    return LampSettings(
        extension=Extension(own),
        look=LookName(lamps.look),
        in_call=InCall(lamps.in_call),
        pick_up=PickUpBy(lamps.pick_up),
        tell_s=lamps.tell_when_free * HOUR_S,
        codes=KeyCodes(
            pick_up=codes.pick_up,
            fetch=codes.fetch,
            queue_login=codes.queue_login,
            queue_logout=codes.queue_logout,
            forwarding=codes.forwarding,
        ),
        voicemail=voicemail,
    )
