"""One part (microphone, speaker, ringer) and its program, through all that happens to devices.

Order of attempts: the headset's own device, if a call was taken on one that has it; the named
device; if that never worked and is not there, the default one at once, with a sentence. Every few
seconds a look whether the one in use has gone or a better one is there: sound servers move a stream
to the default device when its own is pulled, and leave it there, also when the plug was out for a
moment only and nobody saw it missing. So not the name alone is looked at, but which plugging it is.
"""

import logging
import threading
from collections.abc import Callable

from bridge.engine.audio.child import Child, Keeper, Outcome, Pipe
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.route import Launch, Route

log = logging.getLogger(__name__)

RETURN_S = 5.0  # a pactl of 15 ms every 5 s of a call, only where a device is named or followed

Stand = tuple[str, bool, str]
"""The headset's own device, whether the one meant is missing, and which plugging of it is there."""

Works = Callable[[], None]
"""Says that sound flows; only the first call counts."""

Serve = Callable[[Child, Works], str]
"""Moves sound until the child ends or hangs; returns what we know of the reason, else nothing."""


class DeviceLine:
    """Runs the program of one part from ``start`` to ``stop``; both return at once.

    Args:
        part: microphone, speaker or ringer.
        pipe: the end of the program that we hold.
        route: where to find the device.
        health: who is told of troubles.
        serve: moves the sound, on the thread of the line.
    """

    def __init__(self, part: Part, pipe: Pipe, route: Route, health: Health, serve: Serve) -> None:
        self._part = part
        self._pipe = pipe
        self._route = route
        self._health = health
        self._serve = serve
        self._keeper: Keeper | None = None
        self._fall_back = False
        self._past_attempts = 0

    @property
    def is_running(self) -> bool:
        """Tell whether the part is wanted."""
        return self._keeper is not None

    @property
    def restarts(self) -> int:
        """Return how often a program was started again since the beginning."""
        return self._past_attempts + self._restarts_now()

    def _restarts_now(self) -> int:
        return max(0, self._keeper.attempts - 1) if self._keeper else 0

    def start(self) -> None:
        """Want the part; harmless when it is running."""
        if self._keeper is None:
            self._fall_back = False
            self._keeper = Keeper(f"snd-{self._part.value}", self._attempt)
            self._keeper.start()

    def stop(self) -> Keeper | None:
        """Want it no longer; returns what may be joined."""
        self._past_attempts += self._restarts_now()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.stop()
        return keeper

    def _attempt(self, keeper: Keeper) -> Outcome:
        launch = self._route.launch(self._part, fall_back=self._fall_back)
        if not launch.command:
            self._report(keeper, Part.WAY, launch.trouble)
            return Outcome.NEVER_WORKED
        try:
            child = Child(launch.command, self._pipe)
        except OSError as error:
            self._route.doubt()
            trouble = f"{self._part.value} lost: cannot start {launch.command[0]}: {error.strerror}"
            self._report(keeper, self._part, trouble)
            return Outcome.NEVER_WORKED
        keeper.adopt(child)
        return self._follow(keeper, child, launch)

    def _follow(self, keeper: Keeper, child: Child, launch: Launch) -> Outcome:
        worked, changed, over = threading.Event(), threading.Event(), threading.Event()

        def works() -> None:
            if not worked.is_set():
                worked.set()
                self._report(keeper, Part.WAY, "")
                self._report(keeper, self._part, launch.trouble)

        if self._route.is_watched(self._part):
            self._watch(child, over, changed, launch)
        try:
            reason = self._serve(child, works)
        finally:
            over.set()
            keeper.adopt(None)
            complaint = child.finish()
        if changed.is_set():
            self._fall_back = not (launch.trouble or launch.own)
            return Outcome.REPLACED
        return self._lost(keeper, reason or complaint, has_worked=worked.is_set())

    def _lost(self, keeper: Keeper, reason: str, *, has_worked: bool) -> Outcome:
        if not keeper.is_wanted:  # it ended because we said so: that says nothing about the way
            return Outcome.WORKED
        self._route.doubt()
        is_first_failure = not has_worked and not self._fall_back
        self._fall_back = not has_worked
        if is_first_failure and self._route.is_watched(self._part):
            return Outcome.REPLACED
        self._report(keeper, self._part, f"{self._part.value} lost: {reason} (trying again)")
        return Outcome.WORKED if has_worked else Outcome.NEVER_WORKED

    def _report(self, keeper: Keeper, part: Part, trouble: str) -> None:
        # A line that is no longer wanted ends because we said so: no trouble.
        if keeper.is_wanted:
            self._health.report(part, trouble)

    def _watch(
        self, child: Child, over: threading.Event, changed: threading.Event, launch: Launch
    ) -> None:
        """End the child when its device has gone, or the one it stands in for is there."""

        def stand(unless: Stand) -> Stand:
            meant = self._route.meant(self._part)
            return (meant.own, bool(meant.missing), meant.plugging) if meant.is_known else unless

        def watch() -> None:
            launched = launch.own, bool(launch.trouble), launch.plugging
            # Not every name that works is listed: ``hw:1``, ``@DEFAULT_SINK@``.
            if launched == ("", False, "") and stand(launched) == ("", True, ""):
                launched = "", True, ""
            while not over.wait(RETURN_S):
                is_other = stand(launched) != launched or self._route.is_outdated(
                    self._part, launch
                )
                if is_other and not over.is_set():
                    changed.set()
                    child.kill()
                    return

        threading.Thread(target=watch, name=f"snd-{self._part.value}-w", daemon=True).start()
