"""The interop desk: telephones on loopback, called directly or through the PBX.

They stay for the next test of the same kind and way when they have come to rest; after a failed
test all are started afresh.
"""

import subprocess
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.engine_audio.conftest import PulseServer
from tests.integration.waiting import eventually
from tests.interop.bare import bare_at
from tests.interop.hearing import Seat
from tests.interop.linphone import linphone_at
from tests.interop.ours import Ours, ours_at
from tests.interop.parties import Party
from tests.interop.places import Digits, Place
from tests.pbx.instance import Pbx
from tests.pbx.settings import PbxError, find

PORTS = 64  # of a block of 256, for each of four telephones
FIRST_USER = 201
SPECIAL = 3  # the place of a telephone with settings of its own
SETTINGS = ("", "")


@dataclass
class Desk:
    """Where the telephones of one kind stand, called one way.

    Args:
        kind: the program of the other ends.
        pbx: None peer to peer.
        server: for sound.
        directory: for files; its path is short.
        port_base: of 256 ports.
    """

    kind: str
    pbx: Pbx | None
    server: PulseServer
    directory: Path
    port_base: int
    _ours: Ours | None = None
    _settings: tuple[str, str] = SETTINGS
    _ours_stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _others: list[Party] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _special: AsyncExitStack = field(default_factory=AsyncExitStack)
    _taken: int = 0

    # -- what is on it --------------------------------------------------------

    async def ours(self, account: str = "", more: str = "") -> Ours:
        """The Offhook that is looked at, number 201.

        Args:
            account: more members of its account, each with a comma in front.
            more: further sections of its configuration.
        """
        if self._ours is None or self._settings != (account, more):
            await self._ours_stack.aclose()
            self._settings = (account, more)
            running = ours_at(self._place(0), account, more)
            self._ours = await self._ours_stack.enter_async_context(running)
        return self._ours

    async def other(self) -> Party:
        """Another telephone of the kind of this desk: 202, 203, 204."""
        self._taken += 1
        if self._taken > len(self._others):
            starting = self._start(self._place(self._taken))
            self._others.append(await self._stack.enter_async_context(starting))
        return self._others[self._taken - 1]

    async def special(self, digits: Digits) -> Party:
        """Another telephone, for this test only, that sends digits in this way."""
        assert len(self._others) < SPECIAL
        starting = self._start(replace(self._place(SPECIAL), digits=digits))
        return await self._special.enter_async_context(starting)

    def place(self) -> Place:
        """A place for a telephone that the test brings along."""
        self._taken += 1
        return self._place(self._taken)

    def _start(self, place: Place) -> AbstractAsyncContextManager[Party]:
        match self.kind:
            case "baresip":
                return bare_at(place)
            case "linphone":
                return linphone_at(place)
            case "offhook":
                return ours_at(place, f", dtmf: {place.digits.value}")
            case _:
                raise ValueError(f"no telephone {self.kind}")

    def _place(self, number: int) -> Place:
        place = Place(
            self.directory / str(number),
            self.port_base + PORTS * number,
            Seat(number, self.server),
            str(FIRST_USER + number),
            self.pbx,
        )
        place.directory.mkdir(exist_ok=True)
        return place

    async def rests(self) -> None:
        """End all calls and be ready for the next test."""
        await self._special.aclose()
        for party in (*self._others, *([self._ours] if self._ours else [])):
            await party.rests()
        self._taken = 0

    async def close(self) -> None:
        """Switch everything off."""
        for stack in (self._ours_stack, self._special, self._stack):
            await stack.aclose()
        self._ours, self._taken = None, 0
        self._others.clear()

    # -- numbers --------------------------------------------------------------

    def number(self, party: Party) -> str:
        """What a person at ours types to reach it: with a PBX the number alone."""
        return party.address.partition("@")[0].removeprefix("sip:") if self.pbx else party.address

    def number_of(self, which: int) -> str:
        """The number of the first, second or third other telephone, also before it is there."""
        return self._place(which).short

    def pbx_uri(self, number: str) -> str:
        """A number of the PBX."""
        assert self.pbx is not None
        return self.pbx.uri(number)

    # -- calls to begin with --------------------------------------------------

    async def call_in(
        self, account: str = "", more: str = "", digits: Digits | None = None
    ) -> tuple[Ours, Party]:
        """Ours and another one, special or not, that called it and talks with it."""
        ours = await self.ours(account, more)
        other = await (self.special(digits) if digits else self.other())
        await other.calls(ours.address)
        await ours.answers()
        await other.talks()
        return ours, other

    async def call_to(self, ours: Ours) -> Party:
        """A further telephone that ours calls and talks with."""
        other = await self.other()
        await ours.calls(self.number(other))
        await other.answers()
        await other.talks()
        await ours.talks()
        return other

    # -- the PBX --------------------------------------------------------------

    def tells_pbx(self, topic: str, text: str) -> None:
        """Give the PBX a command, as its MQTT side takes them."""
        assert self.pbx is not None
        where = ("-h", self.pbx.host, "-p", str(self.pbx.mqtt_port))
        topic = f"pbx/cmd/{topic}"
        subprocess.run([find("mosquitto_pub"), *where, "-t", topic, "-m", text], check=True)

    @asynccontextmanager
    async def forwarded(self, extension: str, number: str) -> AsyncIterator[None]:
        """An extension of the PBX whose calls all go elsewhere."""

        def known() -> bool:
            assert self.pbx is not None
            with suppress(PbxError):
                return number in str(self.pbx.rpc("htable.get", "feat", f"{extension}::always"))
            return False

        self.tells_pbx(f"ext/{extension}/forward/always", number)
        try:
            await eventually(known, f"{extension} is forwarded")
            yield
        finally:
            self.tells_pbx(f"ext/{extension}/forward/always", "")
