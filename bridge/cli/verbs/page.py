"""Words about the page: open it, and make its secrets."""

import argparse
import contextlib
import getpass
import html
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.cli.where import connect
from bridge.config import places
from bridge.kiosk import pin
from bridge.model.errors import BridgeError
from bridge.model.page import LaunchPage
from bridge.protocols.control_wire import Question

OPENED_S = 20.0  # for a browser to be started
READ_S = 3.0  # for a browser that runs already to read the file: xdg-open returns before that

_REDIRECT = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>Offhook</title>
<a href="{url}">Offhook</a>
"""


def page(args: argparse.Namespace) -> Exit:
    """Open the page, or make one of its secrets.

    Raises:
        BridgeError: why not.
    """
    match args.what:
        case "pin":
            return _pin(args)
        case "token":
            return _token(args)
        case _:
            return _open(args)


# -- opening ------------------------------------------------------------------


def _open(args: argparse.Namespace) -> Exit:
    question: Question = LaunchPage(args.kiosk)
    with connect(args) as client:
        told = client.ask(question)
    url = str(told["url"])
    if args.print:
        emit({"url": url, "expires_s": told.get("expires_s")}, [url], as_json=args.json)
        return Exit.OK
    file = _leading_to(url)
    if args.file:
        emit({"url": file.as_uri()}, [file.as_uri()], as_json=args.json)
        return Exit.OK
    return _browse(file, args)


def _leading_to(url: str) -> Path:
    """Return a file that only we can read and that leads a browser to an address.

    On a command line everybody on this machine could read the word in it, and be faster.
    """
    directory = os.environ.get("XDG_RUNTIME_DIR") or None
    handle, name = tempfile.mkstemp(".html", "offhook-page-", directory)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_REDIRECT.format(url=html.escape(url)))
    return Path(name)


def _browse(file: Path, args: argparse.Namespace) -> Exit:
    try:
        subprocess.run(
            ["xdg-open", file.as_uri()], check=True, stdin=subprocess.DEVNULL, timeout=OPENED_S
        )
        time.sleep(READ_S)
    except FileNotFoundError:
        raise BridgeError(
            "there is no xdg-open: install xdg-utils, or open what `offhook page --print` says"
        ) from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise BridgeError(
            "no browser could be opened: open what `offhook page --print` says"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            file.unlink()
    emit({"opened": True}, ["opened in your browser"], as_json=args.json)
    return Exit.OK


# -- secrets ------------------------------------------------------------------


def _pin(args: argparse.Namespace) -> Exit:
    chosen = _ask_pin()
    file = _place(args, "page-pin")
    _write(file, pin.hash_of(chosen))
    lines = [
        f"written to {file}; put this into the configuration and start Offhook anew:",
        "page:",
        "  pin:",
        f"    hash_file: {file}",
    ]
    emit({"hash_file": str(file)}, lines, as_json=args.json)
    return Exit.OK


def _ask_pin() -> str:
    if sys.stdin.isatty():
        first, second = getpass.getpass("PIN: "), getpass.getpass("again: ")
        if first != second:
            raise BridgeError("these were two different PINs: try again")
    else:
        first = sys.stdin.readline().rstrip("\n")
    if not pin.SHORTEST <= len(first) <= pin.LONGEST or not first.isprintable():
        raise BridgeError(
            f"found {len(first)} characters, expected {pin.SHORTEST} to {pin.LONGEST} that can "
            "be typed on the page"
        )
    return first


def _token(args: argparse.Namespace) -> Exit:
    name = args.name or ""
    if not name or not all(c.isascii() and (c.islower() or c.isdigit() or c == "-") for c in name):
        raise BridgeError("whose token? Name it in small letters, digits and -: token anna")
    file = _place(args, f"page-token-{name}")
    token = secrets.token_urlsafe(32)
    _write(file, token)
    lines = [
        f"written to {file}; put this into the configuration and start Offhook anew:",
        "page:",
        "  tokens:",
        f"    - {{name: {name}, role: user, token_file: {file}}}",
        f"and give this to whoever it is for, it is not shown again: {token}",
    ]
    emit({"name": name, "token_file": str(file), "token": token}, lines, as_json=args.json)
    return Exit.OK


def _place(args: argparse.Namespace, name: str) -> Path:
    if args.output:
        return Path(args.output).absolute()
    config = Path(args.config) if args.config else places.find_config(os.environ)
    return (config or places.user_config(os.environ)).absolute().parent / name


def _write(file: Path, secret: str) -> None:
    """Write a new file that only we can read, whole or not at all."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(secret + "\n")
        Path(name).replace(file)
    except OSError as error:
        raise BridgeError(
            f"{file} cannot be written ({error.strerror}): name another place with --output"
        ) from error
