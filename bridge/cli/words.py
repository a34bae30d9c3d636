"""How a word of the command line is made: its help, its examples, the options all words have."""

import argparse
from collections.abc import Sequence
from typing import NoReturn, TypeAlias


class Parser(argparse.ArgumentParser):
    """An ``argparse`` parser whose errors say where to read on."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence and leave with 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


# Quoted because argparse's own class, which has no public name, cannot be subscribed.
Words: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001


def common(parser: argparse.ArgumentParser, *, inside: bool = False) -> None:
    """Add the options that stand before or after the word alike."""
    absent = argparse.SUPPRESS
    parser.add_argument(
        "--json",
        action="store_true",
        default=absent if inside else False,
        help="answer in JSON, one object a line",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=absent if inside else None,
        help="configuration file instead of ~/.config/offhook/config.yaml",
    )
    parser.add_argument(
        "--socket",
        metavar="PATH",
        default=absent if inside else None,
        help="control socket of the daemon to talk to",
    )


def word(words: Words, name: str, handler: str, text: str, examples: Sequence[str] = ()) -> Parser:
    """Add a word."""
    lines = "".join(f"  {example}\n" for example in examples)
    parser = words.add_parser(
        name,
        help=text,
        description=text[:1].upper() + text[1:] + ".",
        epilog=f"examples:\n{lines}" if lines else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common(parser, inside=True)
    parser.set_defaults(handler=handler, word=name)
    return parser


def group(words: Words, name: str, text: str) -> Words:
    """Add a word that needs a second one."""
    parser = words.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
    parser.set_defaults(handler="", needs=parser)
    return parser.add_subparsers(title="words", metavar="WORD", parser_class=Parser)
