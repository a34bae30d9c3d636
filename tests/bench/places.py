"""Where a bench takes place: wire, registrar, broker, ports and a directory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.phones import Place
from tests.bench.sip_peer import SipPeer
from tests.bench.wire import Wire
from tests.pbx.instance import Broker
from tests.pbx.ports import port_block


@contextmanager
def bench_place() -> Iterator[Place]:
    """Wire, registrar, broker, ports and a directory."""
    directory = Path(tempfile.mkdtemp(prefix="offhook-bench-"))
    wire = Wire()
    peer = SipPeer(wire)
    try:
        with port_block() as base, Broker(directory, base, "set_tcp_nodelay true"):
            yield Place(wire, peer, base, base, directory)
    finally:
        peer.close()
        shutil.rmtree(directory, ignore_errors=True)
