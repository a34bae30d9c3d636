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
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(service: Service) -> AsyncIterator[Desk]:
    """A desk without headsets; a call that a failed test left is ended by its caller."""
    async with Phone("100") as caller:
        yield Desk(service, caller)
