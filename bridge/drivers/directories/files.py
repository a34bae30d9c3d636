"""Contact files: noticing that one changed, and reading it. Blocks; runs on a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.model.directories import DirectoryFile
from bridge.model.errors import TransportError
from bridge.protocols.contact_csv import read_csv
from bridge.protocols.people import MOST_BYTES, People
from bridge.protocols.vcard import read_vcards

READERS: dict[str, Callable[[bytes], People]] = {
    ".vcf": read_vcards,
    ".vcard": read_vcards,
    ".csv": read_csv,
    ".txt": read_csv,
    ".tsv": read_csv,
}
READER_VERSION = 1  # counts up when a reader finds more in the same file


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read.

    Args:
        stamp: of the file when it was read.
        people: what is in it.
        note: one sentence about what is broken in it, or empty.
    """

    stamp: str
    people: People
    note: str


def stamp_of(file: DirectoryFile) -> str:
    """Return what changes when a file does.

    Raises:
        TransportError: it is not there, or may not be looked at.
    """
    try:
        info = Path(file.path).stat()
    except OSError as error:
        raise _unreadable(file, error) from error
    return f"{READER_VERSION}:{info.st_ino}:{info.st_size}:{info.st_mtime_ns}:{file.path}"


def read_file(file: DirectoryFile) -> ReadFile:
    """Return the people in a file.

    Raises:
        TransportError: it cannot be read, is too large, or of an unknown kind.
    """
    stamp = stamp_of(file)  # before reading: what changes meanwhile is noticed next time
    path = Path(file.path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise TransportError(f"{path}: expected a file that ends in {', '.join(READERS)}")
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    if len(data) > MOST_BYTES:
        raise TransportError(f"{path}: expected at most {MOST_BYTES // 1024 // 1024} MiB")
    people = reader(data)
    return ReadFile(stamp, people, people.complaint(str(path)))


def _unreadable(file: DirectoryFile, error: OSError) -> TransportError:
    return TransportError(
        f"{file.path} cannot be read ({error.strerror or error}): correct contacts.files, or let "
        "this user read it"
    )
