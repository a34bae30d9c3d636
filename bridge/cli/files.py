"""Files that the command writes: new ones, readable by their owner alone."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bridge.model.errors import TransportError


def form_of(asked: str | None, output: str | None, forms: Mapping[str, str]) -> str:
    """Return the form to write: as asked, else by the file's name, else the first there is.

    Args:
        asked: ``--format``.
        output: ``--output``.
        forms: suffix of a file -> form.
    """
    if asked:
        return asked
    suffix = Path(output).suffix.lower() if output else ""
    return forms.get(suffix, next(iter(forms.values())))


def write_new(text: str, output: str | None, count: int, what: str, *, as_json: bool) -> None:
    """Write a new file (mode 0600: it is personal), or print the text.

    Args:
        text: the content.
        output: where to; None = standard output.
        count: how many there are, to be said.
        what: of what.
        as_json: say it in JSON; without a file the text itself is printed as it is.

    Raises:
        TransportError: the file is there already, or cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        return
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123  # a handle
            stream.write(text)
    except FileExistsError:
        raise TransportError(f"{output} is there already; expected a new file") from None
    except OSError as error:
        raise TransportError(f"{output} cannot be written: {error.strerror or error}") from error
    if as_json:
        print(json.dumps({"ok": True, "file": output, "count": count}))
    else:
        print(f"{count} {what} written to {output}")
