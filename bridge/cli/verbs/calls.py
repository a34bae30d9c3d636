"""Words that do something with a call."""

import argparse

from bridge.cli.client import RefusedError
from bridge.cli.exits import Exit
from bridge.cli.marked import marked
from bridge.cli.show import emit, entries, inner, text
from bridge.cli.verbs.around import dnd_everywhere
from bridge.cli.where import connect
from bridge.features.star_codes import write_star_code
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.protocols.control_answers import Reply, decode_reply
from bridge.protocols.control_wire import GetStatus, GiveIntent, OpenLink

DIALLING = frozenset({Verb.DIAL, Verb.REDIAL, Verb.CALL_BACK, Verb.PULL})
GOOD = frozenset({Outcome.ACCEPTED, Outcome.DONE})


def dial(args: argparse.Namespace) -> Exit:
    """Call a number.

    Raises:
        RefusedError: it was not called, or none is marked; the sentence says why.
    """
    intent = Intent(
        Verb.DIAL,
        target=_typed(args),
        account=_account(args),
        identity=args.caller_id or "",
        origin=args.origin,
    )
    return give(args, intent)


def _typed(args: argparse.Namespace) -> str:
    number: str = marked() if args.marked else args.number
    if not number.strip():  # as a script gives it whose variable is empty
        raise RefusedError("call: no number was given")
    return number


def link(args: argparse.Namespace) -> Exit:
    """Hand a clicked link to the daemon, which asks before it dials.

    Raises:
        RefusedError: it is not dialled; the sentence says why.
    """
    with connect(args) as client:
        return _told(args, _reply(client.ask(OpenLink(args.link))))


def simple(args: argparse.Namespace) -> Exit:
    """Answer, hang up, hold, resume, swap, mute or unmute."""
    return give(args, Intent(Verb(args.word), call=_call(args)))


def elsewhere(args: argparse.Namespace) -> Exit:
    """Divert a ringing call, transfer the other end of one, or move it."""
    return give(args, Intent(Verb(args.word), call=_call(args), target=args.target or ""))


def forward(args: argparse.Namespace) -> Exit:
    """Forward calls, or not any more: by star code, so that whoever does it is told the same."""
    code = write_star_code(args.when, args.to)
    return give(args, Intent(Verb.DIAL, target=code, account=_account(args)))


def pull(args: argparse.Namespace) -> Exit:
    """Take a call over from another telephone.

    Raises:
        RefusedError: a dialog without whom it is with, or the other way round.
    """
    if bool(args.dialog) != bool(args.target):
        raise RefusedError("pull: expected both NUMBER and --dialog, or none of them")
    intent = Intent(
        Verb.PULL, target=args.target or "", account=_account(args), dialog=args.dialog or ""
    )
    return give(args, intent)


def bare(args: argparse.Namespace) -> Exit:
    """Do what needs no more words: back, conference, lock, unlock."""
    return give(args, Intent(Verb(args.word)))


def record(args: argparse.Namespace) -> Exit:
    """Write the call to a file, or stop it."""
    verb = Verb.RECORD if args.state == "on" else Verb.STOP_RECORDING
    return give(args, Intent(verb, call=_call(args)))


def reject(args: argparse.Namespace) -> Exit:
    """Refuse the ringing call."""
    status = 603 if args.decline else 486
    return give(args, Intent(Verb.REJECT, call=_call(args), status=status))


def dtmf(args: argparse.Namespace) -> Exit:
    """Send digits."""
    return give(args, Intent(Verb.DTMF, call=_call(args), target=args.digits))


def redial(args: argparse.Namespace) -> Exit:
    """Call the last number again."""
    return give(args, Intent(Verb.REDIAL, account=_account(args)))


def dnd(args: argparse.Namespace) -> Exit:
    """Refuse calls from now on, or take them again."""
    if args.everywhere:
        return dnd_everywhere(args)
    return give(args, Intent(Verb.DND_ON if args.state == "on" else Verb.DND_OFF))


def waiting(args: argparse.Namespace) -> Exit:
    """Let a second call ring, or hear busy."""
    return give(args, Intent(Verb.WAITING_ON if args.state == "on" else Verb.WAITING_OFF))


def _call(args: argparse.Namespace) -> CallId | None:
    return CallId(args.call) if args.call else None


def _account(args: argparse.Namespace) -> AccountId | None:
    return AccountId(args.account) if args.account else None


def give(args: argparse.Namespace, intent: Intent) -> Exit:
    """Pass an intent to the daemon and print what became of it.

    Raises:
        RefusedError: it was not done; the sentence says why.
    """
    with connect(args) as client:
        reply = _reply(client.ask(GiveIntent(intent)))
        dialled = intent.verb in DIALLING and reply.outcome in GOOD
        number = _number(client.ask(GetStatus()), reply.call) if dialled else ""
    return _told(args, reply, {"number": number} if dialled else {})


def _told(args: argparse.Namespace, reply: Reply, more: dict[str, str] | None = None) -> Exit:
    """Print what became of it, or say why nothing did."""
    if reply.outcome not in GOOD:
        detail = f": {reply.detail}" if reply.detail else ""
        raise RefusedError(f"{args.word}: {reply.outcome.value}{detail}")
    number = (more or {}).get("number", "")
    emit({**_body(reply), **(more or {})}, [_sentence(args.word, reply, number)], as_json=args.json)
    return Exit.OK


def _number(status: dict[str, object], call: CallId | None) -> str:
    """Return what was dialled, as the daemon read it; empty when the call is over already."""
    calls = [one for one in entries(status, "calls") if one.get("call") == call]
    return text(inner(calls[0], "remote").get("number")) if calls else ""


def _reply(body: dict[str, object]) -> Reply:
    try:
        return decode_reply(body)
    except ValueError as error:
        reason = f"the daemon answers in words this command does not know: {error}"
        raise RefusedError(reason) from error


def _body(reply: Reply) -> dict[str, object]:
    return {
        "ok": True,
        "outcome": reply.outcome.value,
        "detail": reply.detail,
        "call": reply.call,
    }


def _sentence(word: str, reply: Reply, number: str = "") -> str:
    state = "done" if reply.outcome is Outcome.DONE else "under way"
    detail = f" ({reply.detail})" if reply.detail and reply.detail != state else ""
    parts = (f"{word}: {state}{detail}", number, f"call {reply.call}" if reply.call else "")
    return ", ".join(part for part in parts if part)
