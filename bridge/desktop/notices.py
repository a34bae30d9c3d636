"""What belongs on the screen now, from what is known: pure, one function for each kind.

A notice has a name that stays while its matter lasts. Its keys carry what they are about (a call
id), so that none can ever act on another call than the one that was on the screen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from bridge.model.calls import CallView, Direction, LineView, Party, Phase, Snapshot
from bridge.model.desktop import Callers, DesktopSettings, NoticeKind
from bridge.model.ids import AccountId, CallId
from bridge.model.redaction import mask_number, printable

MOST_SHOWN = 200  # characters of a line
MISSED = "missed"
PROBLEM = "problem"
FREED = "freed"


class Urgency(Enum):
    """Values of the specification; critical ones stay until they are closed."""

    LOW = 0
    NORMAL = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice.

    Args:
        keys: name and label of each, in order.
        category: of the Desktop Notifications Specification.
    """

    summary: str
    body: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    urgency: Urgency = Urgency.NORMAL
    category: str = "call"


@dataclass(frozen=True, slots=True)
class Missed:
    """A call nobody took."""

    account: AccountId
    remote: Party


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that notices are made of.

    Args:
        view: calls and lines.
        voicemail: lines that know where voice mail is.
        held_long: calls on hold for too long.
        missed: calls not looked at yet, newest last.
        mail: lines whose voice messages have not been looked at.
        problems: those that last.
        freed: position and name of the keys of those somebody waited for to be free.
        questions: notices about links, by name.
    """

    view: Snapshot = field(default_factory=Snapshot)
    voicemail: frozenset[AccountId] = frozenset()
    held_long: frozenset[CallId] = frozenset()
    missed: tuple[Missed, ...] = ()
    mail: frozenset[AccountId] = frozenset()
    problems: tuple[str, ...] = ()
    freed: tuple[tuple[int, str], ...] = ()
    questions: tuple[tuple[str, Notice], ...] = ()


def wanted(board: Board, settings: DesktopSettings) -> dict[str, Notice]:
    """Return what belongs on the screen, by name."""
    found = dict(board.questions)
    for position, name in board.freed if settings.notices else ():
        found[f"{FREED} {position}"] = _freed(position, name, settings.callers)
    if NoticeKind.INCOMING in settings.notices:
        found |= _incoming(board, settings.callers)
    if NoticeKind.HELD in settings.notices:
        found |= _held(board, settings.callers)
    if NoticeKind.MISSED in settings.notices and board.missed:
        found[MISSED] = _missed(board.missed, settings.callers)
    if NoticeKind.VOICEMAIL in settings.notices:
        found |= _mail(board)
    if NoticeKind.PROBLEMS in settings.notices and board.problems:
        text = "\n".join(
            board.problems
        )  # in the name, too: one put away comes back when it changes
        found[f"{PROBLEM} {text}"] = Notice("Offhook has a problem", text, category="")
    return found


def who(remote: Party, callers: Callers) -> str:
    """Return a caller as a notice may show it; empty for nobody in particular."""
    if callers is Callers.HIDDEN:
        return ""
    if callers is Callers.MASKED:
        return mask_number(printable(remote.number))
    number = f"({remote.number})" if remote.name and remote.number else remote.number
    company = f", {remote.company}" if remote.company else ""
    return printable(f"{remote.name} {number}".strip() + company, MOST_SHOWN)


def _incoming(board: Board, callers: Callers) -> Iterator[tuple[str, Notice]]:
    for call in board.view.calls:
        if call.phase is Phase.RINGING and call.direction is Direction.INCOMING:
            yield f"ringing {call.call}", _ringing(call, board, callers)


def _ringing(call: CallView, board: Board, callers: Callers) -> Notice:
    via = call.diverted_by
    body = f"for {who(via, callers)}" if via is not None and who(via, callers) else ""
    keys = [(f"answer {call.call}", "Answer"), (f"reject {call.call}", "Reject")]
    if call.account in board.voicemail:
        keys.append((f"divert {call.call}", "Voice mail"))
    summary = f"Call from {who(call.remote, callers) or 'somebody'}"
    return Notice(summary, body, tuple(keys), Urgency.CRITICAL, "call.incoming")


def _held(board: Board, callers: Callers) -> Iterator[tuple[str, Notice]]:
    for call in board.view.calls:
        if call.call in board.held_long and call.phase is Phase.HELD:
            keys = ((f"resume {call.call}", "Resume"), (f"hangup {call.call}", "Hang up"))
            summary = f"Still on hold: {who(call.remote, callers) or 'a call'}"
            yield f"held {call.call}", Notice(summary, "", keys)


def _freed(position: int, name: str, callers: Callers) -> Notice:
    """Return a notice that somebody asked for by a key: shown where any notices are."""
    whom = printable(name) if callers is Callers.FULL else f"Key {position}"
    return Notice(f"{whom} is free", "", ((f"call-freed {position}", "Call"),))


def _missed(missed: tuple[Missed, ...], callers: Callers) -> Notice:
    last = who(missed[-1].remote, callers) or "somebody"
    if len(missed) > 1:
        body = f"the last one from {last}; `offhook history` lists them"
        return Notice(f"{len(missed)} missed calls", body, (), category="call.unanswered")
    keys = (("call-back", "Call back"),) if missed[0].remote.number else ()
    return Notice(f"Missed call from {last}", "", keys, category="call.unanswered")


def _mail(board: Board) -> Iterator[tuple[str, Notice]]:
    for line in board.view.lines:
        if line.account in board.mail and line.mailbox is not None and line.mailbox.waiting:
            keys = ((f"listen {line.account}", "Listen"),) * (line.account in board.voicemail)
            yield f"mail {line.account}", Notice(_messages(line), f"line {line.account}", keys)


def _messages(line: LineView) -> str:
    new = line.mailbox.new if line.mailbox is not None else 0
    if not new:
        return "Voice messages wait"
    return f"{new} new voice message{'s' * (new > 1)}"
