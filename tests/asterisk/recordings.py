"""Recorded exchanges of the manager interface: what was asked and answered (``recordings``)."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PLACE = Path(__file__).parents[1] / "recordings" / "asterisk"
ID = "@ID@"


@dataclass(frozen=True)
class Exchange:
    """One action and everything that belonged to its answer.

    Args:
        asked: names and values, ``Action`` first.
        answer: as the server sent it, with ``@ID@`` for the ActionID.
    """

    asked: tuple[tuple[str, str], ...]
    answer: bytes


@dataclass
class Recording:
    """One file.

    Args:
        greeting: first line of the server, may be empty.
        exchanges: in order.
        events: what came by itself, by the title of what caused it.
    """

    greeting: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    events: dict[str, bytes] = field(default_factory=dict)


@cache
def recording(name: str) -> Recording:
    """Return what a file holds."""
    found = Recording()
    asked: list[tuple[str, str]] = []
    answer: list[str] | None = None
    title = ""
    for line in [*(PLACE / f"{name}.txt").read_text().split("\n"), ">>>"]:
        starts = line == ">>>" or line.startswith(("event ", "# ", "greeting "))
        if starts and answer is not None:
            _keep(found, asked, title, answer)
            asked, answer, title = [], None, ""
        if line.startswith("greeting "):
            found.greeting = line.removeprefix("greeting ")
        elif line.startswith("event "):
            title, answer = line.split()[2], []
        elif line == "<<<":
            answer = []
        elif answer is not None:
            answer.append(line)
        elif ": " in line and not starts:
            key, _, value = line.partition(": ")
            asked.append((key, value))
    return found


def _keep(found: Recording, asked: list[tuple[str, str]], title: str, lines: list[str]) -> None:
    data = "\r\n".join([*lines, ""]).encode()
    if title:
        found.events[title] = found.events.get(title, b"") + data
    else:
        found.exchanges.append(Exchange(tuple(asked), data))
