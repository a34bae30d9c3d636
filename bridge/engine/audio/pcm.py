"""Arithmetic on frames of sound: signed 16 bit, little endian, one channel, 20 ms. Pure.

Nothing here runs for every frame of a call except the tone of the test backend: 320 samples cost
Python about 30 µs, which is fine now and then and for a test, but not as a habit.
"""

import math
import sys
from array import array

FRAME_S = 0.02  # ptime of the bridge: pjsua2's audioFramePtime default, RFC 3551 default for G.711
SAMPLE_BYTES = 2
FULL_SCALE = 32767
FLOOR_DBFS = -120.0  # below the 96 dB of 16 bit: "nothing at all"


def frame_bytes(rate_hz: int) -> int:
    """Return the size of one frame, such as 640 bytes at 16 kHz."""
    return round(rate_hz * FRAME_S) * SAMPLE_BYTES


def samples(frame: bytes) -> "array[int]":
    """Return the samples of a frame, -32768..32767."""
    values = array("h", frame)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def to_bytes(values: "array[int]") -> bytes:
    """Return samples as bytes of the wire."""
    if sys.byteorder == "big":
        values = array("h", values)
        values.byteswap()
    return values.tobytes()


def fade_out(frame: bytes) -> bytes:
    """Return the frame falling to silence: repeats of a lost frame must not end in a click."""
    values = samples(frame)
    count = len(values)
    return to_bytes(array("h", [v * (count - i) // count for i, v in enumerate(values)]))


def fade_in(frame: bytes) -> bytes:
    """Return the frame rising from silence."""
    values = samples(frame)
    count = len(values)
    return to_bytes(array("h", [v * i // count for i, v in enumerate(values)]))


def mirrored(frame: bytes) -> bytes:
    """Return a frame played backwards: it begins where the frame itself ends, without a click."""
    return to_bytes(samples(frame)[::-1])


def mixed(first: bytes, second: bytes) -> bytes:
    """Return two frames of one size sounded together, clipped at full scale."""
    pairs = zip(samples(first), samples(second), strict=True)
    return to_bytes(array("h", [max(-FULL_SCALE, min(FULL_SCALE, a + b)) for a, b in pairs]))


def sine(hz: float, rate_hz: int, start: int, count: int, dbfs: float) -> "array[int]":
    """Return ``count`` samples of a sine, continuing at sample number ``start``.

    Args:
        hz: frequency, 0 for silence.
        rate_hz: samples per second.
        start: number of the first sample since phase 0.
        count: samples.
        dbfs: level, 0 for full scale.
    """
    if hz <= 0:
        return array("h", bytes(count * SAMPLE_BYTES))
    peak = FULL_SCALE * 10 ** (dbfs / 20)
    step = 2 * math.pi * hz / rate_hz
    return array("h", [round(peak * math.sin(step * (start + i))) for i in range(count)])


def level_dbfs(values: "array[int]") -> float:
    """Return the RMS level, 0 for a sine of full scale, -120 at least."""
    if not values:
        return FLOOR_DBFS
    mean_square = sum(v * v for v in values) / len(values)
    return _decibel(math.sqrt(2 * mean_square) / FULL_SCALE)


def peak_dbfs(values: "array[int]") -> float:
    """Return the level of the loudest sample, 0 for full scale, -120 at least."""
    peak = max(map(abs, values), default=0)
    return min(0.0, _decibel(peak / FULL_SCALE))


def tone_dbfs(values: "array[int]", hz: float, rate_hz: int) -> float:
    """Return the level of one frequency, 0 for a sine of full scale, -120 at least.

    Goertzel's algorithm with a Hann window, so that speech or tones some 20 Hz away do not leak in
    over 200 ms (main lobe: 4 / duration).
    """
    count = len(values)
    if not count:
        return FLOOR_DBFS
    turn = 2 * math.pi * hz / rate_hz
    factor = 2 * math.cos(turn)
    window = 2 * math.pi / count
    before = last = 0.0
    for i, value in enumerate(values):
        last, before = value * (0.5 - 0.5 * math.cos(window * i)) + factor * last - before, last
    power = last * last + before * before - factor * last * before
    # A sine of amplitude A gives |X| = A · count / 4 under a Hann window (mean 1/2).
    return _decibel(math.sqrt(max(power, 0.0)) * 4 / (count * FULL_SCALE))


def _decibel(ratio: float) -> float:
    return max(FLOOR_DBFS, 20 * math.log10(ratio)) if ratio > 0 else FLOOR_DBFS
