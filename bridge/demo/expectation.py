"""What a step expects to see, where, and how to say that it did not come."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.demo.caller import Caller
from bridge.demo.headset import DemoHeadset
from bridge.demo.listener import Body, Heard, Listener
from bridge.demo.scene import Scene
from bridge.demo.words import of_message
from bridge.model.events import Event
from bridge.model.hid import Control, ControlChange

SeenAt = Callable[[float], float | None]
"""Takes the moment a step began, returns when the expected thing came after it, None if not yet."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that has to come.

    Args:
        where: ``key``, ``lamp``, ``sip`` or ``mqtt``; its latency is reported under this name.
        wanted: in words.
        seen_at: when it came.
        found: in words, what is there instead.
    """

    where: str
    wanted: str
    seen_at: SeenAt
    found: Callable[[], str]

    def complaint(self, within_s: float) -> str:
        """Return the sentence for when it did not come."""
        return f"expected {self.wanted} within {within_s:g} s, found {self.found()}"


def key_read(scene: Scene, control: Control, *, on: bool) -> Expectation:
    """Expect that the daemon reads a change of a key off the headset."""
    change = ControlChange(control, on)
    what = f"{control.value} {'on' if on else 'off'}"
    return Expectation(
        "key",
        f"{what} read from the headset",
        lambda after: scene.read_since(after, change),
        lambda: "nothing of the kind",
    )


def lamps(headset: DemoHeadset, wanted: frozenset[str]) -> Expectation:
    """Expect that exactly these lamps are lit, read from the bytes the headset got."""

    def found() -> str:
        last = headset.writes[-1] if headset.writes else None
        return f"the lamps {words(last.lit)}" if last else "nothing written to the headset"

    text = f"the lamps {words(wanted)}"
    return Expectation("lamp", text, lambda after: headset.lit_since(after, wanted), found)


def caller_sees(
    caller: Caller, kind: type[Event], wanted: str, fits: Callable[[Event], bool] = lambda _: True
) -> Expectation:
    """Expect that the caller's telephone sees something."""
    return Expectation(
        "sip",
        f"that the caller {wanted}",
        lambda after: caller.first(kind, after, fits),
        lambda: f"that it {caller.words}",
    )


def published(
    listener: Listener, topic: str, wanted: str, fits: Callable[[Body], bool]
) -> Expectation:
    """Expect a state on MQTT, as the independent client sees it."""
    return Expectation(
        "mqtt",
        f"MQTT topic {topic} to say {wanted}",
        lambda after: listener.first(topic, after, fits),
        lambda: _words_of(listener, topic),
    )


def _words_of(listener: Listener, topic: str) -> str:
    """Return what a topic says now, for people."""
    body = listener.last(topic)
    said = of_message(Heard(0.0, topic, body)) if body is not None else None
    return said[1] if said else "nothing there"


def words(lit: frozenset[str]) -> str:
    """Return lamps for people."""
    names = sorted(name.replace("_", "-") for name in lit)
    return " and ".join(names) + " on" if names else "all off"
