"""Fixed words for MQTT tests: a bridge's settings, a snapshot, a fresh command."""

import json
from typing import Any

from bridge.model.bus import Numbers
from bridge.model.calls import (
    CallView,
    DeviceView,
    Direction,
    LineView,
    Party,
    Phase,
    RegistrationState,
    Snapshot,
)
from bridge.model.ids import AccountId, CallId, DeviceId

EPOCH = "4f6d0c1b2a394857"
CALL = CallId("k3v9x0q2m4n8p1r7s5t6")
HEADSET = DeviceId("0b0e-0300-1a2b")
WINDOW = "9c1f0a7e"
BASE = "offhook/1/desk"
NOW_MS = 1_767_225_600_000
NUMBERS = tuple(Numbers)


def headset(**changes: Any) -> DeviceView:
    facts: dict[str, Any] = {
        "device": HEADSET,
        "name": "Jabra EVOLVE LINK",
        "vendor_id": 0x0B0E,
        "product_id": 0x0300,
        "off_hook": False,
        "ring": True,
        "mute": False,
        "hold": False,
        "hook": None,
    }
    return DeviceView(**(facts | changes))


def call(
    phase: Phase = Phase.RINGING, number: str = "+493012345642", name: str = "Ann"
) -> CallView:
    return CallView(
        call=CALL,
        account=AccountId("office"),
        direction=Direction.INCOMING,
        phase=phase,
        remote=Party(number, name),
        since_ms=NOW_MS,
        device=HEADSET,
    )


def ringing() -> Snapshot:
    """A headset and one call that rings."""
    line = LineView(AccountId("office"), RegistrationState.REGISTERED, 200, "OK")
    return Snapshot(calls=(call(),), devices=(headset(),), lines=(line,), engine_up=True)


def command(**changes: Any) -> dict[str, Any]:
    """A fresh command for the call that rings; None takes a member out."""
    body: dict[str, Any] = {
        "v": 1,
        "id": "ui7-000000000123",
        "ts": NOW_MS,
        "ttl_ms": 3000,
        "epoch": EPOCH,
        "call": CALL,
        "expect": "ringing",
    }
    body |= changes
    return {key: value for key, value in body.items() if value is not None}


def dial(**changes: Any) -> dict[str, Any]:
    """A fresh command that names no call."""
    return command(
        **({"call": None, "expect": None, "window": WINDOW, "args": {"target": "201"}} | changes)
    )


def said(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()
