"""Whether the kernel trusts the wall clock: a machine without one boots with a wrong time."""

import ctypes

_TIMEX_BYTES = 512  # struct timex has 208 on 64 bit; zeroed, it asks and changes nothing
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def is_clock_set() -> bool:
    """Return False while no time service has set the clock; True when that cannot be asked."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return True
    return bool(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) != _TIME_ERROR)
