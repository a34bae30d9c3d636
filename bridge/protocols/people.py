"""What the readers of contact files have in common: limits, and entries that cannot be used."""

from dataclasses import dataclass

from bridge.model.contacts import MOST_CHARACTERS, MOST_NUMBERS, Contact, ContactNumber
from bridge.model.redaction import printable

MOST_BYTES = 64 * 1024 * 1024  # of a file; 100,000 vCards with small photographs
MOST_ENTRIES = 100_000
MOST_FAULTS = 5  # shown with their line; the rest is counted


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that cannot be used.

    Args:
        line: where it begins, 1-based.
        reason: expected and found, without what stands there: it is personal.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class People:
    """What was read.

    Args:
        contacts: those that can be called.
        silent: entries without any number; nothing is wrong with them.
        faults: entries that are broken.
    """

    contacts: tuple[Contact, ...]
    silent: int = 0
    faults: tuple[Fault, ...] = ()

    def complaint(self, file: str) -> str:
        """Return one sentence about what is broken, empty when nothing is."""
        if not self.faults:
            return ""
        shown = "; ".join(f"line {f.line}: {f.reason}" for f in self.faults[:MOST_FAULTS])
        more = "; …" if len(self.faults) > MOST_FAULTS else ""
        total = len(self.contacts) + self.silent + len(self.faults)
        return f"{file}: {len(self.faults)} of {total} entries cannot be used: {shown}{more}"


def contact_of(name: str, company: str, numbers: list[ContactNumber]) -> Contact:
    """Return a contact in bounds; whoever has no name is called by the company or the number."""
    called = name or company or numbers[0].number
    return Contact(
        name=printable(called.strip(), MOST_CHARACTERS),
        numbers=tuple(numbers[:MOST_NUMBERS]),
        company=printable(company.strip(), MOST_CHARACTERS),
    )


def number_of(text: str) -> str:
    """Return a number or SIP address in bounds, empty when it is none."""
    number = text.strip()
    if number.lower().startswith("tel:"):
        number = number[4:].partition(";")[0]
    if not any(c.isalnum() for c in number) or len(number) > MOST_CHARACTERS:
        return ""
    return number if number.isprintable() else ""
