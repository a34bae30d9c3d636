"""Everybody can use each view: axe-core, sizes of fingers, small screens, both languages."""

import importlib.resources
import json
import re
from pathlib import Path

import pytest

import bridge
from tests.browser.conftest import Opens
from tests.browser.scenes import VIEWS
from tests.browser.told import Told

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]

AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Each language and each look at least once; the first is what the view opened with.
LOOKS = [("de", "light"), ("en", "dark"), ("en", "contrast")]

CATALOGUE = Path(bridge.__file__).parent / "page" / "catalogue" / "en.json"
GROUPS = {key.split(".")[0] for key in json.loads(CATALOGUE.read_text())}
A_KEY = re.compile(rf"\b(?:{'|'.join(sorted(GROUPS))})\.[a-z_]+\b")

# Fingers need 44 px (WCAG 2.5.5); MEASURE has it.
# The last one is that of the looks below.
SIZES = {"telephone": (360, 640), "7 inch, fine": (1024, 600), "7 inch": (800, 480)}
# What has to be in reach of a thumb without looking for it.
ALWAYS_SEEN = {
    "ringing": ["answer-a", "reject-a"],
    "in a call": ["mute", "hold", "end"],
    "conference": ["end"],
    "two calls": ["end"],
    "second call": ["answer-a", "reject-a"],
}

MEASURE = """() => {
    const box = (one) => one.getBoundingClientRect();
    const seen = [...document.querySelectorAll("button, a, input, select, summary")]
        .filter((one) => box(one).width > 0 && !one.closest("[inert]"));
    const isSmall = ({ width, height }) => width < 43.9 || height < 43.9;
    const isOutside = ({ left, right }) => left < -1 || right > innerWidth + 1;
    const names = (fits) => seen.filter((one) => fits(box(one.closest("label") ?? one)))
        .map((one) => one.dataset.id ?? one.outerHTML.slice(0, 80));
    return {
        small: names(isSmall),
        outside: names(isOutside),
        wide: document.documentElement.scrollWidth > innerWidth,
    };
}"""

IN_SIGHT = """one => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


async def _violations(told: Told) -> list[str]:
    run = "only => axe.run({ runOnly: only }).then(found => found.violations)"
    found = await told.page.evaluate(run, RULES)
    return [
        f"{one['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
        for one in found
        for node in one["nodes"]
    ]


async def _misfits(told: Told, always: list[str]) -> dict[str, object]:
    """What is too small for a finger, beside the screen, or out of sight though it is needed."""
    measured = await told.page.evaluate(MEASURE)
    hidden = [one for one in always if not await told.by_id(one).evaluate(IN_SIGHT)]
    return {name: found for name, found in {**measured, "hidden": hidden}.items() if found}


@pytest.mark.parametrize("view", VIEWS)
async def test_nothing_keeps_anybody_out(view: str, opens: Opens) -> None:
    told = await opens(view)
    await told.page.emulate_media(reduced_motion="reduce")
    await told.page.evaluate(AXE)
    wrong: dict[object, object] = {}
    for name, (width, height) in SIZES.items():
        await told.page.set_viewport_size({"width": width, "height": height})
        wrong[name] = await _misfits(told, ALWAYS_SEEN.get(view, []))
    for language, theme in LOOKS:
        await told.prefers(language=language, theme=theme)
        wrong[language, theme] = await _violations(told)
        text = await told.page.inner_text("body")
        wrong[language] = A_KEY.findall(text)  # where the catalogue lacks words
    assert {where: found for where, found in wrong.items() if found} == {}
