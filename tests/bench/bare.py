"""The floors of a key press.

``serve`` has the same two threads and loop as the daemon and nothing between, ``echo`` one thread.

``python -m tests.bench.bare --fd N`` sends each report back: the reading thread hands it to the
event loop, the loop to a queue, the writing thread takes it from there.
"""

import argparse
import asyncio
import contextlib
import queue
import socket
import threading

from bridge.drivers.ports import HidHandle
from bridge.model.errors import DeviceGone
from tests.bench.headset_wire import SocketHandle


async def serve(handle: HidHandle) -> None:
    """Relay until the device has left."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        try:
            while True:
                if report := handle.read(1.0):
                    loop.call_soon_threadsafe(waiting.put, report)
        except DeviceGone:
            loop.call_soon_threadsafe(over.set)

    def write() -> None:
        with contextlib.suppress(DeviceGone):
            while True:
                handle.write(waiting.get())

    threading.Thread(target=read, daemon=True).start()
    threading.Thread(target=write, daemon=True).start()
    await over.wait()


def echo(handle: HidHandle) -> None:
    """Write back what is read until the device has left. The body of a thread."""
    with contextlib.suppress(DeviceGone):
        while True:
            if report := handle.read(1.0):
                handle.write(report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    asyncio.run(serve(SocketHandle(socket.socket(fileno=parser.parse_args().fd))))
