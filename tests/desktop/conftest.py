"""A desk with a real session bus: core and line are as ever, only the services are scripted."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bridge.app.desktop import Desktop
from bridge.app.switchboard import Switchboard
from bridge.core.state import Line, State
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.desktop import DesktopSettings
from bridge.model.engine import AccountSettings
from bridge.model.habits import Habits, LineHabits
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Verb
from tests.desktop.services import until
from tests.drivers.message_bus import MessageBus

LINE = AccountId("desk")
HABITS = Habits(lines=(LineHabits(LINE, voicemail="791"),))


class Desk:
    """Somebody's desk.

    Args:
        settings: of the session.
        find: where its bus is.
        habits: of the user.
    """

    def __init__(
        self, settings: DesktopSettings, find: Callable[[], str], habits: Habits = HABITS
    ) -> None:
        self.settings = settings
        self.timers = VirtualTimers()
        state = State(lines=(Line(LINE),), habits=habits)
        self.board = Switchboard(self.timers, lambda: 1_800_000_000.0, state)
        accounts = [AccountSettings(LINE, "200", server="pbx.example")]
        self.line = VirtualEngine(accounts, self.board.post, self.timers.now)
        self.board.engine = self.line
        self.desktop = Desktop(settings, self.board, find)

    @property
    def phases(self) -> list[str]:
        """Where the calls are."""
        return [call.phase.value for call in self.board.view().calls]

    @property
    def problems(self) -> tuple[str, ...]:
        """What everybody is told."""
        return self.board.view().problems

    @property
    def dialled(self) -> list[str]:
        """Whom the line was told to call."""
        return [str(o.target) for o in self.line.orders if type(o).__name__ == "PlaceCall"]  # type: ignore[union-attr]

    async def is_called(self, number: str = "201", name: str = "Ada Example") -> CallId:
        call = self.line.peer_calls(number, name)
        assert call is not None
        await until(lambda: call in {one.call for one in self.board.view().calls}, "it rings")
        return call

    def does(self, verb: Verb, target: str = "") -> None:
        self.board.ask(Intent(verb, target=target), lambda answer: None)


MakeDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def bus() -> Iterator[MessageBus]:
    with tempfile.TemporaryDirectory(prefix="ohd") as name, MessageBus(Path(name)) as running:
        yield running


@pytest.fixture
def desk_on(bus: MessageBus) -> MakeDesk:
    """Make a desk in the session of ``bus``."""

    @asynccontextmanager
    async def make(
        settings: DesktopSettings | None = None, habits: Habits = HABITS
    ) -> AsyncIterator[Desk]:
        desk = Desk(settings or DesktopSettings(enabled=True), lambda: bus.address, habits)
        async with desk.desktop, desk.line:
            await until(lambda: desk.board.view().engine_up, "the line is there")
            if desk.settings.enabled:
                await until(lambda: desk.desktop.has_session, "the session bus is there")
            yield desk

    return make
