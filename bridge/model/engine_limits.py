"""What the SIP engine as built can and cannot do: the one table for everybody.

The engine checks these numbers before it asks PJSIP (which answers some of them by aborting),
the configuration check refuses what is missing with the sentence given here, ``doctor`` prints it.

Evidence: pjsua2-python 2.15.1.post1, its wheel measured (calls, accounts, IPv6, TLS, DTLS,
codecs); another build of pjsua2 gets another ``BuildLimits``.
"""

from dataclasses import dataclass
from enum import Enum


class Feature(Enum):
    """A thing somebody may configure and a build may lack. Values are configuration words."""

    IPV6 = "ipv6"
    DTLS_SRTP = "dtls"
    TLS_1_3 = "tls1.3"
    OPUS = "opus"
    ICE = "ice"
    STUN = "stun"
    ECHO_CANCELLER = "echo_canceller"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing a build lacks.

    Args:
        feature: what.
        reason: one lower-case sentence: why not, and what to do instead.
    """

    feature: Feature
    reason: str


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """The limits of one build of the engine.

    Args:
        build: name and version.
        max_calls: calls at once in one process.
        max_accounts: accounts in one process.
        tls: the TLS versions it speaks that we allow.
        codecs: payload names (RFC 3551) we allow, best first; all others are switched off.
        missing: what it cannot do.
    """

    build: str
    max_calls: int
    max_accounts: int
    tls: tuple[str, ...]
    codecs: tuple[str, ...]
    missing: tuple[Missing, ...]

    def why_not(self, feature: Feature) -> str:
        """Return why ``feature`` cannot be used, or an empty string when it can."""
        return next((m.reason for m in self.missing if m.feature is feature), "")


MAX_ENGINES = 8
"""SIP engine processes side by side; each costs 25 MB. With 8 accounts each: 64 accounts."""

RTP_PORTS = 16
"""Ports for sound each engine needs: four calls with RTP and RTCP, twice, because a call that ends
keeps its own for a moment."""

MAX_PTIME_MS = 60
"""Longest packet we accept, milliseconds; larger ones overflow a buffer (CVE-2026-41416)."""

MAX_DIGITS = 32
"""Most DTMF digits in one order; PJMEDIA queues 32 per stream."""

MAX_TARGET = 256
"""Longest SIP URI we dial, characters (PJSIP_MAX_URL_SIZE is 256, longer ones fail in odd ways)."""

_NO_SOUND_PORT = "works only in a sound device port, which this build lacks"

PJSUA2 = BuildLimits(
    build="pjsua2-python 2.15.1.post1",
    max_calls=4,  # PJSUA_MAX_CALLS, compiled in: a larger setting is silently clipped
    max_accounts=8,  # PJSUA_MAX_ACC, compiled in: the 9th account aborts the process
    tls=("1.2",),  # OpenSSL 1.0.2k; 1.0 and 1.1 are switched off by us
    codecs=("G722", "PCMA", "PCMU"),  # the others bring CVE-2026-29068 or are not worth it
    missing=(
        Missing(
            Feature.IPV6,
            "the SIP engine is built without IPv6; give an IPv4 address or a name that has one",
        ),
        Missing(
            Feature.DTLS_SRTP,
            "the SIP engine is built without DTLS-SRTP; use srtp optional or mandatory (SDES keys)",
        ),
        Missing(
            Feature.TLS_1_3,
            "the SIP engine is built with OpenSSL 1.0.2, which ends at TLS 1.2; "
            "allow TLS 1.2 on the PBX",
        ),
        Missing(
            Feature.OPUS,
            "the SIP engine is built without Opus; use G722 for wide-band sound, PCMA or PCMU",
        ),
        Missing(
            Feature.ICE,
            "ICE is switched off because of known holes in this build (CVE-2026-25994); "
            "the PBX must reach this machine directly",
        ),
        Missing(
            Feature.STUN,
            "STUN is switched off because answers can be forged in this build; the PBX must reach "
            "this machine directly",
        ),
        Missing(
            Feature.ECHO_CANCELLER,
            f"the echo canceller of the SIP engine {_NO_SOUND_PORT}; use the one of the headset or "
            "audio.echo_cancel, which has the sound server do it",
        ),
        Missing(Feature.VIDEO, "the SIP engine is built without video; calls are sound only"),
    ),
)

STAND_IN = BuildLimits(build="stand-in", max_calls=0, max_accounts=0, tls=(), codecs=(), missing=())
"""The virtual engine where pjsua2 is missing: no calls, everything else works."""

STAND_IN_NOTE = (
    "calls are not possible: the pjsua2 module is missing "
    "(its wheel exists for x86-64 Linux and CPython 3.8 to 3.12 only); headsets and MQTT work"
)
"""The one sentence for the user of the stand-in."""
