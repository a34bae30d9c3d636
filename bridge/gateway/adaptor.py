"""What stands between the gateway and one kind of PBX.

An adaptor hears its PBX and does what it is asked; the gateway owns everything about the contract:
topics, epoch, revisions, refreshing, the guard, replies, and what is cleared when it is gone.
"""

from typing import Protocol, Self

from bridge.drivers.ports import PbxCommands
from bridge.model.pbx import PbxFact


class Picture(Protocol):
    """Where an adaptor paints what its PBX says; on the event loop only, nothing blocks.

    The order is: ``lost`` (or nothing, at the start), every fact there is, ``complete``, then each
    change; and again from the beginning when the PBX was lost. Saying the same twice costs little.
    """

    def lost(self, reason: str, *, is_told: bool = False) -> None:
        """The PBX cannot be heard: readers see *unknown* until the next ``complete``.

        Args:
            reason: expected, found and the way out, one sentence.
            is_told: whoever found it has put it in the log.
        """

    def say(self, fact: PbxFact) -> None:
        """One fact, new or said again. Those of unspeakable extensions are dropped and counted."""

    def complete(self) -> None:
        """All there is has been said since ``lost``: what was not said again is gone."""


class Adaptor(PbxCommands, Protocol):
    """One kind of PBX; ``send`` (of ``PbxCommands``) does what was asked.

    ``send`` returns within 8 s (its asker waits 10). It returns ``DONE`` only for what the PBX has
    confirmed, ``DENIED`` for what this kind of PBX cannot do, ``FAILED`` with the PBX's own words
    else. It is called only between ``complete`` and ``lost``, and only for what the guard passed.
    Nothing is kept for later.
    """

    @property
    def commands(self) -> frozenset[str]:
        """Return the names of the commands it can do (``pbx_commands.PBX_NAMES``)."""

    async def __aenter__(self) -> Self:
        """Start; returns at once. A PBX that is not there is ``lost`` and tried again for ever."""

    async def __aexit__(self, *exc: object) -> None:
        """Let go of the PBX, within 1 s."""
