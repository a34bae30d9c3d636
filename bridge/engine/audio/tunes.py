"""Every tone that is made here, as 16-bit samples. Pure.

Levels are of full scale. Sources: ITU-T E.180 supplement 2 (German cadences: ring 1 s of 5 s; call
waiting 425 Hz, twice 0.2 s), ITU-T Q.23 and Q.24 (digits: pairs of frequencies, the high one up to
2 dB louder, at least 40 ms each, here 100), FCC part 64.501 (recording: 1400 Hz, every 15 s).
"""

from array import array
from collections.abc import Iterator
from itertools import cycle

from bridge.engine.audio.pcm import frame_bytes, sine, to_bytes
from bridge.model.sound import Notice, Ring

Note = tuple[tuple[float, ...], float, float]
"""Frequencies sounded together (none: pause), seconds, level of each in dBFS."""

RAMP_S = 0.005  # each note rises and falls, else it clicks

_LOUD, _EAR, _QUIET = -12.0, -22.0, -28.0
_WARBLE_S = 0.1
_HIGH_DB = 2.0  # Q.24: what the line takes from the high frequency of a digit

_LOW = (697.0, 770.0, 852.0, 941.0)
_HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")
DIGIT_S, GAP_S = 0.1, 0.1
DIGIT_DBFS = -14.0
KEY_DBFS = -28.0  # of digits in our own ear: there to be noticed, not to be listened to

RECORDING_EVERY_S = 15.0


def _rest(seconds: float) -> Note:
    return ((), seconds, 0.0)


def _warble(first_hz: float, second_hz: float, seconds: float) -> list[Note]:
    turns = round(seconds / _WARBLE_S)
    return [((second_hz if n % 2 else first_hz,), _WARBLE_S, _LOUD) for n in range(turns)]


# c'' and e'' in turn are heard better than one tone, by old ears too; colleagues ring twice, lower.
_EXTERNAL = [*_warble(523.25, 659.25, 1.0), _rest(4.0)]
_INTERNAL = [
    *_warble(440.0, 523.25, 0.4),
    _rest(0.2),
    *_warble(440.0, 523.25, 0.4),
    _rest(4.0),
]
_WAITING: list[Note] = [
    ((425.0,), 0.2, _EAR),
    _rest(0.2),
    ((425.0,), 0.2, _EAR),
    _rest(5.0),
]
_HOLD: list[Note] = [
    ((523.25,), 0.5, _QUIET),
    ((659.25,), 0.5, _QUIET),
    ((783.99,), 0.8, _QUIET),
    _rest(0.4),
    ((659.25,), 0.5, _QUIET),
    ((523.25,), 0.8, _QUIET),
    _rest(2.5),
]
_RECORDING: list[Note] = [((1400.0,), 0.2, _EAR)]
_NOTICES: dict[Notice, list[Note]] = {
    Notice.ANSWERED: [((880.0,), 0.15, _EAR), _rest(0.1), ((880.0,), 0.15, _EAR)],
}


def ring_once(ring: Ring, rate_hz: int) -> bytes:
    """Return one ring of a kind of call with the pause behind it; nothing for ``OFF``."""
    match ring:
        case Ring.EXTERNAL:
            return sounded(_EXTERNAL, rate_hz)
        case Ring.INTERNAL:
            return sounded(_INTERNAL, rate_hz)
        case Ring.WAITING:
            return sounded(_WAITING, rate_hz)
        case Ring.OFF:
            return b""


def hold_melody(rate_hz: int) -> bytes:
    """Return what somebody hears who is held and gets no music, once."""
    return sounded(_HOLD, rate_hz)


def recording_tone(rate_hz: int) -> bytes:
    """Return the tone that says that a call is recorded."""
    return sounded(_RECORDING, rate_hz)


def notice_tone(notice: Notice, rate_hz: int) -> bytes:
    """Return a short tone for the ear."""
    return sounded(_NOTICES[notice], rate_hz)


def digit_tones(digits: str, rate_hz: int, dbfs: float = DIGIT_DBFS) -> bytes:
    """Return digits ``0-9*#A-D`` as pairs of tones with gaps behind them."""
    notes: list[Note] = []
    for digit in digits:
        row = next(n for n, keys in enumerate(_KEYS) if digit in keys)
        notes += [_pair(_LOW[row], _HIGH[_KEYS[row].index(digit)], dbfs), _rest(GAP_S)]
    return sounded(notes, rate_hz)


def _pair(low_hz: float, high_hz: float, dbfs: float) -> Note:
    return ((low_hz, -high_hz), DIGIT_S, dbfs)  # negative: the louder one of a digit


def sounded(notes: list[Note], rate_hz: int) -> bytes:
    """Return notes as samples, filled up to whole frames."""
    data = b"".join(_note(note, rate_hz) for note in notes)
    size = frame_bytes(rate_hz)
    return data + bytes(-len(data) % size)


def _note(note: Note, rate_hz: int) -> bytes:
    frequencies, seconds, dbfs = note
    count = round(seconds * rate_hz)
    total = array("i", bytes(4 * count))
    for hz in frequencies:
        level = dbfs + _HIGH_DB if hz < 0 else dbfs
        part = sine(abs(hz), rate_hz, 0, count, level)
        total = array("i", [a + b for a, b in zip(total, part, strict=True)])
    ramp = max(1, round(RAMP_S * rate_hz))
    values = [v * min(i, count - 1 - i, ramp) // ramp for i, v in enumerate(total)]
    return to_bytes(array("h", values))


def frames(data: bytes, rate_hz: int) -> list[bytes]:
    """Return samples as frames of the bridge."""
    size = frame_bytes(rate_hz)
    return [data[start : start + size] for start in range(0, len(data), size)]


def for_ever(data: bytes, rate_hz: int) -> Iterator[bytes]:
    """Return frames that begin anew after the last one."""
    return cycle(frames(data, rate_hz))
