"""The SIP engine process: ``python -m bridge.engine --fd N``.

The main thread reads orders from the socket and handles signals; the SIP thread does the rest.
"""

import argparse
import os
import signal
import socket
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING

from bridge.engine.mailbox import Link, Mailbox
from bridge.model.engine import EngineFailed, Quit
from bridge.model.engine_limits import STAND_IN_NOTE
from bridge.protocols.engine_wire import EngineInput

if TYPE_CHECKING:
    from bridge.engine.thread import Work

_READ_BYTES = 65_536
_EXIT_MISSING = 3
_FAREWELL_S = 5.0  # longer than the supervisor waits: then it kills


def main(argv: list[str]) -> int:
    """Serve until the daemon says so or is gone. Normally does not return: see ``thread.run``."""
    parser = argparse.ArgumentParser(prog="bridge.engine", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="socket to the daemon")
    channel = socket.socket(fileno=parser.parse_args(argv).fd)
    os.dup2(2, 1)  # PJLIB prints on stdout
    link = Link(channel)
    try:
        from bridge.engine import thread  # noqa: PLC0415  # pjsua2 may be missing
    except ImportError as e:
        sys.stderr.write(f"engine: {e}\n")
        link.send(EngineFailed(STAND_IN_NOTE, missing=True))
        return _EXIT_MISSING
    mailbox: Mailbox[Work] = Mailbox()

    def quit_on_signal(_signal: int, _frame: FrameType | None) -> None:
        mailbox.put(Quit())

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the daemon's; it tells us
    signal.signal(signal.SIGTERM, quit_on_signal)
    sip = threading.Thread(target=thread.run, args=(mailbox, link), name="sip", daemon=True)
    sip.start()
    _read(channel, mailbox)
    sip.join(_FAREWELL_S)
    os._exit(thread.EXIT_FAILED)


def _read(channel: socket.socket, mailbox: Mailbox["Work"]) -> None:
    """Hand over everything the daemon says; at the end of the stream it is gone: quit."""
    orders = EngineInput()
    while data := _received(channel):
        for message in orders.feed(data):
            mailbox.put(message)
    mailbox.put(Quit())


def _received(channel: socket.socket) -> bytes:
    try:
        return channel.recv(_READ_BYTES)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
