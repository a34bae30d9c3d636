"""The page: from a SIP event to the bytes of its event, and from a request to the SIP answer.

    python -m tests.bench.page_bytes [--rounds 100] [--readers 1]

A daemon of its own, because the server takes memory that other figures are without. The reader is
a bare socket with a token; what a browser makes of the bytes is measured by ``page``.
"""

import argparse
import json
import random
import socket
import time
from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from tests.bench.figures import Row, Sample
from tests.bench.mqtt_probe import Probe
from tests.bench.phones import OFFHOOK, Offhook, Place, page_token
from tests.bench.places import bench_place
from tests.bench.sip_peer import HOST
from tests.bench.wire import Wire

PAUSE_S = (0.010, 0.030)
ROOT = "/api/1"


@dataclass
class Reader:
    """One reader of events, and when it first heard of each state of a call."""

    wire: Wire
    port: int
    token: str
    heard_ns: dict[str, int] = field(default_factory=dict)
    call: str = ""

    def __post_init__(self) -> None:
        self._socket = socket.create_connection((HOST, self.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._section = b""
        self.wire.watch(self._socket, self._ready)
        self._socket.sendall(_request("GET", "events", self.port, self.token))
        self.wire.until(lambda: "" in self.heard_ns, "the page tells its state")

    def close(self) -> None:
        self.wire.forget(self._socket)
        self._socket.close()

    def _ready(self) -> None:
        data, now_ns = self._socket.recv(1 << 20), time.monotonic_ns()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"event: "):
                self._section = line.removeprefix(b"event: ").strip()
            elif line.startswith(b"data: ") and self._section == b"status":
                self._told(json.loads(line.removeprefix(b"data: ")), now_ns)

    def _told(self, body: dict[str, list[dict[str, str]]], now_ns: int) -> None:
        phases = [call["phase"] for call in body["calls"]]
        self.call = body["calls"][0]["call"] if body["calls"] else ""
        self.heard_ns.setdefault(phases[0] if phases else "", now_ns)


def _request(method: str, path: str, port: int, token: str, body: bytes = b"") -> bytes:
    head = (
        f"{method} {ROOT}/{path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Finger:
    """A connection that stays, as a browser's does, for requests."""

    wire: Wire
    port: int
    token: str

    def __post_init__(self) -> None:
        self._socket = socket.create_connection((HOST, self.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire.watch(self._socket, self._answered)

    def close(self) -> None:
        self.wire.forget(self._socket)
        self._socket.close()

    def _answered(self) -> None:
        self._socket.recv(1 << 16)  # the answer is not what is measured

    def gives(self, verb: str, call: str) -> int:
        """Give an intent; return when, in nanoseconds: just before it was written."""
        body = {"verb": verb, "call": call, "sent_ms": time.time_ns() // 1_000_000}
        sent = _request("POST", "intents", self.port, self.token, json.dumps(body).encode())
        began_ns = time.monotonic_ns()
        self._socket.sendall(sent)
        return began_ns


def page_byte_rows(place: Place, rounds: int, readers: int = 1) -> list[Row]:
    """Measure; return rows.

    Args:
        place: where.
        rounds: of calls, each answered by the page.
        readers: how many listen; the last one to hear is measured.
    """
    samples: dict[str, Sample] = defaultdict(Sample)
    with ExitStack() as stack:
        probe = stack.enter_context(closing(Probe(place.wire, HOST, place.broker_port)))
        offhook = Offhook(place, page_port=place.port_base + 240)
        stack.callback(offhook.stop)
        offhook.ready(probe)
        ends = (place.wire, offhook.page_port, page_token(place))
        heard = [stack.enter_context(closing(Reader(*ends))) for _ in range(readers)]
        finger = stack.enter_context(closing(Finger(*ends)))
        for number in range(rounds + 3):
            if number == 3:  # imports, caches
                samples.clear()
            _round(place, offhook, heard, finger, samples)

    def row(key: str, title: str, theirs: str, against: str) -> Row:
        return Row(key, title, "ms", samples[key], against, samples[theirs])

    ringing, ok = "page_bytes_ringing", "page_bytes_200"
    return [
        row(ringing, "INVITE in → an event says ringing", "mqtt_ringing", "our MQTT"),
        row("page_bytes_ended", "BYE in → an event says it is over", "mqtt_ended", "our MQTT"),
        row(ok, "answer by request → SIP 200 on the wire", ringing, "the event"),
        row("page_bytes_connected", "answer by request → an event says connected", ok, "the 200"),
    ]


def _round(
    place: Place,
    offhook: Offhook,
    heard: list[Reader],
    finger: Finger,
    samples: dict[str, Sample],
) -> None:
    wire, peer = place.wire, place.peer

    def last(state: str) -> int:
        return max(one.heard_ns[state] for one in heard)

    def all_heard(state: str) -> bool:
        return all(state in one.heard_ns for one in heard) and state in offhook.heard_ns

    def forget() -> None:
        offhook.heard_ns.clear()
        for one in heard:
            one.heard_ns.clear()

    forget()
    call = peer.invite(OFFHOOK)
    wire.until(lambda: all_heard("ringing") and call.ringing_ns, "the page says ringing")
    samples["page_bytes_ringing"].add_ns(call.invited_ns, last("ringing"))
    samples["mqtt_ringing"].add_ns(call.invited_ns, offhook.heard_ns["ringing"])
    wire.rest(random.uniform(*PAUSE_S))
    began_ns = finger.gives("answer", heard[0].call)
    wire.until(lambda: all_heard("connected") and call.answered_ns, "the page answers")
    samples["page_bytes_200"].add_ns(began_ns, call.answered_ns)
    samples["page_bytes_connected"].add_ns(began_ns, last("connected"))
    wire.rest(random.uniform(*PAUSE_S))
    forget()
    began_ns = peer.hang_up(call)
    wire.until(lambda: all_heard("") and call.closed_ns, "the page says it is over")
    samples["page_bytes_ended"].add_ns(began_ns, last(""))
    samples["mqtt_ended"].add_ns(began_ns, offhook.heard_ns[""])
    wire.rest(random.uniform(*PAUSE_S))


def main() -> None:
    """Measure once and print what came of it."""
    from tests.bench.report import table  # noqa: PLC0415  # of the whole bench

    parser = argparse.ArgumentParser(prog="python -m tests.bench.page_bytes")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--readers", type=int, default=1, choices=range(1, 9))
    args = parser.parse_args()
    with bench_place() as place:
        print(table(page_byte_rows(place, args.rounds, args.readers)))


if __name__ == "__main__":
    main()
