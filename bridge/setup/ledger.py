"""What an installation has done, so that it can be undone: kept by whoever installed, root mostly.

Not in the state directory of the service: what root deletes and puts back must not be a thing that
the service can write.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from bridge.model.errors import TransportError

SYSTEM_LEDGER = "/var/lib/offhook-setup"
USER_LEDGER = ".local/share/offhook-setup"
FORM = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that was written.

    Args:
        target: as in ``Piece``.
        digest: SHA-256 of what was written, hex.
        replaced: file with what was there before, below the ledger; empty = nothing was.
    """

    target: str
    digest: str
    replaced: str = ""


@dataclass(slots=True)
class Ledger:
    """All that was done.

    Args:
        folder: where it lies.
        version: of Offhook.
        entries: files.
        services: units that were enabled by us.
    """

    folder: Path
    version: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever installed."""
        return not self.entries and not self.services

    def save(self) -> None:
        """Write it, whole or not at all. Raises ``TransportError``."""
        body = {
            "form": FORM,
            "version": self.version,
            "files": [asdict(entry) for entry in self.entries.values()],
            "services": self.services,
        }
        text = json.dumps(body, indent=1) + "\n"
        write_whole(self.folder / "installed.json", text.encode(), 0o600)


def load(folder: Path) -> Ledger:
    """Return what was done, nothing where nothing was.

    Raises:
        TransportError: it cannot be read.
    """
    path = folder / "installed.json"
    try:
        body = cast("dict[str, object]", json.loads(path.read_bytes()))
        files = cast("list[dict[str, str]]", body["files"])
        entries = {one["target"]: Entry(**one) for one in files}
        services = cast("list[str]", body["services"])
        return Ledger(folder, str(body["version"]), entries, list(services))
    except FileNotFoundError:
        return Ledger(folder)
    except OSError as error:
        raise TransportError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TransportError(
            f"{path} is damaged: move it away; the next setup takes what is there for its own"
        ) from error


def digest(content: bytes) -> str:
    """Return what identifies a content."""
    return hashlib.sha256(content).hexdigest()


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a file so that a power cut leaves the old one or the new one.

    Raises:
        TransportError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise TransportError(f"{path} cannot be written: {error.strerror}") from error
