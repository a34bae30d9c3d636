"""A desk for scenario tests."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.scenarios.desk import EVOLVE_LINK, Desk, desk_with


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """An empty directory with a path short enough for a Unix socket."""
    path = Path(tempfile.mkdtemp(prefix="offhook-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
async def desk(short_dir: Path) -> AsyncIterator[Desk]:
    """A desk with a Jabra Evolve Link."""
    async with desk_with(short_dir, EVOLVE_LINK) as running:
        yield running
