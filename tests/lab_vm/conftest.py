"""One daemon and one caller for the whole group: starting them takes as long as three calls."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.engine.phones import Phone
from tests.lab_vm.desk import Desk
from tests.lab_vm.service import Service, install_rule, make_user


@pytest.fixture(scope="session")
def user() -> None:
    """The daemon's user and the rule's group are there, before udev reads the rule."""
    make_user()


@pytest.fixture(scope="session")
def rule(user: None) -> None:
    """The shipped udev rule is installed."""
    install_rule()


@pytest.fixture(scope="session")
def service(rule: None) -> Iterator[Service]:
    """The daemon, running as a user who is not root."""
    with Service() as running:
        running.wait_until_ready()
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def caller() -> AsyncIterator[Phone]:
    """Another telephone."""
    async with Phone("100") as phone:
        yield phone


@pytest_asyncio.fixture(loop_scope="session")
async def desk(service: Service, caller: Phone) -> AsyncIterator[Desk]:
    """A desk without headsets and without a call."""
    desk = Desk(service, caller)
    yield desk
    await desk.clear()
