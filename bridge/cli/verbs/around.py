"""Words about what stands around the line: presence, do not disturb everywhere, queues."""

import argparse
import re
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bridge.cli.client import Client, RefusedError
from bridge.cli.exits import Exit
from bridge.cli.show import columns, emit, entries, inner, text
from bridge.cli.where import connect
from bridge.model.blf import Extension, PresenceState
from bridge.model.features import (
    AroundQuestion,
    EnterQueue,
    GetPresence,
    LeaveQueue,
    LeaveQueues,
    ListQueues,
    ReturnToQueues,
    ShowMe,
    SwitchGlobalDnd,
)
from bridge.protocols.control_records import check

_SPAN = re.compile(r"([1-9][0-9]{0,3})(m|h|d)")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_MINUTES = {"m": 1, "h": 60, "d": 1440}

Body = dict[str, object]


def presence(args: argparse.Namespace) -> Exit:
    """Show what others see, or set it."""
    if args.state is None:
        if args.text or args.until:
            raise RefusedError("presence: expected a state before --text and --until")
        return _done(args, GetPresence())
    wanted = PresenceState.NONE if args.state == "auto" else PresenceState(args.state)
    until_ms = 0 if args.until is None else until(args.until, datetime.now().astimezone())
    return _done(args, ShowMe(wanted, args.text, until_ms))


def dnd_everywhere(args: argparse.Namespace) -> Exit:
    """Switch do not disturb at all telephones of the user."""
    return _done(args, SwitchGlobalDnd(args.state == "on"))


def queues(args: argparse.Namespace) -> Exit:
    """List the user's queues."""
    with connect(args) as client:
        body = _ask(client, ListQueues())
    rows = [_queue_row(queue) for queue in entries(body, "queues")]
    left = sum(bool(queue.get("previous")) for queue in entries(body, "queues"))
    lines = columns(rows) or ["none: the PBX has named no queue with you among its agents"]
    if left:
        lines.append(f"{left} left at once: `offhook queue back` goes back to them")
    emit({"queues": body.get("queues")}, lines, as_json=args.json)
    return Exit.OK


def queue_in(args: argparse.Namespace) -> Exit:
    """Log in to a queue."""
    return _done(args, EnterQueue(Extension(args.queue)))


def queue_out(args: argparse.Namespace) -> Exit:
    """Log out of a queue."""
    return _done(args, LeaveQueue(Extension(args.queue)))


def out_all(args: argparse.Namespace) -> Exit:
    """Log out of all queues, once the user agrees.

    Raises:
        RefusedError: nobody agreed.
    """
    with connect(args) as client:
        mine = entries(_ask(client, ListQueues()), "queues")
        here = [text(queue.get("queue")) for queue in mine if queue.get("logged_in")]
        if here and not args.yes and not _agrees(f"log out of {', '.join(here)}?"):
            raise RefusedError("queue out-all: not confirmed; nothing was done (--yes: not asked)")
        return _told(args, _ask(client, LeaveQueues()))


def back(args: argparse.Namespace) -> Exit:
    """Log in to the queues that were left with ``out-all``."""
    return _done(args, ReturnToQueues())


def until(text: str, now: datetime) -> int:
    """Return a moment as somebody types it, Unix milliseconds.

    Args:
        text: ``30m``, ``2h``, ``1d``, ``14:00`` (the next one), or ISO 8601.
        now: with a time zone.

    Raises:
        RefusedError: it is none of these.
    """
    if span := _SPAN.fullmatch(text):
        moment = now + timedelta(minutes=int(span[1]) * _MINUTES[span[2]])
    elif clock := _CLOCK.fullmatch(text):
        moment = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        moment += timedelta(days=moment <= now)
    else:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            found = f"--until: found {text[:40]!r}"
            raise RefusedError(f"{found}, expected 30m, 2h, 14:00 or 2026-12-24T18:00") from None
        moment = read if read.tzinfo else read.astimezone()
    return round(moment.timestamp() * 1000)


def around_lines(body: Mapping[str, object], now_s: float) -> Iterator[str]:
    """Return presence and queues as lines of a status; nothing where nothing was set."""
    mine = inner(body, "presence")
    if mine and mine.get("presence") != PresenceState.AVAILABLE.value:
        yield f"presence {_shown(mine, now_s)}"
    here = [text(one.get("queue")) for one in entries(body, "queues") if one.get("logged_in")]
    if here:
        yield f"queues   logged in to {', '.join(here)}"
    yield from _forwarding(inner(body, "forwarding_at_pbx"))


def _forwarding(there: Mapping[str, object]) -> Iterator[str]:
    """Tell that the PBX forwards calls, or that another profile than the default one is active."""
    if not there.get("forwarding") and not there.get("profile"):
        return
    whens, rules = there.get("when"), there.get("rules")
    said = [text(when) for when in whens] if isinstance(whens, list) else []
    said += [f"{text(rules)} rules for single callers"] if rules else []
    named = f"profile {text(there.get('profile'))} {text(there.get('title'))}".rstrip()
    what = ", ".join(said) or ("calls" if there.get("forwarding") else "nothing")
    yield f"forward  at the PBX, {named}: {what}"


def _shown(mine: Mapping[str, object], now_s: float) -> str:
    said = f": {text(mine.get('text'))}" if mine.get("text") else ""
    how = "set by hand" if mine.get("by_hand") else "by itself"
    until_ms = mine.get("until_ms")
    if isinstance(until_ms, int) and until_ms:
        form = "%H:%M" if until_ms / 1000 - now_s < 86_400 else "%Y-%m-%d %H:%M"
        how += f", until {datetime.fromtimestamp(until_ms / 1000).astimezone().strftime(form)}"
    return f"{text(mine.get('presence'))}{said} ({how})"


def _queue_row(queue: Mapping[str, object]) -> list[str]:
    known = queue.get("logged_in")
    state = "unknown" if known is None else "logged in" if known else "logged out"
    return [
        text(queue.get("queue")),
        "paused" if queue.get("paused") and known else state,
        "" if queue.get("agents") is None else f"{text(queue.get('agents'))} agents",
        "" if queue.get("waiting") is None else f"{text(queue.get('waiting'))} callers wait",
        "left" if queue.get("previous") else "",
    ]


def _agrees(question: str) -> bool:
    """Ask at the terminal; nobody there does not agree."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _done(args: argparse.Namespace, question: AroundQuestion) -> Exit:
    with connect(args) as client:
        return _told(args, _ask(client, question))


def _told(args: argparse.Namespace, body: Body) -> Exit:
    outcome, detail = text(body.get("outcome")), text(body.get("detail"))
    if outcome != "done":
        raise RefusedError(f"{args.word}: {outcome}: {detail}")
    is_show = args.word == "presence" and args.state is None
    line = _shown(inner(body, "presence"), time.time()) if is_show else f"{args.word}: {detail}"
    emit({"ok": True, **body}, [line], as_json=args.json)
    return Exit.OK


def _ask(client: Client, question: AroundQuestion) -> Body:
    try:
        check(question)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    return client.ask(question)
