"""What the keys of the keyboard do: they are the headset's, and the caller's."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.demo.caller import NUMBER
from bridge.demo.scene import Scene
from bridge.demo.timeline import Timeline
from bridge.model.hid import Control
from bridge.model.intents import Intent, Verb

ON_HEADSET = (  # keyboard, key of the headset, what for
    (" \r\n", "space", Control.HOOK, "hook"),
    ("m", "m", Control.MUTE, "mute"),
    ("f", "f", Control.FLASH, "hold"),
    ("r", "r", Control.REJECT, "reject"),
)


@dataclass
class Keys:
    """Turns keys into doings.

    Args:
        scene: ready.
        timeline: told what began.
        leave: ends the demo.
    """

    scene: Scene
    timeline: Timeline
    leave: Callable[[], None]
    plugged: bool = True
    _dialled: bool = field(default=False, init=False)

    def take(self, keys: str) -> None:
        """Do what the keys say; unknown ones do nothing."""
        for key in keys.lower():
            for keyboard, _, control, _ in ON_HEADSET:
                if key in keyboard:
                    self._press(control)
            action = self._others().get(key)
            if action is not None:
                action()

    def help(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return which key does what in groups, those that make sense only."""
        groups = []
        if self.scene.setting.headset is not None:
            own = [(name, does) for _, name, control, does in ON_HEADSET if self._has(control)]
            groups.append(("headset", [*own, ("u", "unplug" if self.plugged else "plug in")]))
        calls = [("c", "caller calls"), ("x", "caller hangs up"), ("d", "you dial")]
        groups.append(("others", [*(calls if self.scene.can_call else []), ("q", "quit")]))
        return groups

    def _others(self) -> dict[str, Callable[[], None]]:
        return {
            "c": self.call,
            "x": self._hang_up,
            "d": self._dial,
            "u": self._unplug,
            "q": self.leave,
        }

    def _has(self, control: Control) -> bool:
        device = self.scene.device
        return device is None or control in device.controls

    def _press(self, control: Control) -> None:
        headset = self.scene.setting.headset
        if headset is None or not self.plugged or not self._has(control):
            return
        self.timeline.begin(f"you press {control.value}")
        headset.press(control.value)

    # -- the others' doings ---------------------------------------------------

    def call(self) -> None:
        """Let the caller call, unless it is in a call."""
        if self.scene.can_call and self.scene.caller.call is None:
            self.timeline.begin("the caller calls")
            self.scene.ring()

    def _hang_up(self) -> None:
        if self.scene.caller.call is not None:
            self.timeline.begin("the caller hangs up")
            self.scene.caller.hang_up()

    def _dial(self) -> None:
        """Dial the caller: with the redial key if there is one and a number to redial."""
        if not self.scene.can_call or self.scene.caller.call is not None:
            return
        headset = self.scene.setting.headset
        if self._dialled and headset is not None and self._has(Control.REDIAL) and self.plugged:
            self.timeline.begin("you press redial")
            headset.press(Control.REDIAL.value)
            return
        self._dialled = True
        self.timeline.begin("you dial the caller, as `offhook call` does")
        target = f"sip:{NUMBER}@{self.scene.caller.engine.address}"
        self.scene.daemon.switchboard.ask(Intent(Verb.DIAL, target=target), lambda _answer: None)

    def _unplug(self) -> None:
        headset = self.scene.setting.headset
        if headset is None:
            return
        self.timeline.begin("you pull the headset out" if self.plugged else "you plug it in again")
        if self.plugged:
            self.scene.bus.unplug(headset)
        else:
            self.scene.bus.plug(headset)
        self.plugged = not self.plugged
