"""The words that do something with a call. Handlers are named, not imported: see ``main``."""

import argparse
import re

from bridge.cli.words import Parser, Words, word

DIGITS = re.compile(r"[0-9*#A-Da-d]{1,32}")


def add_calls(words: Words) -> None:
    """Add all of them."""
    call = word(
        words,
        "call",
        "calls:dial",
        "call a number or SIP address",
        [
            "offhook call 201",
            "offhook call '+49 30 1234567' --account work",
            "offhook call 201 --from 205",
            "offhook call --marked",
        ],
    )
    whom = call.add_mutually_exclusive_group(required=True)
    whom.add_argument(
        "number", nargs="?", metavar="NUMBER", help="as you would type it, or sip:name@host"
    )
    whom.add_argument("--marked", action="store_true", help="the number marked on your screen")
    call.add_argument("--caller-id", metavar="NUMBER", help="number to show; `anonymous`: none")
    origin_of(call)
    account_of(call)
    link = word(
        words,
        "link",
        "calls:link",
        "dial a clicked tel:, callto: or sip: link, once you agree on the screen",
        ["offhook link 'tel:+49-30-1234567'"],
    )
    link.add_argument("link", metavar="URI", help="as the browser hands it over")
    for name, text in (
        ("answer", "answer the ringing call"),
        ("hangup", "end the call"),
        ("hold", "put the call on hold"),
        ("resume", "take the call back from hold"),
        ("swap", "speak in the held call and hold the other one"),
        ("mute", "mute the microphone"),
        ("unmute", "unmute the microphone"),
        ("silence", "let the ringing call ring without a sound"),
    ):
        _which(word(words, name, "calls:simple", text))
    reject = word(words, "reject", "calls:reject", "refuse the ringing call; the caller hears busy")
    reject.add_argument("--decline", action="store_true", help="say declined (603), not busy (486)")
    _which(reject)
    dtmf = word(words, "dtmf", "calls:dtmf", "send digits in the call", ["offhook dtmf 1234#"])
    dtmf.add_argument("digits", type=_digits, metavar="DIGITS", help="1 to 32 of 0-9 * # A-D")
    _which(dtmf)
    _elsewhere(words)
    account_of(word(words, "redial", "calls:redial", "call the last number again"))
    dnd = word(
        words,
        "dnd",
        "calls:dnd",
        "do not disturb: whoever calls hears busy",
        ["offhook dnd on", "offhook dnd on --global"],
    )
    dnd.add_argument("state", choices=("on", "off"))
    everywhere = "at all your telephones, seen by everybody; the PBX obeys it"
    dnd.add_argument("--global", dest="everywhere", action="store_true", help=everywhere)
    waiting = word(
        words,
        "waiting",
        "calls:waiting",
        "call waiting: a second call rings, or hears busy",
        ["offhook waiting off"],
    )
    waiting.add_argument("state", choices=("on", "off"))
    _forward(words)
    word(words, "lock", "calls:bare", "call nobody but emergency numbers, until `offhook unlock`")
    word(words, "unlock", "calls:bare", "call everybody again")


def _forward(words: Words) -> None:
    forward = word(
        words,
        "forward",
        "calls:forward",
        "forward calls, here or by the PBX: dials the star code that says so",
        ["offhook forward always 203", "offhook forward busy off", "offhook forward profile 3"],
    )
    forward.add_argument("when", choices=("always", "no-answer", "busy", "unreachable", "profile"))
    forward.add_argument(
        "to", metavar="TO", help="number, `voicemail`, `off`, or with `profile` 0 to 9"
    )
    account_of(forward)


def _elsewhere(words: Words) -> None:
    divert = word(
        words,
        "divert",
        "calls:elsewhere",
        "send the ringing call elsewhere; without a number, to the voice mail",
        ["offhook divert", "offhook divert 203"],
    )
    transfer = word(
        words,
        "transfer",
        "calls:elsewhere",
        "send the other end elsewhere; without a number, to the other end of your second call",
        ["offhook transfer 203", "offhook call 203 && offhook transfer"],
    )
    for parser in (divert, transfer):
        parser.add_argument("target", nargs="?", metavar="NUMBER", help="as you would type it")
        _which(parser)
    move = word(
        words,
        "move",
        "calls:elsewhere",
        "let the call go on at another telephone of yours, once that is lifted",
        ["offhook move desk"],
    )
    move.add_argument("target", nargs="?", metavar="ENDPOINT", help="a name in calls.endpoints")
    _which(move)
    _pull(words)
    word(words, "back", "calls:bare", "end the second call and go back to the first")
    word(words, "conference", "calls:bare", "let the other ends of both calls hear each other")
    record = word(
        words, "record", "calls:record", "write the call to a file", ["offhook record on"]
    )
    record.add_argument("state", choices=("on", "off"))
    _which(record)


def _pull(words: Words) -> None:
    pull = word(
        words,
        "pull",
        "calls:pull",
        "let a call of another telephone of yours go on here",
        ["offhook pull", "offhook pull 201 --dialog 'k3v9@192.0.2.10;to-tag=77b1;from-tag=a06c'"],
    )
    pull.add_argument("target", nargs="?", metavar="NUMBER", help="whom the call is with")
    pull.add_argument(
        "--dialog",
        metavar="DIALOG",
        help="which call: `dialog` of `offhook status --json` where it runs; without it the feature"
        " code of the PBX is dialled (accounts.pull)",
    )
    account_of(pull)


def _which(parser: Parser) -> None:
    parser.add_argument("--call", metavar="ID", help="which call; the one it can only mean if left")


def account_of(parser: Parser) -> None:
    """Add the option that names a line."""
    parser.add_argument("--account", metavar="ID", help="which line; the first if left out")


def origin_of(parser: Parser) -> None:
    """Add the option that lets another telephone call."""
    parser.add_argument(
        "--from",
        dest="origin",
        default="",
        metavar="TELEPHONE",
        help="which telephone calls, once it is lifted: an extension of the PBX, a desk phone or"
        " endpoint by its name, or any number",
    )


def _digits(text: str) -> str:
    if not DIGITS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"found {text[:40]!r}, expected 1 to 32 of 0-9 * # A-D")
    return text.upper()
