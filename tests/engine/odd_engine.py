"""The real engine with one thing made difficult: ``odd_engine.py MODE --fd=N``."""

import gc
import sys
import threading
import time
import weakref
from types import BuiltinFunctionType
from typing import Any

import pjsua2 as pj

from bridge.engine import calls, library, lines, thread
from bridge.engine.__main__ import main


class Junk:
    """Garbage that only the cyclic collector finds."""

    def __init__(self) -> None:
        self.me = self


def raise_in_callbacks() -> None:
    """Every callback of a call's state fails after it has done its work."""
    right = calls.Call._confirmed

    def wrong(self: Any, event: Any) -> None:
        right(self, event)
        raise ValueError("boom")

    calls.Call._confirmed = wrong  # type: ignore[method-assign]


def exit_in_callbacks() -> None:
    """A callback wants to end the process."""
    right = calls.Call._confirmed

    def wrong(self: Any, event: Any) -> None:
        right(self, event)
        raise SystemExit(3)

    calls.Call._confirmed = wrong  # type: ignore[method-assign]


def fail_at_arrivals() -> None:
    """The callback of each call that comes in fails in the middle of its work."""

    def wrong(_invite: str) -> int:
        raise ValueError("boom")

    lines.longest_ptime_ms = wrong  # type: ignore[assignment, attr-defined]


def storm() -> None:
    """Other threads make cyclic garbage without end, and the SIP thread collects all the time."""
    thread._COLLECT_S = 0.02

    def litter() -> None:
        while True:
            for _ in range(500):
                Junk()
            time.sleep(0.001)

    for _ in range(2):
        threading.Thread(target=litter, daemon=True).start()


def watch_calls() -> None:
    """Say when a call lives on after the round of events that ended it: its slot is not its own."""
    living: weakref.WeakSet[Any] = weakref.WeakSet()
    begin, worked = calls.Call.__init__, thread._Engine._worked

    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        living.add(self)

    def check(self: Any) -> bool:
        late = [c.call_id for c in living if c.call_id not in self._desk.calls]
        if late:
            self._desk.note(f"Error: {len(late)} calls live too long")
        return bool(worked(self))

    calls.Call.__init__ = watched  # type: ignore[method-assign]
    thread._Engine._worked = check  # type: ignore[method-assign]


def abort_soon() -> None:
    """Make PJSIP abort a moment after the start: an account with IPv6 fails an assertion."""
    right = thread._Engine.start

    def start(self: Any, accounts: Any) -> None:
        right(self, accounts)
        self._desk.agenda.after(0.3, add_ipv6_account)

    def add_ipv6_account() -> None:
        config = pj.AccountConfig()
        config.idUri = "sip:x@127.0.0.1"
        config.sipConfig.ipv6Use = 1
        config.mediaConfig.ipv6Use = 1
        pj.Account().create(config)

    thread._Engine.start = start  # type: ignore[method-assign]


def count_parameters() -> None:
    """Say at the end how many structures of callbacks are still held."""
    right = thread._Engine.stop

    def stop(self: Any) -> None:
        kept = [o for o in gc.get_objects() if type(o).__name__.endswith("Param")]
        held = sorted({type(o).__name__ for o in kept if type(o).__name__.startswith("On")})
        self._desk.note(f"held: {held}")
        right(self)

    thread._Engine.stop = stop  # type: ignore[method-assign]


def watch_threads() -> None:
    """Say at the end what was called on threads that PJLIB does not know: that aborts."""
    right, end = thread._Engine.start, thread._Engine.stop
    foreign: set[str] = set()
    known = library._native().pj_thread_is_registered

    def watched(name: str, function: Any) -> Any:
        def call(*args: Any) -> Any:
            if not known():
                foreign.add(name)
            return function(*args)

        return call

    def start(self: Any, accounts: Any) -> None:
        wrapped = pj.pjsua2._pjsua2
        for name, function in vars(wrapped).copy().items():
            if isinstance(function, BuiltinFunctionType) and "ByteVector" not in name:
                setattr(wrapped, name, watched(name, function))
        right(self, accounts)

    def stop(self: Any) -> None:
        end(self)
        self._desk.note(f"called on foreign threads: {sorted(foreign)}")

    thread._Engine.start = start  # type: ignore[method-assign]
    thread._Engine.stop = stop  # type: ignore[method-assign]


def fall_in_a_call() -> None:
    """The SIP thread meets an error nobody thought of while a call is up."""
    right = thread._Engine._worked

    def worked(self: Any) -> bool:
        if any(call.connected for call in self._desk.calls.values()):
            raise RuntimeError("boom")
        return right(self)

    thread._Engine._worked = worked  # type: ignore[method-assign]


MODES = {
    "foreign": watch_threads,
    "falls": fall_in_a_call,
    "raises": raise_in_callbacks,
    "exits": exit_in_callbacks,
    "deaf": fail_at_arrivals,
    "storm": storm,
    "aborts": abort_soon,
    "counts": count_parameters,
    "watched": watch_calls,
}

if __name__ == "__main__":
    MODES[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
