"""Profiles that are broken and devices that describe themselves badly; the rest goes on."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.drivers.ports import HidNode
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.model.calls import Phase
from tests.hid_dumps import ALL
from tests.scenarios.desk import EVOLVE_LINK, desk_with, until


async def test_a_broken_profile_is_told_with_every_mistake_and_the_day_goes_on(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = short_dir / ".config" / "offhook" / "device_profiles"
    own.mkdir(parents=True)
    # One would stand in for the product's, were it right.
    (own / "jabra-evolve-link.yaml").write_text("schema: 1\nid: 0301\nvendor: [\n", "utf-8")
    (own / "acme-duo.yaml").write_text(
        'schema: 1\nid: acme-duo\nkind: phone\nmatch: {usb: ["1209:0001"]}\n', "utf-8"
    )
    monkeypatch.setenv("HOME", str(short_dir))
    async with desk_with(short_dir, EVOLVE_LINK) as desk:
        (info,) = desk.daemon.devices.infos.values()
        assert info.profile == "jabra-evolve-link"
        await desk.is_called()
        desk.headsets[0].press("hook")
        await desk.call_is(Phase.CONNECTED)
        await until(lambda: desk.broker.body("alert/profiles"), "the alert is there")
        assert "offhook profiles check" in str(desk.broker.body("alert/profiles")["text"])
    told = [one.getMessage() for one in caplog.records if "profile left out" in one.getMessage()]
    assert len(told) == 8
    assert f"{own}/acme-duo.yaml:3: kind: found phone, expected one of headset" in told[-2]
    assert told[-1].endswith(
        "evolve-link.yaml:3: (syntax): found something else, expected node content"
    )


class Liar(VirtualHeadset):
    """A device whose bus shows another descriptor than it has."""

    shown = b""

    def node(self, path: str) -> HidNode:
        return replace(super().node(path), descriptor=self.shown)


@pytest.mark.parametrize("shown", [b"", b"\x05", b"\x05\x0b" * 2500, bytes(range(256)) * 16])
async def test_a_device_with_a_bad_descriptor_is_not_opened_and_the_next_one_works(
    short_dir: Path, shown: bytes
) -> None:
    async with desk_with(short_dir) as desk:
        liar = Liar(ALL[EVOLVE_LINK].recording.descriptor)
        liar.shown = shown
        desk.usb.plug(liar)
        headset = await desk.plug()  # the bus tells in order: the other one was looked at
        assert liar.openers == 0
        await desk.is_called()
        headset.press("hook")
        await desk.call_is(Phase.CONNECTED)
