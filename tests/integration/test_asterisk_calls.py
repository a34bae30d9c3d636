"""Who calls whom at an Asterisk: the gateway hears ARI, as recorded from a live one."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bridge.gateway.asterisk.ari import AriEar
from bridge.model.asterisk import AriSettings, AsteriskSettings, DialPlan
from bridge.model.blf import Extension, LineFact, LineState
from bridge.model.calls import Party
from tests.asterisk.virtual_ari import ARI_SECRET, VirtualAri
from tests.integration.waiting import eventually

E200, E201 = Extension("200"), Extension("201")


@dataclass
class Line:
    """What the ear makes of a line whose hint says that it is in use."""

    ear: AriEar
    changed: list[set[Extension]]

    def peer(self, extension: Extension) -> str:
        line = self.ear.refine(LineFact(extension, LineState.BUSY))
        return "" if line.peer is None else line.peer.number

    async def is_with(self, extension: Extension, number: str) -> None:
        await eventually(lambda: self.peer(extension) == number, f"{extension} is with {number}")


def ear_at(ari: VirtualAri, secret: str = ARI_SECRET) -> Line:
    changed: list[set[Extension]] = []
    settings = AsteriskSettings(plan=DialPlan())
    ear = AriEar(settings, AriSettings(ari.port, "offhook", secret), changed.append)
    ear.waits_s = (0.05,)
    return Line(ear, changed)


@pytest.fixture
async def ari() -> AsyncIterator[VirtualAri]:
    async with VirtualAri() as ari:
        yield ari


async def test_calls_are_heard_and_forgotten_with_the_connection_and_listed_anew(
    ari: VirtualAri, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    line = ear_at(ari)
    async with line.ear:
        await ari.happens("ring")
        await ari.happens("answer")
        await line.is_with(E201, "200")
        assert {E200} in line.changed
        await ari.drops()
        await line.is_with(E201, "")
        await ari.happens("pick-up")
        await line.is_with(E200, "202")
        await ari.says("no event")
        await eventually(lambda: line.ear.counts["content"] == 1, "refused and counted")
        ari.moment = "up"
        await ari.drops()
        await line.is_with(E200, "201")
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("uvicorn"))
    assert ours.count("who calls whom is not shown") == 2, "each loss is told once"
    assert "Authorization" not in ours
    assert "Basic" not in ours


async def test_a_wrong_password_is_tried_once_and_told(
    ari: VirtualAri, caplog: pytest.LogCaptureFixture
) -> None:
    async with ear_at(ari, "wrong").ear:
        await eventually(lambda: "does not let offhook in (401)" in caplog.text, "told")
    assert "must fit gateway.asterisk.ari; tried again in 300 s" in caplog.text
    assert ari.refused == 1


async def test_an_asterisk_that_comes_later_is_heard(ari: VirtualAri) -> None:
    line = ear_at(ari)
    await ari.__aexit__()
    async with line.ear:
        async with ari:
            await ari.happens("ring")
            await line.is_with(E200, "201")
        await line.is_with(E200, "")
    assert line.ear.refine(LineFact(E200, LineState.BUSY)).peer != Party("201")
