"""The words about busy lamps: ``lamps``, ``press``, ``favourites``, ``panels``."""

import argparse

from bridge.cli.words import Parser, Words, group, word
from bridge.model.blf import KeyState, KeyType
from bridge.model.favourites import MOST_POSITION
from bridge.protocols.phone_keys import KeyFormat


def add_lamps(words: Words) -> None:
    """Add all of them."""
    lamps = word(
        words,
        "lamps",
        "lamps:show",
        "show what the keys show, and the panels they are on",
        ["offhook lamps", "offhook lamps --watch", "offhook lamps --json"],
    )
    lamps.add_argument("--watch", action="store_true", help="go on, and show each change")
    press = word(
        words,
        "press",
        "lamps:press",
        "press a key, as a finger would",
        ["offhook press 3", "offhook press 3 --long", "offhook press 3 --if-shows ringing"],
    )
    _position(press)
    press.add_argument("--long", action="store_true", help="held, for its second function")
    press.add_argument(
        "--if-shows",
        choices=[state.value for state in KeyState],
        metavar="STATE",
        help="only if the key shows this now",
    )
    _favourites(words)
    word(
        group(words, "panels", "key panels"),
        "dark",
        "panels:dark",
        "put out Stream Decks and X-keys that a killed daemon left lit; the service runs it",
        ["offhook panels dark"],
    )


def _favourites(words: Words) -> None:
    parser = word(
        words, "favourites", "lamps:list_favourites", "the keys of panels and telephones: edit them"
    )
    parser.set_defaults(word="list")
    words = parser.add_subparsers(title="words", metavar="WORD", parser_class=Parser)
    word(words, "list", "lamps:list_favourites", "list the keys; edited ones are marked")
    _position(word(words, "show", "lamps:show_favourite", "show everything about one key"))
    add = word(
        words,
        "add",
        "lamps:add_favourite",
        "add a key, or replace one",
        [
            "offhook favourites add Anna 202",
            "offhook favourites add 'Do not disturb' --type dnd --position 15",
            "offhook favourites add Door '*80300' --type feature-code --subject 300",
        ],
    )
    add.add_argument("name", metavar="NAME", help="label of the key")
    add.add_argument("target", nargs="?", default="", metavar="TARGET", help="by type, see --type")
    add.add_argument(
        "--type",
        choices=[one.value for one in KeyType],
        default=KeyType.BLF.value,
        help="blf: extension; speed-dial: number; line: account id; feature-code: star code; "
        "park: its number; queue: its number, or nothing for all of yours; forwarding: profile "
        "0 to 9; presence: a state",
    )
    add.add_argument("--position", type=_place, default=0, metavar="N", help="the first free one")
    add.add_argument("--replace", action="store_true", help="take the place of another key")
    add.add_argument("--long-press", default="", metavar="NUMBER", help="dialled when it is held")
    add.add_argument("--subject", default="", metavar="EXT", help="whose lamp, if not the target's")
    _export(words)
    _position(word(words, "remove", "lamps:remove_favourite", "remove a key"))
    move = word(
        words,
        "move",
        "lamps:move_favourite",
        "move a key; if another one is there, the two change places",
        ["offhook favourites move 3 1"],
    )
    _position(move)
    move.add_argument("to", type=_place, metavar="TO", help="where to")
    reset = word(
        words,
        "reset",
        "lamps:reset_favourites",
        "forget what was edited: the configuration counts again",
        ["offhook favourites reset 3", "offhook favourites reset --all"],
    )
    which = reset.add_mutually_exclusive_group(required=True)
    which.add_argument("position", nargs="?", type=_place, default=0, metavar="N")
    which.add_argument("--all", action="store_true", help="every key")


def _export(words: Words) -> None:
    export = word(
        words,
        "export",
        "lamps:export_favourites",
        "print the keys as settings of a desk phone, for its configuration file",
        ["offhook favourites export yealink --pbx pbx.example.org >>y000000000000.cfg"],
    )
    export.add_argument("vendor", choices=[one.value for one in KeyFormat])
    export.add_argument("--pbx", required=True, metavar="HOST", help="as the phone knows it")
    export.add_argument("--pick-up", default="**", metavar="CODE", help="star code, default: **")
    export.add_argument("--line", type=_place, default=1, metavar="N", help="the phone's line")
    export.add_argument("--first", type=_place, default=1, metavar="N", help="its first free key")


def _position(parser: Parser) -> None:
    parser.add_argument("position", type=_place, metavar="N", help="position of the key")


def _place(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_POSITION:
        raise argparse.ArgumentTypeError(f"found {text[:20]!r}, expected 1 to {MOST_POSITION}")
    return int(text)
