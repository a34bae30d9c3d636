"""The files of the page: the same for everybody, and nothing in them is a secret."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file.

    Args:
        kind: media type.
        body: of it.
        tag: changes when it does.
    """

    kind: str
    body: bytes
    tag: str


class PageFiles:
    """Reads files once, and again when they change.

    Args:
        directory: of the page; nothing beside it is given out.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._read: dict[str, tuple[int, PageFile]] = {}

    def find(self, name: str) -> PageFile | None:
        """Return a file, None where there is none of that name that is the page's.

        Args:
            name: with ``/`` between its parts, decoded.
        """
        kind = KINDS.get(Path(name).suffix)
        parts = name.split("/")
        if kind is None or "\0" in name or any(part in {"", ".", ".."} for part in parts):
            return None
        file = self._directory.joinpath(*parts)
        try:
            changed_ns = file.stat().st_mtime_ns
            known = self._read.get(name)
            if known is not None and known[0] == changed_ns:
                return known[1]
            if not file.resolve().is_relative_to(self._directory):
                return None
            body = file.read_bytes()
        except OSError:
            return None
        found = PageFile(kind, body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')
        self._read[name] = (changed_ns, found)
        return found
