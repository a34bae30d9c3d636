"""No exception leaves a callback of pjsua2.

SWIG would print it and go on, but ``PyErr_Print`` keeps the frames in ``sys.last_traceback``, so
the call they hold outlives ``libDestroy`` and aborts the process; ``SystemExit`` hangs it.
Measured with pjsua2 2.15.1.
"""

import functools
import traceback
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

_LAST_FRAMES = 6
"""Frames of a traceback worth telling."""


class Faulty(Protocol):
    """Who takes reports of exceptions."""

    def fault(self, where: str, what: str) -> None:
        """Note an exception; must not raise."""


class HasDesk(Protocol):
    """A pjsua2 object of ours."""

    desk: Faulty


S = TypeVar("S", bound=HasDesk)
T = TypeVar("T")


def guarded(callback: Callable[[S, Any], None]) -> Callable[[S, Any], None]:
    """Return the callback with every exception turned into a report to ``self.desk``."""

    @functools.wraps(callback)
    def safe(self: S, prm: Any) -> None:  # noqa: ANN401  # structures of pjsua2
        try:
            callback(self, prm)
        except BaseException as e:  # noqa: BLE001  # SystemExit in a callback hangs the process
            self.desk.fault(callback.__qualname__, describe(e))

    return safe


def guarded_or(otherwise: T) -> Callable[[Callable[[S, Any], T]], Callable[[S, Any], T]]:
    """Return a decorator as ``guarded`` for a callback that answers something."""

    def decorate(callback: Callable[[S, Any], T]) -> Callable[[S, Any], T]:
        @functools.wraps(callback)
        def safe(self: S, prm: Any) -> T:  # noqa: ANN401  # structures of pjsua2
            try:
                return callback(self, prm)
            except BaseException as e:  # noqa: BLE001  # SystemExit in a callback hangs the process
                self.desk.fault(callback.__qualname__, describe(e))
                return otherwise

        return safe

    return decorate


def describe(error: BaseException) -> str:
    """Return an exception as text and let go of everything it holds."""
    reason = str(getattr(error, "reason", "")) or str(error)  # str() of a pj.Error is empty
    frames = "".join(traceback.format_tb(error.__traceback__)[-_LAST_FRAMES:])
    seen: BaseException | None = error
    while seen is not None:
        seen.__traceback__ = None
        seen = seen.__context__
    return f"{type(error).__name__}: {reason}\n{frames}"
