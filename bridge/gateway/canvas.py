"""The picture of the PBX as readers see it: facts become retained topics.

What a reader may rely on: while ``availability`` is online, every topic is what the PBX said last,
and there is none that it did not say. So the link is held until the picture is whole, and what a
whole picture does not show is cleared.
"""

import logging
from collections import Counter

from bridge.drivers.ports import GatewayBus
from bridge.model.pbx import PbxFact
from bridge.protocols.mqtt_payloads import Body, StateDiffer
from bridge.protocols.pbx_states import Shown, encode_fact, place_of
from bridge.protocols.pbx_topics import PbxTopics, is_subject

_LOG = logging.getLogger(__name__)


class Canvas:
    """A ``Picture`` on a bus.

    Args:
        bus: held until the first ``complete``.
        base: what all our topics begin with.
        shown: how much of numbers and dialogs readers may see.
    """

    def __init__(self, bus: GatewayBus, base: str, shown: Shown) -> None:
        self._bus = bus
        self._topics = PbxTopics(base)
        self._shown = shown
        self._differ = StateDiffer(bus.epoch)
        self._painted: set[str] = set()  # topics said since the PBX was lost
        self._reason = ""
        self.is_whole = False
        self.counts: Counter[str] = Counter()

    def lost(self, reason: str, *, is_told: bool = False) -> None:
        """Hold the link; said once for each reason."""
        self._bus.hold(reason)
        if not is_told and (self.is_whole or reason != self._reason):
            _LOG.warning("%s; trying again by itself", reason)
        self.is_whole = False
        self._reason = reason
        self._painted.clear()

    def say(self, fact: PbxFact) -> None:
        """Publish a fact if it is news."""
        place, subject = place_of(fact)
        if not is_subject(subject):
            self.counts["unspeakable"] += 1
            return
        topic = self._topics.of(place, subject)
        if not self.is_whole:
            self._painted.add(topic)
        self.put(topic, encode_fact(fact, self._shown))

    def complete(self) -> None:
        """Clear what was not said again, and let the link go."""
        if not self.is_whole:
            for topic in self._differ.shown():
                if topic not in self._painted and self._topics.place(topic):
                    self._differ.forget(topic)
                    self._bus.set_state(topic, None)
            _LOG.info("the PBX is heard: %d states", len(self._painted))
        self.is_whole = True
        self._reason = ""
        self._bus.hold("")

    def put(self, topic: str, body: Body) -> None:
        """Publish a state if it differs from what is shown; also ``info``."""
        for changed, payload in self._differ.update({topic: body}):
            self._bus.set_state(changed, payload)
