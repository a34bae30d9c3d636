"""``offhook demo --auto --json`` as a program: it plays, checks and tells."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.demo.headset import EVOLVE_LINK

DUMPS = Path(__file__).parent.parent / "dumps"
WHOLE_STORY = [
    "ring", "answer", "mute", "unmute", "hold", "resume", "hang up", "ring again", "reject",
]  # fmt: skip
HEADSETS = {  # four vendors, and a microphone with a hook and nothing else
    "Evolve Link": [],
    "Blackwire 5220": ["--device", str(DUMPS / "047f-c053_blackwire-5220.hid")],
    "WH66": ["--device", str(DUMPS / "6993-b02b_wh66.hid")],
    "IMPACT D": ["--device", str(DUMPS / "1395-00a9_impact-d.hid")],
    "Razer": ["--device", str(DUMPS / "1532-0511_rz19-0229.hid")],
}
COMMAND = [sys.executable, "-m", "bridge.cli.main", "demo"]
TABLE, PLAIN = "table for people", "no terminal"

Line = dict[str, object]
Running = dict[str, "subprocess.Popen[str]"]


@dataclass(frozen=True)
class Played:
    """What a run said."""

    code: int
    text: str
    complaint: str

    @property
    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def summary(self) -> Line:
        return self.lines[-1]

    @property
    def steps(self) -> dict[str, Line]:
        return {str(line["step"]): line for line in self.lines[:-1]}


def start(words: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """All at once: no demo may be in another's way."""
    runs = {name: start(["--auto", "--json", *words]) for name, words in HEADSETS.items()}
    runs |= {TABLE: start(["--auto"]), PLAIN: start([])}
    yield runs
    for process in runs.values():
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def played(running: Running) -> dict[str, Played]:
    said = {name: (run, *run.communicate(timeout=50)) for name, run in running.items()}
    return {name: Played(run.returncode, out, err) for name, (run, out, err) in said.items()}


pytestmark = [pytest.mark.sip, pytest.mark.needs("mosquitto")]

full = pytest.mark.parametrize("name", ["Evolve Link", "Blackwire 5220", "WH66", "IMPACT D"])


@full
def test_the_whole_story_is_played_and_everything_is_as_expected(
    played: dict[str, Played], name: str
) -> None:
    run = played[name]
    assert (run.code, run.summary["ok"], run.complaint) == (0, True, "")
    assert [*run.steps] == WHOLE_STORY
    assert {line["status"] for line in run.steps.values()} == {"passed"}
    assert run.summary["steps"] == run.summary["passed"] == len(WHOLE_STORY)


@full
def test_every_step_tells_how_long_it_took_to_lamp_caller_and_mqtt(
    played: dict[str, Played], name: str
) -> None:
    steps = played[name].steps
    lamps = [line["lamp_ms"] for line in steps.values()]
    readers = [line["mqtt_ms"] for line in steps.values()]
    caller = [steps[name]["sip_ms"] for name in WHOLE_STORY if "mute" not in name]
    assert all(isinstance(ms, float) and 0 < ms < 3000 for ms in [*lamps, *readers, *caller])


@full
def test_both_hear_each_other_except_while_muted_and_on_hold(
    played: dict[str, Played], name: str
) -> None:
    steps = played[name].steps
    heard = {
        step: (line["headset_hears_dbfs"], line["caller_hears_dbfs"])
        for step, line in steps.items()
        if "caller_hears_dbfs" in line
    }
    ears = {
        step: tuple(isinstance(db, float) and db > -30 for db in both)
        for step, both in heard.items()
    }
    assert ears == {
        "answer": (True, True),
        "mute": (True, False),
        "unmute": (True, True),
        "hold": (False, False),
        "resume": (True, True),
    }


@full
def test_the_lamps_are_those_of_the_bytes(played: dict[str, Played], name: str) -> None:
    steps = played[name].steps
    shown = {step: line["lamps"] for step, line in steps.items() if step != "hold"}
    assert shown == {
        "ring": ["ring"],
        "answer": ["off_hook"],
        "mute": ["mute", "off_hook"],
        "unmute": ["off_hook"],
        "resume": ["off_hook"],
        "hang up": [],
        "ring again": ["ring"],
        "reject": [],
    }


def test_what_a_headset_cannot_do_is_skipped_with_the_reason_and_counted(
    played: dict[str, Played],
) -> None:
    run = played["Razer"]
    skipped = [line for line in run.steps.values() if line["status"] == "skipped"]
    assert (run.code, run.summary["ok"]) == (0, True)
    assert run.summary["skipped"] == len(skipped) == 5
    assert run.steps["mute"]["note"] == "this headset has no mute key"


def test_a_dump_of_something_else_is_refused_in_one_sentence() -> None:
    words = ["--auto", "--json", "--device", str(DUMPS / "046d-0ac4_g535.hid")]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is no telephony headset" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert json.loads(done.stdout)["ok"] is False


def test_the_table_for_people_tells_the_same(played: dict[str, Played]) -> None:
    run = played[TABLE]
    assert run.code == 0, run.text + run.complaint
    assert run.text.count("✓") == len(WHOLE_STORY)
    assert f"{len(WHOLE_STORY)} steps: {len(WHOLE_STORY)} passed" in run.text


def test_without_a_terminal_the_timeline_is_printed_and_auto_suggested(
    played: dict[str, Played],
) -> None:
    run = played[PLAIN]
    assert run.code == 0, run.text + run.complaint
    assert "offhook demo --auto" in run.text
    assert "\x1b" not in run.text
    wanted = ("INVITE from 100", "INTENT  answer", "200 OK", "486 Busy Here", "calls: held")
    assert [words for words in wanted if words not in run.text] == []


def test_the_headset_of_the_package_is_the_dump_of_the_tests() -> None:
    assert EVOLVE_LINK.read_bytes() == (DUMPS / "0b0e-0307_evolve-link.hid").read_bytes()
