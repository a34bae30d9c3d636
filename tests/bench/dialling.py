"""Calls that the phones place by command: when an order shows on the wire, and set-up time."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.figures import Row, Sample
from tests.bench.mqtt_probe import Json, Probe
from tests.bench.phones import Baresip, Offhook
from tests.bench.sip_called import PlacedCall
from tests.bench.sip_peer import SipPeer
from tests.bench.wire import Wire

TARGET = "203"  # nobody: whatever is dialled arrives at the bench
OURS, PEER = "offhook", "baresip"

Command = Callable[[str], tuple[str, Json]]


@dataclass
class Dialling:
    """Dial, hold, resume and hang up, by Offhook and by baresip.

    Args:
        wire, peer, probe: the bench's ends.
        offhook: registered.
        baresip: None where it is not installed.
        samples: where the figures go, by phone and name.
        pause: called between two steps.
    """

    wire: Wire
    peer: SipPeer
    probe: Probe
    offhook: Offhook
    baresip: Baresip | None
    samples: dict[str, Sample]
    pause: Callable[[], None]

    def rows(self) -> list[Row]:
        """What came out."""

        def row(name: str, title: str) -> Row:
            ours, theirs = self.samples[f"{OURS}_{name}"], self.samples[f"{PEER}_{name}"]
            return Row(name, title, "ms", ours, PEER if theirs.values else "", theirs)

        return [
            row("dial_invite", "MQTT dial → INVITE on the wire"),
            row("setup", "call set-up: MQTT dial → ACK on the wire"),
            row("setup_mqtt", "call set-up: MQTT dial → MQTT says connected"),
            row("hold_invite", "MQTT hold → re-INVITE on the wire"),
            row("resume_invite", "MQTT resume → re-INVITE on the wire"),
            row("hangup_bye", "MQTT hang-up → BYE on the wire"),
        ]

    def by_offhook(self) -> None:
        """One call of Offhook's."""
        phone = self.offhook
        phone.heard_ns.clear()
        began_ns = self.probe.publish(*phone.dial_command(TARGET))
        call = self._set_up(OURS, began_ns, lambda: phone.heard_ns.get("connected", 0))
        self._tell(OURS, call, phone.command, "hold", "sendonly")
        self.wire.until(lambda: phone.state == "held", "MQTT says held")
        self._tell(OURS, call, phone.command, "resume", "sendrecv")
        self.wire.until(lambda: phone.state == "connected", "MQTT says connected again")
        self._hang_up(OURS, call, phone.command)
        self.wire.until(lambda: not phone.state and not phone.headset.lamps, "offhook rests")

    def by_baresip(self) -> None:
        """One call of baresip's."""
        phone = self.baresip
        if phone is None:
            return
        phone.told.clear()
        began_ns = self.probe.publish(*phone.command("dial", TARGET))
        call = self._set_up(PEER, began_ns, lambda: phone.told.get("CALL_ESTABLISHED", 0))
        self._tell(PEER, call, phone.command, "hold", "sendonly")
        self._tell(PEER, call, phone.command, "resume", "sendrecv")
        self._hang_up(PEER, call, phone.command)
        self.wire.until(lambda: "CALL_CLOSED" in phone.told, "baresip rests")

    def _set_up(self, who: str, began_ns: int, connected_ns: Callable[[], int]) -> PlacedCall:
        calls = self.peer.called.calls
        calls.clear()
        self.wire.until(
            lambda: calls and calls[0].confirmed_ns and connected_ns(), f"{who} sets a call up"
        )
        self._add(who, "dial_invite", began_ns, calls[0].invited_ns)
        self._add(who, "setup", began_ns, calls[0].confirmed_ns)
        self._add(who, "setup_mqtt", began_ns, connected_ns())
        self.pause()
        return calls[0]

    def _tell(self, who: str, call: PlacedCall, command: Command, verb: str, way: str) -> None:
        """Have the sound of a call go another way."""
        began_ns = self.probe.publish(*command(verb))
        self.wire.until(lambda: call.way == way and call.is_settled, f"{who} can {verb}")
        self._add(who, f"{verb}_invite", began_ns, call.offered_ns)
        self.pause()

    def _hang_up(self, who: str, call: PlacedCall, command: Command) -> None:
        began_ns = self.probe.publish(*command("hangup"))
        self.wire.until(lambda: call.bye_ns, f"{who} hangs up")
        self._add(who, "hangup_bye", began_ns, call.bye_ns)

    def _add(self, who: str, name: str, began_ns: int, ended_ns: int) -> None:
        self.samples[f"{who}_{name}"].add_ns(began_ns, ended_ns)
