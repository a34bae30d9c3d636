"""The ``offhook`` command: words to handlers, errors to one sentence and an exit code."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from bridge.cli.exits import Exit
from bridge.cli.parser import build
from bridge.model.errors import BridgeError, FileProblems

Handler = Callable[[argparse.Namespace], Exit]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: words after ``offhook``; None = those of the process.
    """
    parser = build()
    args = parser.parse_args(argv)
    if args.version:
        return _version()
    if not args.handler:
        getattr(args, "needs", parser).print_help(sys.stderr)
        return Exit.USAGE
    try:
        code = _handler(args.handler)(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _leave_quietly()
    except BridgeError as error:
        return _tell(error, as_json=args.json)
    return code


def _version() -> Exit:
    from bridge import __version__  # noqa: PLC0415  # reads package metadata: slow

    print(f"offhook {__version__}")
    return Exit.OK


def _handler(name: str) -> Handler:
    """Return a handler by ``module:function``; only the module that is used is imported."""
    module, _, function = name.partition(":")
    handler: Handler = getattr(importlib.import_module(f"bridge.cli.verbs.{module}"), function)
    return handler


def _tell(error: BridgeError, *, as_json: bool) -> Exit:
    """Print what went wrong: sentences on standard error, with ``--json`` an object besides."""
    code = exit_of(error)
    print(f"offhook: {error}" if not isinstance(error, FileProblems) else error, file=sys.stderr)
    if as_json:
        print(json.dumps({"ok": False, "exit": int(code), "error": str(error), **_more(error)}))
    return code


def _more(error: BridgeError) -> dict[str, object]:
    if not isinstance(error, FileProblems):
        return {}
    keys = ("file", "line", "path", "found", "expected")
    return {"problems": [{key: getattr(p, key) for key in keys} for p in error.problems]}


def exit_of(error: BridgeError) -> Exit:
    """Return the exit code that belongs to an error."""
    from bridge.cli.client import NotRunningError  # noqa: PLC0415  # not every word needs sockets

    match error:
        case NotRunningError():
            return Exit.NOT_RUNNING
        case FileProblems():
            return Exit.CONFIG
        case _:
            return Exit.FAILED


def _leave_quietly() -> NoReturn:
    """End as programs in a pipe do whose reader has gone (``offhook status | head -1``)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(Exit.OK)


if __name__ == "__main__":
    sys.exit(main())
