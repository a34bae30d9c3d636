"""Sound files as frames of the bridge: 16-bit PCM, one or two channels, any usual rate.

Read in pieces while they play, so that a long file costs no memory and no wait; only threads of
their own read them. Conversion of rates is plain: an average over each sample's time on the way
down, a straight line on the way up. It is for ring tones and music on hold, not for a studio.
"""

import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

from bridge.engine.audio.pcm import frame_bytes, samples, to_bytes

RATES_HZ = range(8000, 96_001)
BLOCK_S = 0.1  # read at once
SHORTEST_S = 0.1  # a file that is shorter would be a buzz when it is repeated

EXPECTED = "expected a WAV file with 16 bit PCM, one or two channels, 8 to 96 kHz"


class BadSoundFile(ValueError):  # noqa: N818  # reads as what it is
    """A file that cannot be played; the message is for the user."""


def trouble_with(path: str) -> str:
    """Return why a file cannot be played, or an empty string."""
    try:
        _open(path).close()
    except BadSoundFile as e:
        return str(e)
    return ""


def frames_of(path: str, rate_hz: int) -> Iterator[bytes]:
    """Yield the frames of a file once, the last one filled up with silence.

    Raises:
        BadSoundFile: it cannot be played, or no longer.
    """
    size = frame_bytes(rate_hz)
    rest = b""
    with _open(path) as file:
        for block in _blocks(file, path, rate_hz):
            rest += block
            whole = len(rest) - len(rest) % size
            for start in range(0, whole, size):
                yield rest[start : start + size]
            rest = rest[whole:]
    if rest:
        yield rest.ljust(size, b"\0")


def _open(path: str) -> wave.Wave_read:
    try:
        if not Path(path).is_file():
            raise BadSoundFile(f"cannot play {path}: there is no such file")
        file = wave.open(path, "rb")  # noqa: SIM115  # the caller closes it
    except OSError as e:
        raise BadSoundFile(f"cannot play {path}: {e.strerror or e}") from e
    except (wave.Error, EOFError) as e:
        raise BadSoundFile(f"cannot play {path}: {EXPECTED}, found {str(e) or 'no header'}") from e
    found = _objection(file)
    if found:
        file.close()
        raise BadSoundFile(f"cannot play {path}: {EXPECTED}, found {found}")
    return file


def _objection(file: wave.Wave_read) -> str:
    if file.getsampwidth() != 2:
        return f"{8 * file.getsampwidth()} bit"
    if file.getnchannels() not in (1, 2):
        return f"{file.getnchannels()} channels"
    if file.getframerate() not in RATES_HZ:
        return f"{file.getframerate()} samples per second"
    if file.getnframes() < SHORTEST_S * file.getframerate():
        return f"only {file.getnframes()} samples"
    return ""


def _blocks(file: wave.Wave_read, path: str, rate_hz: int) -> Iterator[bytes]:
    source_hz = file.getframerate()
    converter = Converter(source_hz, rate_hz)
    count = round(source_hz * BLOCK_S)
    while True:
        try:
            data = file.readframes(count)
        except (OSError, EOFError, wave.Error) as e:
            raise BadSoundFile(f"cannot play {path}: {e}") from e
        if not data:
            return
        values = samples(data[: len(data) - len(data) % (2 * file.getnchannels())])
        yield to_bytes(converter.feed(_one_channel(values, file.getnchannels())))


def _one_channel(values: "array[int]", channels: int) -> "array[int]":
    if channels == 1:
        return values
    pairs = zip(values[::2], values[1::2], strict=True)
    return array("h", [(left + right) // 2 for left, right in pairs])


class Converter:
    """Turns samples of one rate into samples of another, block by block, without a seam.

    Positions are whole numbers, in source samples times ``rate_hz``: nothing adds up.
    """

    def __init__(self, source_hz: int, rate_hz: int) -> None:
        self._source_hz, self._rate_hz = source_hz, rate_hz
        self._rest: array[int] = array("h")
        self._position = 0  # of the next sample, from the start of ``rest``

    def feed(self, values: "array[int]") -> "array[int]":
        """Return what these samples complete."""
        if self._source_hz == self._rate_hz:
            return values
        source = self._rest + values
        made = self._down(source) if self._source_hz > self._rate_hz else self._up(source)
        done = min(self._position // self._rate_hz, len(source))
        self._rest = source[done:]
        self._position -= done * self._rate_hz
        return made

    def _down(self, source: "array[int]") -> "array[int]":
        made, position, rate_hz = array("h"), self._position, self._rate_hz
        while (end := position + self._source_hz) <= len(source) * rate_hz:
            first, last = position // rate_hz, end // rate_hz
            made.append(sum(source[first:last]) // (last - first))
            position = end
        self._position = position
        return made

    def _up(self, source: "array[int]") -> "array[int]":
        made, position, rate_hz = array("h"), self._position, self._rate_hz
        while position < (len(source) - 1) * rate_hz:
            before, share = divmod(position, rate_hz)
            step = source[before + 1] - source[before]
            made.append(source[before] + step * share // rate_hz)
            position += self._source_hz
        self._position = position
        return made
