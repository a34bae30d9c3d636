"""What the demo is asked to do: the options of ``offhook demo``, also without the command."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How to run.

    Args:
        auto: play the story and check it.
        json: answer in JSON lines; implies ``auto``.
        device: recording or descriptor of the headset; empty = the Evolve Link.
        real: use the headset that is plugged in.
    """

    auto: bool = False
    json: bool = False
    device: str = ""
    real: bool = False


def from_words(args: argparse.Namespace | Sequence[str] | None) -> Options:
    """Return the options out of the command's parsed line, or out of words of our own."""
    given = args if isinstance(args, argparse.Namespace) else _parser().parse_args(args)
    return Options(
        auto=bool(getattr(given, "auto", False)) or bool(getattr(given, "json", False)),
        json=bool(getattr(given, "json", False)),
        device=getattr(given, "device", None) or "",
        real=bool(getattr(given, "real", False)),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bridge.demo", description="A real SIP call rings a virtual headset."
    )
    parser.add_argument("--auto", action="store_true", help="play the whole story and check it")
    parser.add_argument("--json", action="store_true", help="with --auto: one JSON object a line")
    parser.add_argument("--device", metavar="DUMP", help="another headset: its HID dump")
    parser.add_argument("--real", action="store_true", help="use the headset that is plugged in")
    return parser
