"""The page "my headset is not listed" from start to end, on a device the kernel knows."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.protocols.hid_recorder import read_recording
from tests.hid_dumps import ALL
from tests.lab_vm.cable import SERIAL, Uhid

RUN_S = 120.0  # starting Python takes ten seconds in the emulated machine
OFFHOOK = [sys.executable, "-m", "bridge.cli.main"]
# An Evolve Link under an id nobody has a profile for.
UNKNOWN = replace(
    ALL["0b0e-0307_evolve-link"].recording, vendor=0x1209, product=0x0001, name="Acme Duo 100"
)
PRESSES = ["02 03 00", "02 07 00", "02 03 00", "02 00 00"]

PROFILE = """\
schema: 1
id: acme-duo-100
vendor: Acme
model: Duo 100
kind: headset
match:
  usb: ["1209:0001"]
decoder: hid_telephony
inputs:
  mute: {sends: level}
evidence:
  verified: document
  sources: [tried by its owner]
"""


@pytest.fixture
def cable() -> Iterator[Uhid]:
    plugged = Uhid(UNKNOWN)
    plugged.plug()
    yield plugged
    plugged.pull()


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(tmp_path)}


def said(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [*OFFHOOK, *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_headset_nobody_listed(cable: Uhid, home: dict[str, str], tmp_path: Path) -> None:
    node = cable.hidraw()

    before = json.loads(said(home, "devices", "explain", node, "--json"))
    assert (before["profile"], before["roles"]["mute"]["style"]) == ("generic", "pulse")
    assert before["name"] == UNKNOWN.name

    file = tmp_path / "1209-0001_duo-100.hid"
    words = [*OFFHOOK, "devices", "dump", node, "--output", str(file)]
    with subprocess.Popen(words, env=home, stderr=subprocess.PIPE, text=True) as dump:
        assert dump.stderr is not None
        assert "listening to" in dump.stderr.readline()
        for press in PRESSES:
            cable.send(bytes.fromhex(press))
        cable.send(b"\x05" + SERIAL.encode().ljust(62, b"\0"))
        # The recorder has what the kernel queued before it looks at the signal.
        dump.send_signal(signal.SIGINT)
        assert dump.wait(RUN_S) == 0
        assert "ended by Ctrl+C; 5 reports" in dump.stderr.read()

    text = file.read_text("utf-8")
    recording = read_recording(text, file.name)
    assert [one.report.hex(" ") for one in recording.reports[:4]] == PRESSES
    assert recording.descriptor == UNKNOWN.descriptor
    assert SERIAL not in text
    assert SERIAL.encode().hex(" ") not in text

    told = said(home, "devices", "replay", str(file))
    assert "hook: answer" in told
    assert "mute: toggle_mute" in told

    own = tmp_path / ".config" / "offhook" / "device_profiles"
    own.mkdir(parents=True)
    (own / "acme-duo-100.yaml").write_text(PROFILE, "utf-8")
    after = json.loads(said(home, "devices", "explain", node, "--json"))
    assert (after["profile"], after["roles"]["mute"]["style"]) == ("acme-duo-100", "level")
