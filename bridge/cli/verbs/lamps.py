"""Words about busy lamps: what keys show, pressing them, and the list of favourites."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping

from bridge.cli.client import Client, RefusedError
from bridge.cli.exits import Exit
from bridge.cli.show import columns, emit, entries, inner, text
from bridge.cli.verbs.calls import GOOD
from bridge.cli.where import connect
from bridge.model.blf import Favourite, KeyType
from bridge.model.favourites import (
    EditFavourites,
    GetLamps,
    ListFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
)
from bridge.protocols.control_answers import decode_reply
from bridge.protocols.phone_keys import KeyFormat, PhoneKeys, phone_keys

WATCH_S = 0.2  # between two looks; a blink of an eye is as long

Body = Mapping[str, object]


# -- lamps --------------------------------------------------------------------


def show(args: argparse.Namespace) -> Exit:
    """Show what every key shows, once or from now on."""
    with connect(args) as client:
        body: Body = client.ask(GetLamps())
        emit(body, lamp_lines(body), as_json=args.json)
        while args.watch:
            sys.stdout.flush()
            time.sleep(WATCH_S)
            body = _watched(client, body, as_json=args.json)
    return Exit.OK


def _watched(client: Client, before: Body, *, as_json: bool) -> Body:
    """Print the keys that show something else by now; return what all show."""
    now = client.ask(GetLamps())
    shown = {one.get("position"): one for one in entries(before, "lamps")}
    for one in entries(now, "lamps"):
        if shown.get(one.get("position")) != one:
            print(json.dumps(one, ensure_ascii=False) if as_json else "  ".join(_lamp_row(one)))
    return now


def lamp_lines(body: Body) -> Iterator[str]:
    """Yield keys and panels as lines."""
    rows = [_lamp_row(one) for one in entries(body, "lamps")]
    yield from columns(rows) or ["no favourites: `offhook favourites add NAME EXTENSION` adds one"]
    for panel in entries(body, "panels"):
        pages = f", page {text(panel.get('page'))} of {text(panel.get('pages'))}"
        yield (
            f"panel {text(panel.get('panel'))}: {text(panel.get('name'))} "
            f"{text(panel.get('firmware'))}, {text(panel.get('keys'))} keys{pages}"
        )
        if note := panel.get("note"):
            yield f"  ! {note}"
        if odd := inner(panel, "odd"):
            counted = ", ".join(f"{reason} {text(count)}" for reason, count in odd.items())
            yield f"  not understood of what it said: {counted}"


def _lamp_row(one: Body) -> list[str]:
    lamp = inner(one, "lamp")
    color, pattern = text(lamp.get("color")), text(lamp.get("pattern"))
    shown = color if color == "off" else f"{color} {pattern}"
    keys = [text(one.get(key)) for key in ("position", "name", "type", "target", "state")]
    why = text(one.get("why"))
    return [*keys, shown, text(one.get("source")), f"({why})" if why else ""]


def press(args: argparse.Namespace) -> Exit:
    """Press a key.

    Raises:
        RefusedError: it does nothing; the sentence says why.
    """
    with connect(args) as client:
        body = client.ask(PressKey(args.position, args.long, args.if_shows or ""))
    try:
        reply = decode_reply(body)
    except ValueError as error:
        raise RefusedError(f"the daemon answers in other words: {error}") from error
    if reply.outcome not in GOOD:
        raise RefusedError(reply.detail or reply.outcome.value)
    emit(body, [reply.detail or reply.outcome.value], as_json=args.json)
    return Exit.OK


# -- favourites ---------------------------------------------------------------


def list_favourites(args: argparse.Namespace) -> Exit:
    """List the keys."""
    with connect(args) as client:
        body = client.ask(ListFavourites())
    emit(body, _favourite_lines(body), as_json=args.json)
    return Exit.OK


def export_favourites(args: argparse.Namespace) -> Exit:
    """Print the keys as settings of a desk phone."""
    with connect(args) as client:
        body = client.ask(ListFavourites())
    listed = [_favourite(one) for one in entries(body, "favourites")]
    keys = PhoneKeys(args.pbx, args.pick_up, args.line, args.first)
    settings = phone_keys(listed, KeyFormat(args.vendor), keys)
    emit({"vendor": args.vendor, "settings": settings}, settings.splitlines(), as_json=args.json)
    return Exit.OK


def _favourite(one: Body) -> Favourite:
    name, target = str(one["name"]), str(one["target"])
    return Favourite(int(str(one["position"])), name, KeyType(str(one["type"])), target)


def show_favourite(args: argparse.Namespace) -> Exit:
    """Show everything about one key.

    Raises:
        RefusedError: there is none.
    """
    with connect(args) as client:
        body = client.ask(ListFavourites())
    one = next((f for f in entries(body, "favourites") if f["position"] == args.position), None)
    if one is None:
        raise RefusedError(f"position {args.position} holds no favourite: see `offhook favourites`")
    emit(one, (f"{key:10} {text(value)}".rstrip() for key, value in one.items()), as_json=args.json)
    return Exit.OK


def add_favourite(args: argparse.Namespace) -> Exit:
    """Add a key, or replace one."""
    favourite = Favourite(
        args.position, args.name, KeyType(args.type), args.target, args.long_press, args.subject
    )
    return _edit(args, PutFavourite(favourite, args.replace))


def remove_favourite(args: argparse.Namespace) -> Exit:
    """Remove a key."""
    return _edit(args, RemoveFavourite(args.position))


def move_favourite(args: argparse.Namespace) -> Exit:
    """Move a key."""
    return _edit(args, MoveFavourite(args.position, args.to))


def reset_favourites(args: argparse.Namespace) -> Exit:
    """Let the configuration count again."""
    return _edit(args, ResetFavourites(0 if args.all else args.position))


def _edit(args: argparse.Namespace, wish: EditFavourites) -> Exit:
    with connect(args) as client:
        body = client.ask(wish)
    emit(body, _favourite_lines(body), as_json=args.json)
    return Exit.OK


def _favourite_lines(body: Body) -> Iterator[str]:
    rows = [
        [
            *(text(one.get(key)) for key in ("position", "name", "type", "target")),
            "edited" if one.get("edited") else "",
        ]
        for one in entries(body, "favourites")
    ]
    yield from columns(rows) or ["no favourites: `offhook favourites add NAME EXTENSION` adds one"]
    removed = body.get("removed")
    if isinstance(removed, list) and removed:
        places = ", ".join(map(str, removed))
        yield f"removed, though configured: {places} (`offhook favourites reset N` brings it back)"
