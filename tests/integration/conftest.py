"""Real servers for integration tests, each on ports of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.pbx.instance import Broker, Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import PbxError, Settings

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
    with ExitStack() as stack:
        yield _started(path, stack)
    shutil.rmtree(path, ignore_errors=True)


def _started(path: Path, stack: ExitStack) -> Pbx:
    """Start a PBX; if a stranger takes one of its ports meanwhile, on other ports."""
    for left in reversed(range(3)):
        base = stack.enter_context(port_block())
        settings = Settings(port_base=base, state=str(path), with_tls=True)
        try:
            return stack.enter_context(Pbx(settings))
        except PbxError as error:
            if not left or "is taken" not in str(error):
                raise
    raise AssertionError("it started or raised")


@pytest.fixture
def mosquitto(tmp_path: Path, free_port_base: int) -> Iterator[Broker]:
    """A Mosquitto of the test's own; mark the test needs("mosquitto")."""
    with Broker(tmp_path, free_port_base) as broker:
        yield broker
