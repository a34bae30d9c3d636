"""Every operation of the page, once with each kind of asker; ``tests/fuzz`` asks much more."""

import hashlib
from pathlib import Path

import pytest

from bridge.drivers.http import page_server
from bridge.kiosk.openapi import described
from bridge.kiosk.operations import OPERATIONS, Operation
from bridge.kiosk.rights import rights_of
from bridge.model.page import KioskSettings, PageSettings, PageToken, Role, Screen
from tests.scenarios.broker import Json
from tests.scenarios.desk import desk_with
from tests.scenarios.page_rig import Browser, browser_at

TOKEN = "t" * 43
DIGEST = hashlib.sha256(TOKEN.encode()).digest()
PAGE = PageSettings(enabled=True, port=0, tokens=(PageToken("wall", Role.VIEWER, DIGEST),))

PLACES = {"position": "1", "device": "other", "meeting": "none", "contact": "1"}
GOOD: dict[str, Json] = {
    "login": {"launch": "x" * 43},
    "pin": {"pin": "0000"},
    "intent": {"verb": "answer", "sent_ms": 0},  # who may not is told so, stale or not
    "press_key": {"sent_ms": 0},
    "delete_history": {"everything": True},
    "save_contact": {"name": "Ada", "numbers": [{"number": "201"}]},
    "volume": {"part": "speaker", "volume": "70"},
    "presence": {"presence": "away"},
    "dnd": {"on": False},
    "put_favourite": {"name": "Ada", "type": "blf", "target": "201"},
    "move_favourite": {"to": 2},
    "reset_favourite": {},
    "device_mode": {"mode": "auto"},
    "device_press": {"control": "hook", "down": True},
    "join_meeting": {},
    "change_settings": {"name": "theme", "value": "dark"},
}


NONSENSE = (b"{", b"[]", b'{"x": NaN}', b"\xff", b"[" * 5000)


async def status(browser: Browser, operation: Operation, body: Json | bytes | None) -> int:
    path = "/api/1/" + operation.path.format(**PLACES)
    return (await browser.asks(operation.method, path, body)).status


async def test_no_operation_is_for_nobody_and_a_viewer_changes_nothing(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "BURST", 1e9)  # the desk's clock stands still
    may = rights_of(Role.VIEWER, Screen.REMOTE, KioskSettings())
    own = {"logout", "pin", "drop_pin", "session"}  # about the session itself
    async with desk_with(short_dir, page=PAGE) as desk:
        nobody, viewer = await browser_at(desk), await browser_at(desk)
        viewer.headers = {"Authorization": f"Bearer {TOKEN}", "Origin": ""}
        alone = {o.name: await status(nobody, o, GOOD.get(o.name)) for o in OPERATIONS}
        seen = {o.name: await status(viewer, o, GOOD.get(o.name)) for o in OPERATIONS}
        odd = [(o.name, await status(viewer, o, body)) for o in OPERATIONS for body in NONSENSE]
    assert set(alone.values()) == {401}
    allowed = {o.name for o in OPERATIONS if o.right in may}
    assert {name for name, code in seen.items() if code == 200} - own == allowed
    assert {code for _, code in odd} <= {400, 403}


def test_the_document_declares_every_operation_and_its_right() -> None:
    paths = described("1")["paths"]
    declared = {
        (method.upper(), path.removeprefix("/api/1/"), body["operationId"])
        for path, methods in paths.items()
        for method, body in methods.items()
    }
    expected = {(one.method, one.path, one.name) for one in OPERATIONS}
    assert declared == expected | {("GET", "events", "events")}
    open_ones = [
        body["operationId"]
        for methods in paths.values()
        for body in methods.values()
        if not body["security"]
    ]
    assert open_ones == ["login"]
