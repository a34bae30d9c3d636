"""Whether the machine's clock can be believed: the kernel knows (adjtimex(2))."""

import ctypes

_TIME_ERROR = 5  # clock state: not synchronised
_TIMEX_BYTES = 512  # struct timex is 208 bytes on 64-bit Linux; modes = 0 only reads


def is_clock_set() -> bool:
    """Return False while the kernel reports the clock as unsynchronised.

    A Raspberry Pi has no clock of its own: until NTP answers it lives in the past. Where the
    kernel cannot be asked, the clock is believed.
    """
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError):
        return True
    return bool(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) != _TIME_ERROR)
