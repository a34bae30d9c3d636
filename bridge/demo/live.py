"""The demo in a terminal: the timeline live, and a keyboard that is the headset's keys."""

import asyncio
import logging
import os
import signal
import time

from bridge.demo.headset import lit
from bridge.demo.keys import Keys
from bridge.demo.scene import Scene, Setting
from bridge.demo.status import Sounds, call_words, hint, lamps_of
from bridge.demo.terminal import Terminal
from bridge.demo.texts import TITLE, real_and_virtual
from bridge.demo.timeline import Timeline
from bridge.demo.view import Picture, frame
from bridge.model.calls import CallView, Phase

FRAME_S = 1 / 30  # nobody sees more
IDLE_S = 0.25  # the clock of the call and the meters move without anything else happening


async def play_live(setting: Setting) -> int:
    """Run until the user leaves.

    Raises:
        BridgeError: it cannot start.
    """
    print(f"{TITLE}; starting the daemon, a caller and a broker …", flush=True)
    timeline = Timeline()
    logging.getLogger("bridge").setLevel(logging.CRITICAL)  # the screen shows what happens
    async with Scene(setting, timeline.heard, timeline.caller) as scene:
        await scene.ready()
        timeline.sections.clear()
        scene.daemon.switchboard.readers.append(timeline)
        scene.daemon.trace.add(timeline.trace)
        await Live(scene, timeline).run()
        print("The daemon hangs up and ends; nothing stays behind.", flush=True)
    return 0


class Live:
    """The running screen.

    Args:
        scene: ready.
        timeline: fed already.
    """

    def __init__(self, scene: Scene, timeline: Timeline) -> None:
        self._scene = scene
        self._timeline = timeline
        self._over = False
        self._keys = Keys(scene, timeline, self._leave)
        self._sounds = Sounds(scene)
        self._terminal = Terminal(os.environ)
        self._has = lamps_of(scene.device)
        self._name = scene.device.name if scene.device else "no headset"

    async def run(self) -> None:
        """Show the screen until the user leaves, the window closes or the process is told to end.

        A mistake of ours gives the terminal back as well, before it is told.
        """
        loop = asyncio.get_running_loop()
        ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        watching = asyncio.create_task(self._sounds.watch(), name="demo sounds")
        try:
            with self._terminal:
                loop.add_reader(self._terminal.source, self._read)
                loop.add_signal_handler(signal.SIGWINCH, self._scene.happenings.poke)
                for number in ends:
                    loop.add_signal_handler(number, self._leave)
                self._keys.call()
                await self._show()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            loop.remove_reader(self._terminal.source)
            for number in (*ends, signal.SIGWINCH):
                loop.remove_signal_handler(number)

    def _leave(self) -> None:
        self._over = True
        self._scene.happenings.poke()

    def _read(self) -> None:
        self._keys.take(self._terminal.keys())
        self._scene.happenings.poke()

    async def _show(self) -> None:
        """Draw whenever something happened, and now and then."""
        while not self._over:
            columns, lines = self._terminal.size()
            picture = self._picture()
            self._terminal.draw(frame(picture, self._timeline.sections, columns, lines), columns)
            await self._scene.happenings.next(IDLE_S)
            await asyncio.sleep(FRAME_S)  # drawing must not delay what is being shown

    def _picture(self) -> Picture:
        scene, keys = self._scene, self._keys
        calls = scene.daemon.switchboard.view().calls
        call = calls[0] if calls else None
        headset = scene.setting.headset
        self._has = lamps_of(scene.device) or self._has  # an unplugged one has not lost them
        return Picture(
            title=TITLE,
            name=self._name,
            intro=real_and_virtual(scene),
            notes=scene.notes,
            lit=self._lit(),
            has=self._has,
            plugged=scene.device is not None,
            talking=call is not None and call.phase is Phase.CONNECTED,
            call=call_words(call, time.time()),
            caller=scene.caller.words,
            headset_hears=self._sounds.headset if is_up(call) else None,
            caller_hears=self._sounds.caller if is_up(call) else None,
            bytes=headset.writes[-1].report.hex(" ") if headset and headset.writes else "",
            hint=hint(scene, call, plugged=keys.plugged),
            keys=keys.help(),
        )

    def _lit(self) -> frozenset[str]:
        """Return the lamps that are on: by the bytes, of a real headset by what was written."""
        headset = self._scene.setting.headset
        if headset is not None:
            return lit(headset.lamps)
        views = self._scene.daemon.switchboard.view().devices
        names = ("off_hook", "ring", "mute", "hold")
        return frozenset(n for n in names if views and getattr(views[0], n))


def is_up(call: CallView | None) -> bool:
    """Return whether sound may flow."""
    return call is not None and call.phase not in {Phase.RINGING, Phase.DIALING}
