"""Headsets composed: the bus where they appear, one session each, indications to them."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.config.settings import HeadsetSettings
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.hidraw.session import HidSession
from bridge.drivers.ports import HidBus, HidNode, NodeAdded, NodeRemoved
from bridge.model.errors import DeviceGone, TransportError
from bridge.model.events import DeviceAttached, DeviceLost, Event, MatterChanged
from bridge.model.habits import HeadsetMode
from bridge.model.hid import DeviceInfo, Indication
from bridge.model.ids import DeviceId
from bridge.profiles.library import Library
from bridge.profiles.model import Kind, UsbId
from bridge.protocols.hid_roles import LeftAlone

_log = logging.getLogger(__name__)

LAST_WRITE_S = 1.0  # a device that is let go and takes no lamp for so long keeps what it shows


@dataclass(frozen=True, slots=True)
class _Open:
    """One device in use."""

    session: HidSession
    stack: AsyncExitStack


class Devices:
    """All headsets of the daemon; a ``switchboard.Indicators``.

    Args:
        bus: real or virtual.
        library: loads the profiles, when the first device appears.
        switchboard: the core's world.
        trace: for reports and writes.
        settings: modes, and devices that are left alone.
    """

    def __init__(
        self,
        bus: HidBus,
        library: Callable[[], Library],
        switchboard: Switchboard,
        trace: Trace,
        settings: HeadsetSettings,
    ) -> None:
        self._bus = bus
        self._load = library
        self._library: Library | None = None
        self._switchboard = switchboard
        self._trace = trace
        self._settings = settings
        self._modes = dict(settings.modes)
        self._nodes: dict[str, HidNode] = {}  # all that are there
        self._open: dict[str, _Open] = {}  # by node
        self._one_at_a_time = asyncio.Lock()
        self._told_problems = False
        self._has_ended = False
        self._ids: dict[str, DeviceId] = {}  # of telephony devices, by node, in use or not
        self._left_alone: set[str] = set()  # nodes with a complaint
        self.on_speakerphone: Callable[[str], None] = lambda _usb_id: None
        trace.on_watch.append(self._watch)

    @property
    def infos(self) -> dict[DeviceId, DeviceInfo]:
        """Return what is attached."""
        return {one.session.info.device: one.session.info for one in self._open.values()}

    def silences(self) -> Iterator[tuple[str, float]]:
        """Yield of each reading thread, and of the task that finds devices, how long ago it turned.

        Infinite when that task has ended, which only a mistake of ours brings about.
        """
        yield "the search for headsets", math.inf if self._has_ended else 0.0
        for one in self._open.values():
            yield f"the reading thread of {one.session.info.device}", one.session.silent_s

    def show(self, device: DeviceId, indication: Indication, *, force: bool) -> None:
        for one in self._open.values():
            if one.session.info.device == device:
                one.session.show(indication, force=force)

    async def run(self) -> None:
        """Serve until cancelled; closes every device then."""
        try:
            async for change in self._bus.changes():
                async with self._one_at_a_time:
                    await self._take(change)
        finally:
            self._has_ended = True
            for one in self._open.values():
                dark = self._dark(one.session.info.device)
                if dark is not None:
                    one.session.show(dark)
            await asyncio.gather(*(one.stack.aclose() for one in self._open.values()))
            self._open.clear()

    async def set_mode(self, device: DeviceId, mode: HeadsetMode) -> str:
        """Change what becomes of a device's keys and lamps, until the daemon ends.

        Returns:
            An objection if no such device is plugged in, else an empty text.
        """
        async with self._one_at_a_time:
            nodes = [n for n in self._nodes.values() if self._ids.get(n.node) == device]
            if not nodes:
                known = ", ".join(sorted(set(self._ids.values()))) or "none"
                return f"found no device {device}, expected one that is plugged in: {known}"
            self._modes[device] = mode
            for node in nodes:
                if self.mode_of(device) is HeadsetMode.OFF:
                    await self._let_go(node.node)
                else:
                    await self._close(node.node)
                    await self._open_if_ours(node)
        return ""

    def mode_of(self, device: DeviceId) -> HeadsetMode:
        """Return what becomes of a device's keys and lamps."""
        if device in self._settings.ignore:
            return HeadsetMode.OFF
        return self._modes.get(device, self._settings.mode)

    async def _take(self, change: NodeAdded | NodeRemoved) -> None:
        match change:
            case NodeAdded(node):
                self._nodes[node.node] = node
                await self._add(node)
            case NodeRemoved(node):
                self._nodes.pop(node, None)
                self._ids.pop(node, None)
                await self._remove(node)

    async def _add(self, node: HidNode) -> None:
        await self._remove(node.node)  # udev may say twice that a node is there
        await self._open_if_ours(node)

    async def _open_if_ours(self, node: HidNode) -> None:
        # The first device loads a library for descriptors: 0.1 s in which calls go on.
        found = await asyncio.to_thread(self._recognise, node, tuple(self.infos))
        self._tell_problems()
        if found is None:
            return
        if found.profile.kind is Kind.SPEAKERPHONE:
            self.on_speakerphone(str(UsbId(node.vendor_id, node.product_id)))
        try:
            handle = await asyncio.to_thread(self._bus.open, node)
        except DeviceGone:
            return  # plugged and pulled; the next event tells
        except TransportError as error:
            self._complain(node.node, str(error))
            return
        self._complain(node.node, "")
        state = self._switchboard.state
        before = state.find_headset(found.info.device)  # there is one if its mode was switched
        # While it only rings nobody has lifted anything: the first press is an answer.
        untouched = all(call.is_ringing for call in state.calls)
        session = HidSession(
            found,
            handle,
            self._sink(node.node),
            at_rest=untouched and not (before and before.hook),
            now=self._switchboard.timers.now,
            tracer=self._trace if self._trace.is_watched else None,
        )
        stack = AsyncExitStack()
        await stack.enter_async_context(session)
        self._open[node.node] = _Open(session, stack)
        info = session.info
        if before is not None:
            session.show(before.shown)  # it is lit: what is put out later has to be written
        _log.info("%s: %s on %s, profile %s", info.device, info.name, info.node, info.profile)
        self._switchboard.post(DeviceAttached(self._switchboard.timers.now(), info))

    def _recognise(self, node: HidNode, taken: tuple[DeviceId, ...]) -> Recognised | None:
        """Return what a node is, None if it is left alone. On a thread, one node after the other.

        Args:
            node: what appeared.
            taken: ids that are in use.
        """
        if self._library is None:
            self._library = self._load()
        found = recognise(node, self._library, taken)
        if isinstance(found, LeftAlone):
            _log.debug("%s left alone: %s", node.node, found.reason)
            return None
        device = found.info.device
        self._ids[node.node] = device
        match self.mode_of(device):
            case HeadsetMode.OFF:
                _log.info("%s left alone: its mode is off", device)
                return None
            case HeadsetMode.GENERIC:
                plain = recognise(node, self._library, taken, generic=True)
                return plain if isinstance(plain, Recognised) else None
            case _:
                return found

    async def _remove(self, node: str) -> None:
        device = await self._close(node)
        if device is not None:
            self._lose(device, "it was unplugged")

    async def _close(self, node: str) -> DeviceId | None:
        """Close a device without a word to the core; return which it was, None if it was not open.

        What it reports while it is being closed is not heard.
        """
        self._complain(node, "")
        one = self._open.pop(node, None)
        if one is None:
            return None
        await one.stack.aclose()
        return one.session.info.device

    async def _let_go(self, node: str) -> None:
        """Put out what we lit on a device, and leave it alone from now on.

        The core forgets it first: what the device makes of dark lamps is nobody's press.
        """
        one = self._open.get(node)
        if one is not None:
            device = one.session.info.device
            dark = self._dark(device)
            self._lose(device, "its mode is off")
            if dark is not None:
                one.session.show(dark)
                await asyncio.to_thread(one.session.rests, LAST_WRITE_S)
        await self._close(node)

    def _dark(self, device: DeviceId) -> Indication | None:
        """Return what a device is left with when we go; None where we have lit nothing."""
        headset = self._switchboard.state.find_headset(device)
        if headset is None or headset.shown == Indication():
            return None
        return Indication(off_hook=headset.foreign and headset.borrowed)

    def _lose(self, device: DeviceId, reason: str) -> None:
        self._switchboard.post(DeviceLost(self._switchboard.timers.now(), device, reason))

    def _tell_problems(self) -> None:
        """Say once which profiles were left out, and why."""
        if self._library is None or self._told_problems:
            return
        self._told_problems = True
        problems = self._library.problems
        for problem in problems:
            _log.warning("profile left out: %s", problem)
        if problems:
            text = f"{len(problems)} problems in device profiles: run offhook profiles check"
            now = self._switchboard.timers.now()
            self._switchboard.post(MatterChanged(now, "profiles", text))

    def _sink(self, node: str) -> Callable[[Event], None]:
        """Return where a session's events go; its end also frees the node."""

        def take(event: Event) -> None:
            if isinstance(event, DeviceLost):
                if self._open.get(node) is None:
                    return  # the bus told first
                _log.info("%s: %s", event.device, event.reason)
                self._open.pop(node)
            self._switchboard.post(event)

        return take

    def _complain(self, node: str, text: str) -> None:
        if text:
            _log.warning("%s", text)
            self._left_alone.add(node)
        elif node not in self._left_alone:
            return
        else:
            self._left_alone.discard(node)
        topic = node.rpartition("/")[2]
        self._switchboard.post(MatterChanged(self._switchboard.timers.now(), topic, text))

    def _watch(self, watched: bool) -> None:
        for one in self._open.values():
            one.session.tracer = self._trace if watched else None
