"""Where the states of a PBX stand in the topic tree, version 1 (page: ``mqtt.md``)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from bridge.model.blf import Extension

_SUBJECT = re.compile(r"[0-9A-Za-z_.-]{1,32}")


class Place(Enum):
    """Kinds of state topics; ``{}`` is the extension, slot or queue."""

    STATE = "ext/{}/state"
    REGISTRATION = "ext/{}/registration"
    PRESENCE = "ext/{}/presence"
    FORWARDING = "ext/{}/forwarding"
    MAILBOX = "mwi/{}"
    PARK = "park/{}"
    QUEUE = "queue/{}"


_BY_SHAPE = {
    ("ext", "state"): Place.STATE,
    ("ext", "registration"): Place.REGISTRATION,
    ("ext", "presence"): Place.PRESENCE,
    ("ext", "forwarding"): Place.FORWARDING,
    ("mwi", ""): Place.MAILBOX,
    ("park", ""): Place.PARK,
    ("queue", ""): Place.QUEUE,
}
OF_A_LAMP = (Place.STATE, Place.PRESENCE, Place.FORWARDING, Place.MAILBOX, Place.PARK, Place.QUEUE)
"""What a busy lamp can follow from."""


@dataclass(frozen=True, slots=True)
class PbxTopics:
    """The topics of one PBX; availability, info, commands and replies are those of ``Topics``.

    Args:
        base: ``<root>/1/<pbx>``.
    """

    base: str

    @property
    def changing(self) -> tuple[str, ...]:
        """Return filters for all state topics."""
        return tuple(f"{self.base}/{place.value.format('+')}" for place in Place)

    @property
    def every_queue(self) -> str:
        """Return the filter for all queues: nobody knows by name those he is an agent of."""
        return f"{self.base}/{Place.QUEUE.value.format('+')}"

    def of(self, place: Place, subject: Extension) -> str:
        """Return the topic of one state.

        Raises:
            ValueError: the subject is no extension; it would reach into other topics.
        """
        if not is_subject(subject):
            raise ValueError(f"{subject[:40]!r} is no extension")
        return f"{self.base}/{place.value.format(subject)}"

    def about(self, subjects: Iterable[Extension]) -> frozenset[str]:
        """Return filters for everything a lamp of these subjects follows from.

        A favourite does not say whether its number is an extension, a slot or a queue. One with
        a number that can be neither (``+49…``, ``*78``) has nothing to be heard.
        """
        speakable = [subject for subject in subjects if is_subject(subject)]
        return frozenset(self.of(place, subject) for subject in speakable for place in OF_A_LAMP)

    def place(self, topic: str) -> tuple[Place, Extension] | None:
        """Return which state a topic is of and whose, None when it is none of ours."""
        kind, _, rest = topic.removeprefix(f"{self.base}/").partition("/")
        subject, _, last = rest.partition("/")
        place = _BY_SHAPE.get((kind, last))
        if place is None or not topic.startswith(f"{self.base}/") or not is_subject(subject):
            return None
        return place, Extension(subject)


def is_subject(text: str) -> bool:
    """Return whether a foreign text can be an extension, a slot or a queue."""
    return _SUBJECT.fullmatch(text) is not None
