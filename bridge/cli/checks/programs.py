"""Who else has the headset open. hidraw refuses nobody: two programs write over each other."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine, read_text
from bridge.drivers.hidraw.recognise import Recognised
from bridge.model.redaction import printable


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device node open."""

    pid: int
    name: str


def others(machine: Machine, one: Recognised, ours: Collection[int]) -> Iterator[Finding]:
    """Tell of other programs on a headset.

    Args:
        machine: where.
        one: the headset.
        ours: processes of ours.
    """
    held = [h for h in holders(machine, one.node.node) if h.pid not in ours]
    if not held:
        return
    names = ", ".join(f"{holder.name} (process {holder.pid})" for holder in held)
    yield Finding(
        "second program",
        State.WARNING,
        f"{one.info.name}: {names} has it open as well: both write its lamps and take its keys",
        "switch off headset control there (browsers: the site's permission for HID devices), or "
        f"leave it alone here: headset.ignore: [{one.info.device}]",
    )


def holders(machine: Machine, node: str) -> list[Holder]:
    """Return the processes that have a node open, as far as this user may see; root sees all."""
    found = []
    for process in (machine.root / "proc").glob("[0-9]*"):
        if any(target == node for target in _open_files(process)):
            name = printable(read_text(process / "comm")) or "a program"
            found.append(Holder(int(process.name), name))
    return sorted(found, key=lambda holder: holder.pid)


def _open_files(process: Path) -> Iterator[str]:
    try:
        for link in (process / "fd").iterdir():
            try:
                yield str(link.readlink())
            except OSError:  # closed meanwhile
                continue
    except OSError:  # ended meanwhile, or another user's
        return
