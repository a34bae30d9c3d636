"""Offer and answer of the media endpoint."""

import re
from dataclasses import dataclass
from typing import Self

from tests.pbx.g711 import PCMA, PCMU
from tests.pbx.sip_text import Address

REVERSED = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
NAMES = {PCMU: "PCMU/8000", PCMA: "PCMA/8000"}


@dataclass(frozen=True, slots=True)
class Offer:
    """What we take from an offer; ``direction`` is ours, not theirs."""

    remote: Address
    payload: int
    codec: str
    event_payload: str | None
    direction: str

    @property
    def is_g711(self) -> bool:
        return self.payload in NAMES

    @property
    def may_send(self) -> bool:
        return self.direction in {"sendrecv", "sendonly"}

    @classmethod
    def read(cls, body: bytes, sender: str) -> Self | None:
        """The first audio stream; PCMU or PCMA when offered, else what comes first."""
        text = body.decode("utf-8", "replace")
        media = re.search(r"^m=audio (\d+) \S+ ([\d ]+)", text, re.MULTILINE)
        if not media:
            return None
        host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
        offered = [int(p) for p in media.group(2).split()]
        payload = next((p for p in offered if p in NAMES), offered[0])
        maps = dict(re.findall(r"^a=rtpmap:(\d+) (\S+)", text, re.MULTILINE))
        event = next((p for p, codec in maps.items() if codec == "telephone-event/8000"), None)
        found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", text, re.MULTILINE)
        return cls(
            remote=(host.group(1) if host else sender, int(media.group(1))),
            payload=payload,
            codec=NAMES.get(payload) or maps.get(str(payload), NAMES[PCMU]),
            event_payload=event,
            direction=REVERSED.get(found.group(1) if found else "", "sendrecv"),
        )


def answer_to(offer: Offer, ip: str, port: int, version: int) -> bytes:
    """The SDP answer for audio at that port."""
    payloads = [str(offer.payload)]
    maps = [f"a=rtpmap:{offer.payload} {offer.codec}"]
    if offer.event_payload:
        payloads.append(offer.event_payload)
        maps += [
            f"a=rtpmap:{offer.event_payload} telephone-event/8000",
            f"a=fmtp:{offer.event_payload} 0-16",
        ]
    lines = [
        "v=0",
        f"o=media 1 {version} IN IP4 {ip}",
        "s=media",
        f"c=IN IP4 {ip}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(payloads)}",
        *maps,
        "a=ptime:20",
        f"a={offer.direction}",
        "",
    ]
    return "\r\n".join(lines).encode()
