"""Calls, one after the other: answered by key and by MQTT, dialled, and baresip's between them.

All of it in one run and in turn, so that whatever else the machine does meets everybody alike.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.dialling import Dialling
from tests.bench.figures import Row, Sample
from tests.bench.mqtt_probe import Probe
from tests.bench.phones import BARESIP, OFFHOOK, Baresip, Offhook
from tests.bench.relay import Relay
from tests.bench.sip_peer import PeerCall, SipPeer
from tests.bench.wire import Wire

PAUSE_S = (0.010, 0.030)  # between two steps, so that each begins with everybody asleep
TALK_S = 0.15  # before a hook goes down again: sooner it is taken for the pulse of some headsets
GUARD_S = 0.6  # after a host answered: hooks flicker then, and a key is not believed for 0.5 s
PING = {"v": 1, "padding": "x" * 160}  # as long as a command of ours

RELAY = "bare relay"
BROKER = "bare broker round trip"
PEER = "baresip"


@dataclass
class Calls:
    """The bench.

    Args:
        wire, peer, probe: the bench's ends.
        offhook: registered, with its headset.
        relay: the floor of key presses.
        baresip: None where it is not installed.
    """

    wire: Wire
    peer: SipPeer
    probe: Probe
    offhook: Offhook
    relay: Relay
    baresip: Baresip | None
    samples: dict[str, Sample] = field(default_factory=lambda: defaultdict(Sample))
    _believed_s: float = 0.0

    def __post_init__(self) -> None:
        ends = (self.wire, self.peer, self.probe, self.offhook, self.baresip)
        self._dialling = Dialling(*ends, self.samples, self._pause)

    def round(self, number: int) -> None:
        """Measure everything once; who comes first changes."""
        steps = [self._floors, self._by_key, self._dialled, self._by_command, self._baresip]
        turn = number % len(steps)
        for step in steps[turn:] + steps[:turn]:
            step()
            self._pause()

    def rows(self) -> list[Row]:
        """What came out."""

        def row(key: str, title: str, against: str = "", theirs: str = "") -> Row:
            other = self.samples[theirs] if theirs else Sample()
            return Row(key, title, "ms", self.samples[key], against if other.values else "", other)

        return [
            row("key_ack", "key report → lamp report (all keys)", RELAY, "relay"),
            row("answer_key_ack", "answer key → off-hook lamp", RELAY, "relay"),
            row("answer_key_200", "answer key → SIP 200 on the wire", RELAY, "relay"),
            row("mute_key_ack", "mute key → mute lamp", RELAY, "relay"),
            row("hangup_key_bye", "hang-up key → BYE on the wire", RELAY, "relay"),
            row("invite_180", "INVITE in → 180 on the wire", PEER, "baresip_180"),
            row("invite_lamp", "INVITE in → ring lamp", PEER + " 180", "baresip_180"),
            row("invite_mqtt", "INVITE in → MQTT says ringing", PEER, "baresip_incoming"),
            row("command_200", "MQTT answer → SIP 200 on the wire", PEER, "baresip_200"),
            row("command_200_floor", "the same", BROKER, "broker"),
            row("command_mqtt", "MQTT answer → MQTT says connected", PEER, "baresip_established"),
            row("bye_lamp", "BYE in → lamps off", PEER + " closed", "baresip_closed"),
            row("bye_mqtt", "BYE in → MQTT says ended", PEER, "baresip_closed"),
            *self._dialling.rows(),
        ]

    # -- one step each --------------------------------------------------------

    def _floors(self) -> None:
        self._add("relay", *self.relay.round_trip())
        self._pause()
        self._add("broker", *self.probe.round_trip(dict(PING)))

    def _by_key(self) -> None:
        self.wire.rest(self._believed_s - time.monotonic())
        call, headset = self._ring(), self.offhook.headset
        began_ns = headset.press("hook")
        self._until(lambda: call.answered_ns and "off_hook" in headset.lamps, "the key answers")
        self._add("answer_key_ack", began_ns, headset.lit_ns["off_hook"])
        self._add("key_ack", began_ns, headset.lit_ns["off_hook"])
        self._add("answer_key_200", began_ns, call.answered_ns)
        self._until(lambda: self.offhook.state == "connected", "MQTT says connected")
        self._mute()
        self.wire.rest(TALK_S)
        began_ns = headset.press("hook")
        self._until(lambda: call.bye_ns and not headset.lamps, "the key hangs up")
        self._add("key_ack", began_ns, headset.dark_ns["off_hook"])
        self._add("hangup_key_bye", began_ns, call.bye_ns)
        self._until(lambda: not self.offhook.state, "MQTT says the call is over")

    def _mute(self) -> None:
        self._press_mute(lit=True)
        self._press_mute(lit=False)
        self._pause()

    def _press_mute(self, *, lit: bool) -> None:
        self._pause()
        headset = self.offhook.headset
        began_ns = headset.press("mute")
        self._until(lambda: ("mute" in headset.lamps) == lit, "the mute lamp")
        ended_ns = (headset.lit_ns if lit else headset.dark_ns)["mute"]
        self._add("mute_key_ack", began_ns, ended_ns)
        self._add("key_ack", began_ns, ended_ns)

    def _by_command(self) -> None:
        call, offhook = self._ring(), self.offhook
        began_ns = self.probe.publish(*offhook.command("answer"))
        self._until(lambda: call.answered_ns and offhook.state == "connected", "MQTT answers")
        self._believed_s = time.monotonic() + GUARD_S
        self._add("command_200", began_ns, call.answered_ns)
        self._add("command_200_floor", began_ns, call.answered_ns)
        self._add("command_mqtt", began_ns, offhook.heard_ns["connected"])
        self._pause()
        offhook.heard_ns.clear()
        began_ns = self.peer.hang_up(call)
        self._until(
            lambda: call.closed_ns and not offhook.headset.lamps and "" in offhook.heard_ns,
            "everybody sees the end",
        )
        self._add("bye_lamp", began_ns, offhook.headset.dark_ns["off_hook"])
        self._add("bye_mqtt", began_ns, offhook.heard_ns[""])

    def _ring(self) -> PeerCall:
        offhook = self.offhook
        offhook.heard_ns.clear()
        call = self.peer.invite(OFFHOOK)
        self._until(
            lambda: call.ringing_ns and "ring" in offhook.headset.lamps and offhook.state,
            f"offhook rings (SIP status {call.refused})",
        )
        self._add("invite_180", call.invited_ns, call.ringing_ns)
        self._add("invite_lamp", call.invited_ns, offhook.headset.lit_ns["ring"])
        self._add("invite_mqtt", call.invited_ns, offhook.heard_ns["ringing"])
        self._pause()
        return call

    def _baresip(self) -> None:
        if self.baresip is None:
            return
        told = self.baresip.told
        told.clear()
        call = self.peer.invite(BARESIP)
        self._until(lambda: call.ringing_ns and "CALL_INCOMING" in told, "baresip rings")
        self._add("baresip_180", call.invited_ns, call.ringing_ns)
        self._add("baresip_incoming", call.invited_ns, told["CALL_INCOMING"])
        self._pause()
        began_ns = self.probe.publish(*self.baresip.command("accept"))
        self._until(lambda: call.answered_ns and "CALL_ESTABLISHED" in told, "baresip answers")
        self._add("baresip_200", began_ns, call.answered_ns)
        self._add("baresip_established", began_ns, told["CALL_ESTABLISHED"])
        self._pause()
        began_ns = self.peer.hang_up(call)
        self._until(lambda: call.closed_ns and "CALL_CLOSED" in told, "baresip sees the end")
        self._add("baresip_closed", began_ns, told["CALL_CLOSED"])

    def _dialled(self) -> None:
        self._dialling.by_offhook()
        self._believed_s = time.monotonic() + GUARD_S
        self._pause()
        self._dialling.by_baresip()

    def _until(self, condition: Callable[[], object], what: str) -> None:
        self.wire.until(condition, what)

    def _add(self, key: str, began_ns: int, ended_ns: int) -> None:
        self.samples[key].add_ns(began_ns, ended_ns)

    def _pause(self) -> None:
        self.wire.rest(random.uniform(*PAUSE_S))
