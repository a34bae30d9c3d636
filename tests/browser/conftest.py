"""One browser for all tests of this group; each test has a window of its own in it."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ViewportSize, async_playwright

from tests.browser.desk import Stage, stage
from tests.browser.scenes import VIEWS
from tests.browser.told import Told, page_files
from tests.conftest import find_program

# Tests run as root in containers, where Chromium's own sandbox cannot be set up; it is shown
# nothing but our page.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]

SEVEN_INCHES = ViewportSize(width=800, height=480)

Opens = Callable[..., Coroutine[Any, Any, Told]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=find_program("chromium"), args=OPTIONS
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A new window, as large as a touch screen of seven inches."""
    context = await browser.new_context(viewport=SEVEN_INCHES, locale="de-DE")
    yield context
    await context.close()


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    """Where the files of the page are, without a daemon."""
    with page_files() as origin:
        yield origin


@pytest_asyncio.fixture(loop_scope="session")
async def opens(window: BrowserContext, files: str) -> AsyncIterator[Opens]:
    """Open the page at a view; afterwards nothing may have gone wrong in it."""
    opened: list[Told] = []

    async def open_at(view: str) -> Told:
        told = await Told.opens(window, files, VIEWS[view])
        opened.append(told)
        return told

    yield open_at
    assert [fault for told in opened for fault in told.faults] == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running() -> AsyncIterator[Stage]:
    """One daemon and two telephones for the whole group: starting them takes as long as a call."""
    async with stage() as there:
        yield there


@pytest_asyncio.fixture(loop_scope="session")
async def desk(running: Stage) -> AsyncIterator[Stage]:
    """The same, without a call before and after."""
    yield running
    await running.is_at_rest()


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """An empty directory with a path short enough for a Unix socket."""
    path = Path(tempfile.mkdtemp(prefix="offhook-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
