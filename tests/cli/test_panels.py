"""``offhook panels dark``: only where no daemon shows anything, and not after an orderly end."""

import json
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.cli.main import main
from bridge.cli.verbs import panels
from bridge.config import places
from bridge.drivers.control.lock import StateLock
from bridge.drivers.ports import HidNode
from bridge.drivers.virtual.xkeys_panel import VirtualXkeys
from bridge.model.blf import Color
from bridge.profiles.hid_panels import XKEYS_BY_PRODUCT
from bridge.protocols.xkeys import light

XK_24 = XKEYS_BY_PRODUCT[1029]


@pytest.fixture
def panel(environment: Path, monkeypatch: pytest.MonkeyPatch) -> VirtualXkeys:
    """A lit panel that the configuration wants."""
    config = environment / "etc" / "offhook" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("panels: {xkeys: true}\n")
    panel = VirtualXkeys(XK_24)
    for report in light(XK_24, 5, Color.RED):
        panel.handle.write(report)

    def plugged_in() -> list[HidNode]:
        return [panel.node("/virtual/hidraw1")]

    monkeypatch.setattr(panels, "plugged_in", plugged_in)
    monkeypatch.setattr(panels, "open_hidraw", lambda _node: panel.handle)
    monkeypatch.delenv(panels.RESULT, raising=False)
    return panel


@pytest.mark.parametrize("result", ["", "signal", "oom-kill", "exit-code"])
def test_what_a_killed_daemon_left_lit_is_put_out(
    panel: VirtualXkeys,
    result: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if result:
        monkeypatch.setenv(panels.RESULT, result)
    assert main(["panels", "dark", "--json"]) == Exit.OK
    told = {"node": "/virtual/hidraw1", "name": "XK-24", "dark": True, "fault": ""}
    assert json.loads(capsys.readouterr().out) == {"panels": [told]}
    assert panel.lit() == {}


def test_after_an_orderly_end_what_it_shows_stays(
    panel: VirtualXkeys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(panels.RESULT, "success")
    assert main(["panels", "dark"]) == Exit.OK
    assert panels.ORDERLY in capsys.readouterr().out
    assert panel.lit() == {5: Color.RED}


def test_lamps_of_a_running_daemon_stay(
    panel: VirtualXkeys, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with StateLock(places.state_dir({"XDG_STATE_HOME": str(environment / "state")})):
        assert main(["panels", "dark"]) == Exit.FAILED
    assert "a daemon already runs" in capsys.readouterr().err
    assert panel.lit() == {5: Color.RED}


def test_one_that_cannot_be_put_out_is_told(
    panel: VirtualXkeys, capsys: pytest.CaptureFixture[str]
) -> None:
    panel.unplug()
    assert main(["panels", "dark"]) == Exit.FAILED
    assert "is gone" in capsys.readouterr().err


def test_without_a_panel_one_sentence_says_so(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["panels", "dark"]) == Exit.OK
    assert "is plugged in" in capsys.readouterr().out
