"""Blocks of free ports that no other test run on this machine takes."""

import contextlib
import random
import socket
from collections.abc import Iterator

BLOCK = 256
# Below the ports that Linux hands out by itself (32768 and up), above the well-known ones.
BASES = range(20480, 32000, BLOCK)
PROBED = 8  # servers listen on the first ports of a block; RTP ports are tried one by one


def is_free(port: int) -> bool:
    """Whether nothing on loopback has this port, neither over TCP nor over UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            if kind == socket.SOCK_STREAM:  # connections of a killed server fade for a minute
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@contextlib.contextmanager
def port_block() -> Iterator[int]:
    """The first of ``BLOCK`` ports, ours until the end.

    The last port of the block stays bound: that is how parallel runs see that it is taken.
    """
    for base in random.sample(BASES, len(BASES)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as claim:
            try:
                claim.bind(("127.0.0.1", base + BLOCK - 1))
            except OSError:
                continue
            if all(is_free(port) for port in range(base, base + PROBED)):
                yield base
                return
    message = "no free block of ports"
    raise OSError(message)
