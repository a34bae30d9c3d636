"""``offhook demo``: which way to run it, and how it ends."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from bridge.demo.automatic import play_automatically
from bridge.demo.headset import make_headset
from bridge.demo.options import Options, from_words
from bridge.demo.plain import play_plainly
from bridge.demo.plugged import ask_for_real, find_real
from bridge.demo.report import error_json
from bridge.demo.scene import Setting
from bridge.model.errors import BridgeError, FileProblems, TransportError

OK, FAILED, CONFIG, INTERRUPTED = 0, 1, 4, 130  # as ``bridge.cli.exits`` has them


def main(args: argparse.Namespace | Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code; errors are told, not raised.

    Args:
        args: the command's parsed line, or words; None = those of the process.
    """
    options = from_words(args)
    try:
        return run(options, _setting(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read has gone, as in `offhook demo | head -3`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except BridgeError as error:
        print(f"offhook demo: {error}", file=sys.stderr)
        if options.json:
            print(error_json(str(error)), flush=True)
        return CONFIG if isinstance(error, FileProblems) else FAILED


def run(options: Options, setting: Setting) -> int:
    """Run with a setting of one's own.

    Raises:
        BridgeError: it cannot be run; the sentence says why and what to do.
    """
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(levelname)s: %(message)s")
    if options.auto:
        return asyncio.run(play_automatically(setting, as_json=options.json))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return asyncio.run(play_plainly(setting))
    from bridge.demo.live import play_live  # noqa: PLC0415  # needs a terminal's modules

    return asyncio.run(play_live(setting))


def _setting(options: Options) -> Setting:
    """Return what stands at the edge: a virtual headset, or the real one if that is wanted."""
    if options.real:
        if options.auto:
            raise TransportError("nobody presses the keys of a real headset: leave out --auto")
        if not find_real():
            raise TransportError(
                "no telephony headset is plugged in: leave out --real, or see `offhook doctor`"
            )
        return Setting(None)
    if not options.device and not options.auto and ask_for_real():
        return Setting(None)
    return Setting(make_headset(options.device))
