"""``offhook devices explain``: every sort of source, and what is none."""

import json
from pathlib import Path

import pytest

from bridge.cli.explain_source import explain
from bridge.model.errors import FileProblems, TransportError
from bridge.protocols.hid_explain import Explanation
from tests.hid_dumps import DUMPS

DUMP = DUMPS / "0b0e-0307_evolve-link.hid"
DESCRIPTOR = bytes.fromhex(
    next(
        line.split(" ", 2)[2]
        for line in DUMP.read_text("utf-8").splitlines()
        if line.startswith("R:")
    )
)


def write(path: Path, content: str | bytes) -> Explanation:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return explain(str(path))


def test_a_dump_is_explained_with_its_profile() -> None:
    facts = explain(str(DUMP)).to_json()
    assert facts["profile"] == "jabra-evolve-link"
    roles = facts["roles"]
    assert isinstance(roles, dict)
    assert roles["hook"] == {"report": 2, "bit": 0, "size": 1, "style": "level", "usage": "0b/20"}
    assert facts["writes"] == {
        "idle": ["02 00 00"],
        "incoming": ["02 04 00"],
        "outgoing": ["02 01 00"],
        "active": ["02 01 00"],
        "muted": ["02 13 00"],
        "active_and_incoming": ["02 05 00"],
        "held": ["02 08 00"],
        "held_and_incoming": ["02 0c 00"],
    }
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize(
    "content",
    [
        DESCRIPTOR,
        DESCRIPTOR.hex(),
        DESCRIPTOR.hex(" ") + "\n",
        ", ".join(f"0x{byte:02x}" for byte in DESCRIPTOR),
        "/* a headset: */\n" + ",".join(f"0X{byte:02X}, // Usage (20)\n" for byte in DESCRIPTOR),
        json.dumps({"report_descriptor": DESCRIPTOR.hex()}),
        json.dumps({"report_descriptor": DESCRIPTOR.hex(), "vendor_id": "0x0b0e", "name": "x"}),
    ],
    ids=["raw", "hex", "hex with blanks", "C array", "C comments", "JSON", "JSON with ids"],
)
def test_a_descriptor_is_explained_in_each_form(tmp_path: Path, content: str | bytes) -> None:
    assert set(write(tmp_path / "file", content).roles) == set(explain(str(DUMP)).roles)


def test_the_text_says_the_same_for_people() -> None:
    text = explain(str(DUMP)).to_text()
    assert "hook           0b/20    report   2, bit  0, 1 wide, level" in text
    assert "active_and_incoming  02 05 00" in text


def test_a_device_that_is_left_alone_says_why() -> None:
    found = explain(str(DUMPS / "046d-0a37_h540.hid"))
    assert found.left_alone == "expected a telephony collection (page 0b), found 0c/01"
    assert "left alone: expected a telephony collection" in found.to_text()
    assert found.to_json()["used"] is False


@pytest.mark.parametrize("content", ["hello", "0" * 9001])
def test_text_that_is_no_descriptor_is_a_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(TransportError, match="expected a recording with a line `R: length"):
        write(tmp_path / "file", content)


@pytest.mark.parametrize("content", [b"", b"\xff\x00\x01", bytes(9001)])
def test_rubbish_is_left_alone(tmp_path: Path, content: bytes) -> None:
    assert write(tmp_path / "file", content).left_alone.startswith("expected ")


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"report_descriptor": 5}', '{"report_descriptor": "zz"}', "{" * 99999]
)
def test_json_that_is_no_descriptor_is_a_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(FileProblems, match="report_descriptor"):
        write(tmp_path / "file", content)


def test_a_broken_recording_tells_its_lines(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="no ids"):
        write(tmp_path / "file", "R: 1 05\n")


@pytest.mark.parametrize("source", ["/nowhere/file", "/dev/hidraw99", "/"])
def test_a_source_that_cannot_be_read_is_a_sentence(source: str) -> None:
    with pytest.raises(TransportError, match=r"cannot be read|is no hidraw node"):
        explain(source)
