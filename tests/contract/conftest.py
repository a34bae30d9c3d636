"""The engine under test: virtual, and real where there is pjsua2."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.engine_rigs import RealRig, Rig, VirtualRig

REAL = pytest.param("real", marks=pytest.mark.sip)


@pytest.fixture(params=["virtual", REAL])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    rig: Rig = VirtualRig() if request.param == "virtual" else RealRig()
    async with rig:
        yield rig
