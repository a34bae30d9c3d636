"""The JSON of ``offhook devices explain`` is stable: its keys, their types, one whole answer."""

import json

import pytest

from bridge.model.hid import Conduct, Control, Lamp
from bridge.profiles.library import Identity
from bridge.protocols.hid_explain import explain_descriptor
from tests.hid_dumps import ALL, NAMES, USED
from tests.library import LIBRARY

KEYS = [
    "schema", "source", "device", "name", "vendor", "product", "used", "left_alone",
    "collections", "roles", "outputs", "profile", "why", "conduct", "at_open", "writes",
]  # fmt: skip
STATES = [
    "idle", "incoming", "outgoing", "active", "muted", "active_and_incoming", "held",
    "held_and_incoming",
]  # fmt: skip


def explained(name: str) -> dict[str, object]:
    recording = ALL[name].recording
    identity = Identity(recording.vendor, recording.product, recording.name)
    found = explain_descriptor(f"{name}.hid", identity, recording.descriptor, LIBRARY)
    return found.to_json()


def table(facts: dict[str, object], key: str) -> dict[str, dict[str, object]]:
    value = facts[key]
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_has_the_same_keys_in_the_same_order(name: str) -> None:
    facts = explained(name)
    assert list(facts) == KEYS
    assert facts["schema"] == 1
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize("name", USED)
def test_roles_and_outputs_are_numbers_and_plain_words(name: str) -> None:
    facts = explained(name)
    for control, role in table(facts, "roles").items():
        assert control in {one.value for one in Control}
        assert set(role) - {"keys", "also"} == {"report", "bit", "size", "style", "usage"}
        assert [type(role[key]) for key in ("report", "bit", "size")] == [int, int, int]
        assert role["style"] in {"level", "pulse", "on_off"}
    for lamp, output in table(facts, "outputs").items():
        assert lamp in {one.value for one in Lamp}
        assert set(output) == {"report", "bit", "size", "style", "usage"}
    assert list(table(facts, "writes")) == STATES
    assert list(table(facts, "conduct")) == list(Conduct.__dataclass_fields__)


def place(report: int, bit: int, usage: str, style: str = "level") -> dict[str, object]:
    return {"report": report, "bit": bit, "size": 1, "style": style, "usage": usage}


def test_one_whole_answer() -> None:
    facts = explained("1395-0082_sc660")
    why = facts.pop("why")
    assert isinstance(why, list)
    assert why[0].startswith("usb id 1395:0082 is listed in ")
    assert facts == {
        "schema": 1,
        "source": "1395-0082_sc660.hid",
        "device": "",
        "name": "Sennheiser SC 660 ANC USB",
        "vendor": "1395",
        "product": "0082",
        "used": True,
        "left_alone": "",
        "collections": ["0c/01", "0b/05", "ffff/01"],
        "roles": {
            "mute": place(8, 0, "0b/2f", "pulse"),
            "hook": place(8, 1, "0b/20", "level"),
            "redial": place(8, 2, "0b/24", "pulse"),
            "flash": place(8, 3, "0b/21", "pulse"),
            "drop": place(8, 4, "0b/26", "pulse"),
            "reject": place(8, 5, "09/07", "level"),
            "volume_up": place(25, 0, "0c/e9", "level"),
            "volume_down": place(25, 1, "0c/ea", "level"),
            "play_pause": place(25, 2, "0c/cd", "level"),
        },
        "outputs": {
            "mute": place(9, 0, "08/09"),
            "off_hook": place(9, 1, "08/17"),
            "ring": place(9, 2, "08/18"),
            "microphone": place(9, 3, "08/21"),
            "on_line": place(9, 4, "08/2a"),
            "hold": place(9, 5, "08/20"),
        },
        "profile": "epos-sc660",
        "conduct": {
            "mute_style": "pulse",
            "hook_style": "level",
            "hold_clears_off_hook": False,
            "reject_by_on_hook": 0,
            "echo_s": 3.0,
            "hold_guard_s": 0.5,
            "pulse_s": 0.1,
            "settle_s": 0.5,
            "coexists": True,
            "mute_lock_s": 0.7,
            "duplicate_s": 0.01,
            "second_call": "end_and_answer",
            "acknowledges_at_once": True,
        },
        "at_open": [],
        "writes": {
            "idle": ["09 00"],
            "incoming": ["09 04"],
            "outgoing": ["09 02"],
            "active": ["09 02"],
            "muted": ["09 0b"],
            "active_and_incoming": ["09 06"],
            "held": ["09 22"],
            "held_and_incoming": ["09 26"],
        },
    }


def test_the_hook_of_the_evolve_link_as_the_page_shows_it() -> None:
    facts = explained("0b0e-0307_evolve-link")
    hook = {"report": 2, "bit": 0, "size": 1, "style": "level", "usage": "0b/20"}
    assert table(facts, "roles")["hook"] == hook
    off_hook = {"report": 2, "bit": 0, "size": 1, "style": "level", "usage": "08/17"}
    assert table(facts, "outputs")["off_hook"] == off_hook
    assert table(facts, "roles")["keypad"]["keys"] == "123456789*#"
    assert facts["collections"] == ["0b/05", "ff00/05", "0c/01"]


def test_a_device_without_report_ids_has_report_0() -> None:
    descriptor = bytes.fromhex(
        "050b0905a101 15002501 75019501 09208122 092f8106 95068101 9501 05080917 9102 95079101 c0"
    )
    facts = explain_descriptor("x", Identity(0, 0), descriptor, LIBRARY).to_json()
    assert table(facts, "roles")["hook"]["report"] == 0
    assert table(facts, "outputs")["off_hook"]["report"] == 0
    active: object = table(facts, "writes")["active"]
    assert active == ["00 01"]


def test_all_roles_of_a_desk_phone_are_found() -> None:
    usages = (0x20, 0x97, 0x2A, 0x2F, 0x21, 0x24, 0x26, 0x23, 0x50, 0x70, 0x2B, 0x31)
    keys = b"".join(bytes([0x09, usage]) for usage in usages)
    lamps = b"".join(
        bytes([0x09, one]) for one in (0x17, 0x18, 0x09, 0x21, 0x20, 0x2A, 0x19, 0x1E, 0x08)
    )
    descriptor = (
        bytes.fromhex("050b0901a101 8502 15002501 7501") + bytes([0x95, len(usages)]) + keys
        + bytes.fromhex("8102 9504 8101 0508 9509") + lamps + bytes.fromhex("9102 9507 9101 c0")
        + bytes.fromhex("0699ff 0901 a101 859b 0904 1500 2501 7501 9501 8106 9507 8101 c0")
    )  # fmt: skip
    facts = explain_descriptor("x", Identity(0, 0), descriptor, LIBRARY).to_json()
    assert [*table(facts, "roles")] == [
        "hook", "line_busy", "line", "mute", "flash", "redial", "drop", "hold", "speed_dial",
        "voice_mail", "speaker_phone", "send", "teams",
    ]  # fmt: skip
    assert list(table(facts, "outputs")) == [
        "off_hook", "ring", "mute", "microphone", "hold", "on_line", "message_waiting", "speaker",
        "do_not_disturb",
    ]  # fmt: skip


def test_what_is_written_at_opening_is_told() -> None:
    descriptor = ALL["0b0e-2456_speak-810"].recording.descriptor
    found = explain_descriptor("x", Identity(0x0B0E, 0x0410), descriptor, LIBRARY)
    assert found.to_json()["at_open"] == ["04 00"]
    assert "written at opening: 04 00" in found.to_text()


def test_collections_are_named_for_people() -> None:
    recording = ALL["047f-c056_blackwire-3220"].recording
    found = explain_descriptor("x", Identity(0x047F, 0xC056), recording.descriptor, LIBRARY)
    assert "collections: 0c/01 consumer control, 0b/05 headset, ffa0/03 Plantronics" in (
        found.to_text()
    )


@pytest.mark.parametrize("descriptor", [b"", b"\x05", bytes(5000)])
def test_what_is_no_descriptor_is_left_alone_and_says_why_twice(descriptor: bytes) -> None:
    facts = explain_descriptor("x", Identity(0, 0), descriptor, LIBRARY).to_json()
    assert facts["used"] is False
    assert facts["why"] == [facts["left_alone"]]
    assert [facts[key] for key in ("roles", "outputs", "writes")] == [{}, {}, {}]


def test_off_before_on_shows_where_the_hook_is_lifted() -> None:
    descriptor = ALL["0b0e-0307_evolve-link"].recording.descriptor
    writes = table(
        explain_descriptor("x", Identity(0x0B0E, 0x1041), descriptor, LIBRARY).to_json(), "writes"
    )
    shown: list[object] = [writes[state] for state in ("active", "muted", "held")]
    assert shown == [["02 00 00", "02 01 00"], ["02 11 00"], ["02 08 00"]]
