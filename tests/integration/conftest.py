"""Real servers for integration tests, each on ports of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pbx.instance import Broker, Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import Settings

# pytest's own temporary directories have long paths, too long for Unix sockets.
PREFIX = "offhook-"


@pytest.fixture
def free_port_base() -> Iterator[int]:
    """The first of 256 ports on loopback that nobody else takes during the test."""
    with port_block() as base:
        yield base


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """An empty directory with a path short enough for a Unix socket."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def pbx() -> Iterator[Pbx]:
    """The test PBX with TLS, shared by the tests of a module; mark them needs("kamailio")."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    with port_block() as base:
        settings = Settings(port_base=base, state=str(path), with_tls=True)
        with Pbx(settings) as running:
            yield running
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def mosquitto(tmp_path: Path, free_port_base: int) -> Iterator[Broker]:
    """A Mosquitto of the test's own; mark the test needs("mosquitto")."""
    with Broker(tmp_path, free_port_base) as broker:
        yield broker
