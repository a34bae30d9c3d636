"""Volumes and devices while the daemon runs, and the figures of the sound for the status."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from bridge.model.effects import UseSound
from bridge.model.errors import TransportTimeout
from bridge.model.sound import SoundPart, SoundSettings, SoundStats, factor_of
from bridge.protocols.control_status import figures_body, volumes_body

PATIENCE_S = 0.5  # an engine answers in 5 ms; a status without figures is better than a late one


class SoundEngine(Protocol):
    """What of an engine sounds."""

    def select_sound(self, sound: SoundSettings) -> None:
        """Use these settings from now on, also in running calls and after a restart."""

    async def sound_stats(self) -> SoundStats:
        """Return the figures. Raises ``TransportTimeout`` when there is no answer."""


class Loudness:
    """Holds the sound settings of the moment.

    Args:
        settings: as configured.
    """

    def __init__(self, settings: SoundSettings) -> None:
        self._settings = self._configured = settings
        self.engine: SoundEngine | None = None
        self.on_turned: list[Callable[[], None]] = []
        """Told that something is louder or softer."""

    def serve(self, engine: SoundEngine) -> None:
        """Tell this engine from now on, and at once what is no longer as configured."""
        self.engine = engine
        if self._settings != self._configured:
            engine.select_sound(self._settings)

    @property
    def volumes(self) -> dict[str, object]:
        """How loud everything is, in per cent."""
        return volumes_body(self._settings.volumes)

    def turn(self, part: SoundPart, volume: str) -> Mapping[str, object]:
        """Be so loud until the daemon ends; return all volumes in per cent.

        Raises:
            ValueError: it is no volume.
        """
        volumes = replace(self._settings.volumes, **{part.value: factor_of(volume)})
        self._use(replace(self._settings, volumes=volumes))
        for told in self.on_turned:
            told()
        return volumes_body(volumes)

    def follow(self, whose: UseSound) -> None:
        """Use microphone and speaker of a headset, or those of the configuration."""
        self._use(replace(self._settings, port=whose.port, ring_port=whose.ring_port))

    def learn_speakerphone(self, usb_id: str) -> None:
        """Know that a USB device (``0b0e:0412``) stands in the room: its echo is cancelled."""
        known = self._settings.speakerphones
        if usb_id not in known:
            self._use(replace(self._settings, speakerphones=(*known, usb_id)))

    def _use(self, settings: SoundSettings) -> None:
        self._settings = settings
        if self.engine is not None:
            self.engine.select_sound(settings)

    async def body(self) -> dict[str, object]:
        """Return volumes, and the figures if an engine tells them."""
        volumes: dict[str, object] = {"volume": volumes_body(self._settings.volumes)}
        stats = await self.stats()
        return volumes if stats is None else volumes | figures_body(stats)

    async def stats(self) -> SoundStats | None:
        """Return the figures, None if no engine tells them soon."""
        if self.engine is None:
            return None
        try:
            return await asyncio.wait_for(self.engine.sound_stats(), PATIENCE_S)
        except (TransportTimeout, TimeoutError):
            return None
