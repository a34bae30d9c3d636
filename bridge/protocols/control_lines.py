"""JSON objects, one a line, as the control socket carries them."""

import itertools
import json
from collections.abc import Mapping

LINE_BYTES = 64 * 1024  # with the newline; a status with 4 calls and 16 devices has 6 KiB


class LineSplitter:
    """Cuts a byte stream into lines of bounded length.

    After a line that is too long it gives nothing more: where the next one begins is unknown.
    """

    def __init__(self, limit: int = LINE_BYTES) -> None:
        self._limit = limit
        self._rest = b""
        self.overflowed = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are now complete, without their newlines."""
        if self.overflowed:
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        good = list(itertools.takewhile(self._fits, lines))
        if len(good) < len(lines) or not self._fits(self._rest):
            self.overflowed = True
            self._rest = b""
        return good

    def _fits(self, line: bytes) -> bool:
        return len(line) < self._limit


def json_line(body: Mapping[str, object]) -> bytes:
    """Return a JSON object as one line.

    ASCII on the wire: no text of a peer can look like a line break to any reader.

    Raises:
        ValueError: a number that JSON does not have (our mistake).
    """
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _refuse_constant(name: str) -> object:
    raise ValueError(f"found {name}, expected a finite number")


def json_object(line: bytes) -> dict[str, object]:
    """Return the JSON object of a line.

    Raises:
        ValueError: no UTF-8, no JSON, no object, or nested too deeply.
    """
    try:
        body = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("found JSON nested too deeply, expected an object") from None
    except ValueError as error:
        raise ValueError(f"found no JSON, expected an object: {error}") from None
    if not isinstance(body, dict):
        raise ValueError(f"found a JSON {type(body).__name__}, expected an object")  # noqa: TRY004
    return body
