"""What a person sees of the page and does there, whoever stands behind it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from playwright.async_api import Locator, Page, Response, expect

from tests.integration.waiting import eventually

PATIENCE_MS = 25_000  # for two cores shared with other work
STORY = """() => {
    const { told, lists, session, ...own } = globalThis.offhook?.state() ?? {};
    return JSON.stringify({ ...own, calls: told?.status?.calls });
}"""

expect.set_options(timeout=PATIENCE_MS)


class Screen:
    """One page in the browser; everything that was wrong in it is kept in ``faults``."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.refused: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", self._notes)
        page.on("console", lambda said: self._hears(said.type, said.text))

    def _notes(self, answer: Response) -> None:
        if answer.status >= HTTPStatus.BAD_REQUEST:
            self.refused.append(f"{answer.status} {answer.request.method} {answer.url}")

    def _hears(self, kind: str, text: str) -> None:
        # A connection that is lost on purpose is told by the browser, too.
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(text)

    def button(self, start: str) -> Locator:
        """The first button whose name in the code begins so: those of calls end with the call."""
        return self.page.locator(f'[data-id^="{start}"]').first

    def by_id(self, name: str) -> Locator:
        """A button by the name it has in the code, which is that of no language."""
        return self.page.locator(f'[data-id="{name}"]').first

    async def presses(self, name: str) -> None:
        """Press a button that does not wait for an answer any more."""
        button = self.by_id(name)
        await expect(button).not_to_have_attribute("aria-busy", "true")
        await button.click()

    async def presses_anyway(self, name: str) -> None:
        """Press a button that waits, or says it can do nothing now."""
        await self.by_id(name).click(force=True)

    async def types(self, keys: str) -> None:
        """Press keys of a keyboard, one combination after the other."""
        for key in keys.split():
            await self.page.keyboard.press(key)

    async def is_on(self, view: str) -> None:
        """Wait until a view is shown."""
        await self._expects(expect(self.page.locator(f'[data-view="{view}"]')).to_be_visible())

    async def _expects(self, expected: Awaitable[None]) -> None:
        try:
            await expected
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await self.story()}") from None

    async def story(self) -> str:
        """What the page knows, for failed tests."""
        knows = await self.page.evaluate(STORY)
        at = await self.page.evaluate("document.querySelector('[data-view]')?.dataset.view")
        return f"at {at}, refused {self.refused}, wrong {self.faults}\nknows {knows}"

    async def shows(self, text: str) -> None:
        """Wait until a text is to be read."""
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def shows_lamp(self, name: str) -> None:
        """Wait until a lamp of a headset is seen lit."""
        lamp = self.page.locator(f'[data-lamp="{name}"]')
        await self._expects(expect(lamp).to_have_attribute("data-on", "true"))

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something holds on the other side."""
        await eventually(condition, what, lambda: str(self.faults), PATIENCE_MS / 1000)

    async def rings_for(self, name: str) -> None:
        """Wait until somebody's call can be answered."""
        await expect(self.page.get_by_role("heading", name=name).first).to_be_visible()
        await expect(self.page.locator('[data-id^="answer-"]')).to_be_enabled()

    async def dials(self, target: str) -> None:
        """Type a number or an address, and call it."""
        await self.presses("nav-keypad")
        await self.page.locator("#number-screen").fill(target)
        await self.presses("dial")

    async def picks(self, sheet: str, target: str, verb: str) -> None:
        """Open a sheet in a call, type who it is, and choose what to do."""
        await self.presses(f"sheet-pick-{sheet}")
        await self.page.locator("#pick-number").fill(target)
        await self.presses(f"pick-{verb}")
        await self._expects(expect(self.page.get_by_role("dialog")).to_have_count(0))

    async def call_is(self, phase: str, number: int = 1) -> None:
        """Wait until so many calls are in a phase."""
        cards = self.page.locator(f'[data-phase="{phase}"]')
        await self._expects(expect(cards).to_have_count(number))

    async def heard(self) -> str:
        """What a screen reader says by itself."""
        said = await self.page.locator("p.hidden[role]").all_inner_texts()
        return " ".join(said).strip()

    async def prefers(self, **choices: str) -> None:
        """Choose language or look, as somebody did at this screen before."""
        await self.page.evaluate("prefs => offhook.prefer(prefs)", choices)
        await expect(self.page.locator("html")).to_have_attribute("lang", choices["language"])
