"""``offhook devices dump`` and ``replay``: what goes in comes out, and what it would do."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.dumping import record
from bridge.cli.exits import Exit
from bridge.cli.main import main
from bridge.cli.replaying import Before, Replay
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.models import headset_from_recording
from bridge.model.errors import DeviceGone, TransportError
from bridge.model.trace import Stage, TraceEntry
from bridge.protocols.hid_recorder import Recorded, Recording, read_recording, write_recording
from tests.hid_dumps import ALL, DUMPS, USED
from tests.library import LIBRARY

EVOLVE = ALL["0b0e-0307_evolve-link"].recording
SERIAL = "0A1B2C3D4E5F"
HOW = ("source: tests", "how: tests")
Captured = pytest.CaptureFixture[str]


class Player:
    """Plays a recording into a virtual headset while somebody reads from it."""

    def __init__(self, recording: Recording) -> None:
        self.clock = ManualClock()
        self.headset: VirtualHeadset = headset_from_recording(
            replace(recording, name=f"{recording.name}"), self.clock, serial=SERIAL
        )
        self._handle = self.headset.open()
        self._left = list(recording.reports)
        self._began_s = self.clock.now()

    def read(self, timeout_s: float) -> bytes:
        """Read as the recorder does; time passes only here."""
        until_s = self.clock.now() + timeout_s
        if self._left:
            due_s = self._began_s + self._left[0].at_us / 1_000_000
            if due_s <= until_s:
                self.clock.advance(max(0.0, due_s - self.clock.now()))
                self.headset.send(self._left.pop(0).report)
                return self._handle.read(0.0)
        self.clock.advance(timeout_s)
        return b""


def presses(*reports: tuple[int, str]) -> Recording:
    frames = tuple(Recorded(at_us, bytes.fromhex(report)) for at_us, report in reports)
    return replace(EVOLVE, reports=frames, comments=())


ANSWER_MUTE_END = presses(
    (1_000_000, "02 03 00"),
    (3_000_000, "02 07 00"),
    (3_050_000, "02 03 00"),
    (9_000_000, "02 00 00"),
)


# -- dump ---------------------------------------------------------------------


def dumped(recording: Recording, seconds: float = 20.0) -> str:
    player = Player(recording)
    node = player.headset.node("/virtual/hidraw0")
    found = record(node, player.read, player.clock.now, seconds, HOW)
    return write_recording(found.recording)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_replayed_dump_dumps_to_itself(name: str) -> None:
    first = dumped(ALL[name].recording)
    assert dumped(read_recording(first, name)) == first


def test_the_presses_of_a_recording_are_recorded_with_their_times() -> None:
    first = dumped(ANSWER_MUTE_END)
    assert read_recording(first, "x").reports == ANSWER_MUTE_END.reports
    assert dumped(read_recording(first, "x")) == first


def test_a_dump_names_its_source_as_every_dump_among_the_tests_does() -> None:
    comments = read_recording(dumped(ANSWER_MUTE_END), "x").comments
    assert [one.partition(":")[0] for one in comments] == ["source", "how", "removed"]


def test_no_serial_number_gets_into_a_dump() -> None:
    secret = SERIAL.encode().hex()
    padding = "00" * (62 - len(SERIAL))
    noisy = replace(presses((0, "05" + secret + padding)), name=f"Jabra EVOLVE LINK {SERIAL}")
    text = dumped(noisy)
    assert SERIAL not in text
    assert secret not in text.replace(" ", "")
    assert "N: Jabra EVOLVE LINK ***" in text


def test_a_device_that_leaves_ends_the_recording_and_keeps_it() -> None:
    player = Player(ANSWER_MUTE_END)
    node = player.headset.node("/virtual/hidraw0")

    def read(timeout_s: float) -> bytes:
        if not player._left:
            raise DeviceGone("it is gone")
        return player.read(timeout_s)

    found = record(node, read, player.clock.now, None, HOW)
    assert (found.reports, found.end) == (4, "it is gone")
    assert len(found.recording.reports) == 4


def test_ctrl_c_ends_the_recording_and_what_had_come_by_then_is_in_it() -> None:
    headset = headset_from_recording(EVOLVE, ManualClock(), serial=SERIAL)
    handle = headset.open()
    for report in ("02 03 00", "02 07 00", "02 03 00"):
        headset.send(bytes.fromhex(report))
    clock = ManualClock()
    found = record(headset.node("/x"), handle.read, clock.now, None, HOW, lambda: True)
    assert (found.reports, found.end) == (3, "ended by Ctrl+C")


def test_the_time_ends_the_recording() -> None:
    player = Player(ANSWER_MUTE_END)
    found = record(player.headset.node("/x"), player.read, player.clock.now, 2.0, HOW)
    assert (found.reports, found.end) == (1, "the time is over")


@pytest.mark.parametrize("words", [["nothing-here"], ["0b0e:ffff", "--seconds", "1"]])
def test_a_device_that_is_not_there_is_a_sentence(words: list[str], capsys: Captured) -> None:
    assert main(["devices", "dump", *words]) == Exit.FAILED
    assert "no device or dump" in capsys.readouterr().err


# -- replay -------------------------------------------------------------------


def replayed(recording: Recording, before: Before) -> list[TraceEntry]:
    told: list[TraceEntry] = []
    Replay(recording, LIBRARY, told.append).run(before)
    return told


def of(told: list[TraceEntry], stage: Stage) -> list[str]:
    return [one.text for one in told if one.stage is stage]


def test_an_answer_a_mute_and_an_end_are_seen_for_what_they_are() -> None:
    told = replayed(ANSWER_MUTE_END, Before.INCOMING)
    assert of(told, Stage.INTENT) == ["hook: answer", "mute: toggle_mute", "hook: hangup"]
    orders = of(told, Stage.SIP)
    assert orders[0] == "would order AnswerCall"
    assert "would order EndCall" in orders
    assert of(told, Stage.LAMP) == [
        "would write 02 01 00",
        "would write 02 13 00",
        "would write 02 00 00",
    ]
    assert told[0].at_s == pytest.approx(1.0)
    assert told[0].text == "02 03 00"


@pytest.mark.parametrize(
    ("before", "meaning"),
    [
        (Before.IDLE, "flash: no meaning while idle"),
        (Before.INCOMING, "flash: answer"),
        (Before.ACTIVE, "flash: hold"),
        (Before.HELD, "flash: resume"),
    ],
)
def test_the_same_key_means_what_the_situation_says(before: Before, meaning: str) -> None:
    flash = presses((5_000_000, "02 08 00"), (5_050_000, "02 00 00"))
    assert of(replayed(flash, before), Stage.INTENT) == [meaning]


def test_what_is_no_press_says_why() -> None:
    told = replayed(presses((0, "02 08 00"), (1_000, "02 08 00"), (50_000, "02 00")), Before.IDLE)
    assert of(told, Stage.SWALLOWED) == ["the same report again"]
    assert of(told, Stage.NOTE) == ["malformed report: expected 2 bytes in report 2, found 1"]


@pytest.mark.parametrize("name", USED)
def test_every_real_device_can_be_replayed(name: str) -> None:
    recording = ALL[name].recording
    reports = tuple(Recorded(i * 100_000, bytes([i % 256, 1, 0])) for i in range(64))
    assert replayed(replace(recording, reports=reports), Before.INCOMING)


def test_a_device_the_daemon_leaves_alone_is_a_sentence() -> None:
    with pytest.raises(TransportError, match="would be left alone: expected a telephony"):
        Replay(ALL["046d-0a37_h540"].recording, LIBRARY, print)


def test_replay_from_the_command_line(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.hid"
    path.write_text(write_recording(ANSWER_MUTE_END), "utf-8")
    assert main(["devices", "replay", str(path)]) == Exit.OK
    assert "    1.000000  intent     hook: answer" in capsys.readouterr().out
    assert main(["devices", "replay", str(path), "--json", "--call", "idle"]) == Exit.OK
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {"at_s": 1.0, "stage": "report", "text": "02 03 00"}


def test_a_recording_without_reports_says_so(capsys: Captured) -> None:
    assert main(["devices", "replay", str(DUMPS / "0b0e-0307_evolve-link.hid")]) == Exit.OK
    assert "no reports in it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"hello", "a line of hid-recorder"), (b"\xff\xfe", "found bytes")],
)
def test_a_file_that_is_no_recording_is_a_sentence(
    tmp_path: Path, content: bytes | None, said: str, capsys: Captured
) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    assert main(["devices", "replay", str(path)]) in {Exit.FAILED, Exit.CONFIG}
    assert said in capsys.readouterr().err
