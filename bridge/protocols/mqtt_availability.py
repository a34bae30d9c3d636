"""``availability`` of a bridge or a PBX, as others read it."""

from dataclasses import dataclass

from bridge.model.redaction import printable
from bridge.protocols.mqtt_envelope import RefusedError, check_version, read_object

_REASONS = 16
_SENTENCE = 200


@dataclass(frozen=True, slots=True)
class Availability:
    """What somebody says of himself, or the broker of him.

    Args:
        state: ``online``, ``offline``, or empty when nothing could be read.
        epoch: his run; empty in a last will.
        reason: what does not work, in one text; where nothing could be read, why. May be empty.
    """

    state: str = ""
    epoch: str = ""
    reason: str = ""


def read_availability(payload: bytes) -> Availability:
    """Return what a message says; nothing at all when it is none."""
    try:
        body = read_object(payload)
        check_version(body)
    except RefusedError as why:
        return Availability(reason=f"its availability cannot be read: {why}" if payload else "")
    state, epoch, reasons = body.get("state"), body.get("epoch", ""), body.get("reasons", [])
    if state not in ("online", "offline") or not isinstance(epoch, str):
        return Availability()
    told = reasons[:_REASONS] if isinstance(reasons, list) else []
    reason = "; ".join(printable(one, _SENTENCE) for one in told if isinstance(one, str))
    return Availability(str(state), epoch, reason)
