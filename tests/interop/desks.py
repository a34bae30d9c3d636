"""All desks of a test worker: one at a time has telephones on it."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.engine_audio.conftest import PulseServer
from tests.integration.conftest import PREFIX
from tests.interop.desk import Desk
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block


class Desks:
    """Hands out desks.

    Args:
        sound: the sound server of them all.
    """

    def __init__(self, sound: PulseServer) -> None:
        self.sound = sound
        self._desk: Desk | None = None
        self._things = ExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.clear()

    async def at(self, kind: str, pbx: Pbx | None) -> Desk:
        """The desk of a kind of telephone, as the last test left it."""
        if self._desk is None or (self._desk.kind, self._desk.pbx) != (kind, pbx):
            await self.clear()
            directory = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._things.callback(shutil.rmtree, directory, ignore_errors=True)
            base = self._things.enter_context(port_block())
            self._desk = Desk(kind, pbx, self.sound, directory, base)
        return self._desk

    async def clear(self) -> None:
        """Switch everything off and forget it."""
        desk, self._desk = self._desk, None
        try:
            if desk is not None:
                await desk.close()
        finally:
            self._things.close()
