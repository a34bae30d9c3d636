"""Engines that misbehave, for the supervisor: ``fake_engine.py MODE --fd=N``."""

import argparse
import signal
import socket
import sys
import time

from bridge.model.engine import EngineFailed, EngineStarted, Ping, Pong, Quit
from bridge.model.engine_limits import STAND_IN_NOTE
from bridge.protocols.engine_wire import EngineInput, encode

STARTED = EngineStarted("fake", 4, 8, "127.0.0.1:1")


def serve(channel: socket.socket, *, deaf: bool) -> None:
    """Answer pings until told to quit; a deaf one does not listen to that."""
    orders = EngineInput()
    while data := channel.recv(65_536):
        for message in orders.feed(data):
            if isinstance(message, Ping):
                channel.sendall(encode(Pong(message.number)))
            elif isinstance(message, Quit) and not deaf:
                return


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--fd", type=int, required=True)
    args = parser.parse_args()
    channel = socket.socket(fileno=args.fd)
    match args.mode:
        case "dies":
            sys.stderr.write("something password=geheim broke\n")
            return 7
        case "missing":
            channel.sendall(encode(EngineFailed(STAND_IN_NOTE, missing=True)))
            return 3
        case "garbage":
            channel.sendall(b'\xff\x00{"t":"Nothing"}\n[]\n' + b"x" * 100_000 + b"\n")
            channel.sendall(encode(STARTED))
            serve(channel, deaf=False)
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            channel.sendall(encode(STARTED))
            serve(channel, deaf=True)
            time.sleep(60)
        case "stuck":
            channel.sendall(encode(STARTED))
            time.sleep(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
