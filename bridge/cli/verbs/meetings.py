"""Words about the meetings of a room."""

import argparse
from collections.abc import Mapping
from datetime import datetime

from bridge.cli.client import RefusedError
from bridge.cli.exits import Exit
from bridge.cli.show import columns, emit, entries, text
from bridge.cli.where import connect
from bridge.model.meetings import JoinMeeting, ListMeetings, ReloadMeetings
from bridge.protocols.control_records import check

GOOD = frozenset({"accepted", "done"})

Body = Mapping[str, object]


def meetings(args: argparse.Namespace) -> Exit:
    """List the meetings, read again first if that is wanted."""
    with connect(args) as client:
        if args.reload:
            _refuse_unless_good(args.word, client.ask(ReloadMeetings()))
        body = client.ask(ListMeetings())
    lines = columns([_row(one) for one in entries(body, "meetings")]) or ["none in the next days"]
    if body.get("stale"):
        lines.append("this may be old: the calendar could not be read for a while")
    if body.get("note"):
        lines.append(text(body.get("note")))
    emit(body, lines, as_json=args.json)
    return Exit.OK


def join(args: argparse.Namespace) -> Exit:
    """Join a meeting: the one given, or the one that can only be meant."""
    with connect(args) as client:
        name = args.id or _meant(client.ask(ListMeetings()))
        wish = JoinMeeting(name, args.participant)
        try:
            check(wish)
        except ValueError as error:
            raise RefusedError(f"join: {error}") from None
        body = client.ask(wish)
    _refuse_unless_good("join", body)
    detail = text(body.get("detail"))
    emit({"ok": True, **body}, [f"join: {detail or text(body.get('outcome'))}"], as_json=args.json)
    return Exit.OK


def _meant(body: Body) -> str:
    """Return the id of the meeting that runs, or else of the one that is about to begin.

    Raises:
        RefusedError: there is none, or more than one.
    """
    here = [one for one in entries(body, "meetings") if one.get("joinable")]
    running = [one for one in here if one.get("running")] or here
    if len(running) == 1:
        return text(running[0].get("id"))
    if running:
        names = ", ".join(text(one.get("id")) for one in running)
        raise RefusedError(f"join: there are several, expected the id of one: {names}")
    note = text(body.get("note"))
    raise RefusedError(f"join: no meeting can be joined now{': ' + note if note else ''}")


def _refuse_unless_good(word: str, body: Body) -> None:
    if text(body.get("outcome")) not in GOOD:
        raise RefusedError(f"{word}: {text(body.get('outcome'))}: {text(body.get('detail'))}")


def _row(meeting: Body) -> list[str]:
    state = "joined" if meeting.get("joined") else "now" if meeting.get("running") else ""
    way = "join" if meeting.get("joinable") else text(meeting.get("why"))
    times = f"{_moment(meeting.get('starts'))} - {_moment(meeting.get('ends'))}"
    return [text(meeting.get("id")), times, text(meeting.get("title")), state, way]


def _moment(value: object) -> str:
    if not isinstance(value, int):
        return ""
    moment = datetime.fromtimestamp(value / 1000).astimezone()
    today = moment.date() == datetime.now().astimezone().date()
    return moment.strftime("%H:%M" if today else "%a %d %b %H:%M")
