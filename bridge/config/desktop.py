"""Session and key bindings: what the schema cannot say, and the settings made of it."""

from collections.abc import Iterator, Mapping

from bridge.config.desktop_schema import Desktop, Keys
from bridge.config.keys import ACTIONS, FREE_KEYS, key_intent
from bridge.config.problems import shown
from bridge.config.sources import Tree
from bridge.model.desktop import (
    Binding,
    Callers,
    Confirm,
    DesktopSettings,
    NoticeKind,
    Shortcut,
    shortcut_of,
)
from bridge.model.errors import Problem
from bridge.yamldoc import Path as DocPath

_SHORTCUT = (
    "a shortcut such as Ctrl+Alt+A (a key one types needs Ctrl, Alt or Super), or a free key of a "
    "headset: "
)


def keys_problems(keys: Keys, headset_keys: Mapping[str, str], tree: Tree) -> Iterator[Problem]:
    """Return what means nothing, and what is bound twice.

    Args:
        keys: as configured.
        headset_keys: ``headset.keys``, which binds free keys, too.
        tree: the files.
    """
    taken: dict[Shortcut, str] = {}
    for name, action in keys.bind.items():
        path: DocPath = ("keys", "bind", name)
        shortcut = shortcut_of(name)
        if key_intent(action) is None:
            yield tree.problem(path, shown(action, path), ACTIONS)
        if name in FREE_KEYS:
            if name in headset_keys:
                yield tree.problem(
                    path, f"{name} once more", _once(tree, ("headset", "keys", name))
                )
        elif shortcut is None:
            yield tree.problem(path, shown(name, ()), _SHORTCUT + ", ".join(sorted(FREE_KEYS)))
        elif shortcut in taken:
            first = taken[shortcut]
            expected = _once(tree, ("keys", "bind", first))
            yield tree.problem(path, f"{name}, the same as {first}", expected)
        else:
            taken[shortcut] = name
    yield from _keyboards(keys, tree)


def _once(tree: Tree, other: DocPath) -> str:
    place = tree.problem(other, "", "")
    return f"one action for it (the other one: {place.file}:{place.line})"


def _keyboards(keys: Keys, tree: Tree) -> Iterator[Problem]:
    """A keyboard that is not plugged in now is no problem: it may be tomorrow."""
    for place, name in enumerate(keys.keyboards):
        if not name.startswith("/dev/input/"):
            path: DocPath = ("keys", "keyboards", place)
            yield tree.problem(path, shown(name, ()), "a path below /dev/input/")


def free_keys(keys: Keys, headset_keys: Mapping[str, str]) -> dict[str, str]:
    """Return what free keys of headsets do, from both places."""
    return {**headset_keys, **{k: v for k, v in keys.bind.items() if k in FREE_KEYS}}


def desktop_settings(desktop: Desktop, keys: Keys, *, enabled: bool) -> DesktopSettings:
    """Return the settings; all is right by now.

    Args:
        desktop: as configured.
        keys: as configured.
        enabled: False for ``desktop: off``.
    """
    return DesktopSettings(
        enabled=enabled,
        notices=frozenset(NoticeKind(name) for name in desktop.notices),
        callers=Callers(desktop.callers),
        held_after_s=float(desktop.held_after),
        confirm=Confirm(desktop.confirm_links),
        links_from=desktop.links_from or "",
        pause_players=desktop.pause_players,
        bindings=tuple(_bindings(keys)),
        keyboards=tuple(keys.keyboards),
    )


def _bindings(keys: Keys) -> Iterator[Binding]:
    for name, action in keys.bind.items():
        shortcut, intent = shortcut_of(name), key_intent(action)
        if shortcut is not None and intent is not None:
            yield Binding(shortcut, intent, " ".join(action.split()))
