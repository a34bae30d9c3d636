"""The words every telephone at the interop desk understands, whoever made it."""

from typing import Protocol

from tests.interop.hearing import Ear

BUSY, DECLINED = 486, 603

# Why some of them cannot do it.
NO_PORT = "linphonec leaves the port out of Refer-To, so that we would call port 5060 (tried)"
NO_REPLACES = "baresip 1.0 does not know Replaces: the target would ring a second time (tried)"


class Party(Protocol):
    """A telephone with somebody at it.

    Attributes:
        kind: the program: offhook, baresip, linphone.
        address: what others dial to reach it.
        tone_hz: what it says.
        ear: hears what it plays.
    """

    kind: str
    address: str
    tone_hz: float
    ear: Ear

    async def calls(self, address: str) -> None:
        """Dial."""

    async def rings(self) -> None:
        """Wait until somebody calls it."""

    async def answers(self) -> None:
        """Take the call that rings."""

    async def talks(self) -> None:
        """Wait until it has a call that is up."""

    async def hangs_up(self) -> None:
        """End the call in hand."""

    async def is_idle(self) -> None:
        """Wait until it has no call."""

    async def is_refused(self, status: int) -> None:
        """Wait until it is told that its call was refused like this."""

    async def holds(self) -> None:
        """Put the call on hold."""

    async def resumes(self) -> None:
        """Take it back."""

    async def types(self, digits: str) -> None:
        """Press keys in the call."""

    async def got_digits(self, digits: str) -> None:
        """Wait until these keys arrived."""

    async def sends_on(self, address: str) -> None:
        """Transfer the other end of its call, blind."""

    async def connects(self) -> None:
        """Transfer its first call to the other end of its second."""

    async def rests(self) -> None:
        """End all its calls and forget them; fails when one stays."""

    def story(self) -> str:
        """What it did last, for failed tests."""


def tones(*parties: Party) -> tuple[float, ...]:
    """What these say."""
    return tuple(party.tone_hz for party in parties)


async def hear_each_other(*parties: Party) -> None:
    """Wait until each hears all others and not itself."""
    for party in parties:
        others = [other for other in parties if other is not party]
        try:
            await party.ear.hears(*tones(*others), silent=[party.tone_hz])
        except AssertionError as error:
            stories = "\n".join(f"-- {one.address}\n{one.story()}" for one in parties)
            raise AssertionError(f"{error}\n{stories}") from error
