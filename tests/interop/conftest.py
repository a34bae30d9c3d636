"""One desk a test, and the page of what came out."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import asdict
from typing import cast

import pytest
import pytest_asyncio

from tests.engine_audio.conftest import PulseServer
from tests.integration.conftest import PREFIX
from tests.interop.desk import Desk
from tests.interop.desks import Desks
from tests.interop.hearing import sound_server
from tests.interop.matrix import KINDS, WAYS, Cell, Found, merged, update
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import Settings

LIMIT_S = 150  # three telephones started afresh on a busy machine
CELLS = "interop/cells"  # in the cache of pytest
FAILED = pytest.StashKey[bool]()
NEEDS: dict[str, list[str]] = {
    "baresip": ["baresip"],
    "linphone": ["linphone"],
    "sipp": ["sipp"],
    "offhook": [],
    "PBX": [],
}
NEEDS_PBX = ["kamailio", "mosquitto", "mosquitto-clients", "openssl"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "function(title, peers, without, fails): a row of the matrix; `without` has the reasons "
        "of cells that no test can fill, `fails` those of cells that do not work yet, both by "
        "'peer', 'way' or 'peer way'",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a function of the matrix with each peer, each way."""
    mark = metafunc.definition.get_closest_marker("function")
    if mark is None:
        return
    without: dict[str, str] = mark.kwargs.get("without", {})
    fails: dict[str, str] = mark.kwargs.get("fails", {})
    cells = [
        pytest.param((kind, way), id=f"{kind}-{way}", marks=_marks(kind, way, fails))
        for kind in mark.kwargs.get("peers", KINDS[:3])
        for way in WAYS
        if not {kind, way, f"{kind} {way}"} & set(without)
    ]
    metafunc.parametrize("desk", cells, indirect=True)


def _marks(kind: str, way: str, fails: dict[str, str]) -> list[pytest.MarkDecorator]:
    """What a cell needs, and why it fails if that is known."""
    needs = ["pulseaudio", *NEEDS[kind], *(NEEDS_PBX if way == "pbx" else ())]
    reasons = [fails[key] for key in (f"{kind} {way}", kind, way) if key in fails]
    known = [pytest.mark.xfail(strict=True, reason=reasons[0])] if reasons else []
    return [pytest.mark.needs(*needs), *known]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseServer]:
    """One sound server for all tests of a worker."""
    with sound_server(tmp_path_factory.mktemp("pa")) as server:
        yield server


@pytest.fixture(scope="session")
def interop_pbx() -> Iterator[Pbx]:
    """One PBX for all tests of a worker; what they change there they change back."""
    path = tempfile.mkdtemp(prefix=PREFIX)
    with port_block() as base, Pbx(Settings(port_base=base, state=path)) as running:
        yield running
    shutil.rmtree(path, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desks(sound: PulseServer) -> AsyncIterator[Desks]:
    """All desks of a worker; one at a time has telephones on it."""
    async with Desks(sound) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def desk(
    request: pytest.FixtureRequest, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """The desk for the peer and the way of the cell, at rest."""
    kind, way = request.param
    monkeypatch.setenv("PULSE_SERVER", desks.sound.address)
    one = await desks.at(kind, request.getfixturevalue("interop_pbx") if way == "pbx" else None)
    yield one
    if request.node.stash.get(FAILED, True):
        await desks.clear()
    else:
        await one.rests()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how a test went, for the fixture that tidies up after it."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = not report.passed
    return report


# -- the page -----------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each report say which cell it fills."""
    for item in items:
        mark = item.get_closest_marker("function")
        if mark is not None and isinstance(item, pytest.Function):
            kind, way = cast("tuple[str, str]", item.callspec.params["desk"])
            item.user_properties.append(("cell", (mark.args[0], kind, way, mark.kwargs)))
            item.add_marker(pytest.mark.timeout(LIMIT_S))
            item.add_marker(pytest.mark.xdist_group(f"{kind}-{way}"))  # they share a desk
    items.sort(key=_desk_of)


def _desk_of(item: pytest.Item) -> str:
    """The desk a test is at: tests at the same one follow each other."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what became of a cell."""
    found = dict(report.user_properties).get("cell")
    if found is not None and (report.when == "call" or report.outcome != "passed"):
        SEEN[report.nodeid] = Cell.from_report(report, cast("Found", found))


SEEN: dict[str, Cell] = {}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember the cells; after a whole run write the page, or see whether it is still true."""
    cache: pytest.Cache | None = getattr(session.config, "cache", None)  # -p no:cacheprovider
    if hasattr(session.config, "workerinput") or cache is None or not SEEN:
        return
    order = os.environ.get("OFFHOOK_MATRIX", "")
    cells = list(SEEN.values())
    if order not in {"write", "check"}:  # a part of it: the others are as they were found last
        kept = cache.get(CELLS, [])
        cells = merged([Cell(**{**one, "place": tuple(one["place"])}) for one in kept], cells)
    cache.set(CELLS, [asdict(cell) for cell in cells])
    if order and update(cells, check=order == "check") and exitstatus == 0:
        session.exitstatus = 1
