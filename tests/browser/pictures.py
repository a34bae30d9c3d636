"""Makes the pictures of ``bridge/page/README.md``: ``python -m tests.browser.pictures``."""

import asyncio
import io
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, async_playwright

import bridge
from tests.browser.conftest import OPTIONS
from tests.browser.scenes import VIEWS
from tests.browser.told import Told, page_files
from tests.conftest import find_program

PICTURES = Path(bridge.__file__).parent / "page" / "pictures"
QUALITY = 82  # of 100: letters stay sharp, six pictures stay below 300 KB
SEVEN_INCHES, TELEPHONE = (800, 480), (360, 640)

# file: view, size, language, look
WANTED = {
    "idle": ("idle", SEVEN_INCHES, "en", "light"),
    "ringing": ("ringing", SEVEN_INCHES, "en", "light"),
    "call": ("in a call", SEVEN_INCHES, "en", "dark"),
    "two": ("two calls", SEVEN_INCHES, "de", "light"),
    "devices": ("devices", SEVEN_INCHES, "en", "dark"),
    "phone": ("in a call", TELEPHONE, "de", "contrast"),
}


async def _take(browser: Browser, origin: str, name: str) -> None:
    view, (width, height), language, theme = WANTED[name]
    window = await browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    told = await Told.opens(window, origin, VIEWS[view])
    await told.prefers(language=language, theme=theme)
    image = Image.open(io.BytesIO(await told.page.screenshot()))
    image.save(PICTURES / f"{name}.webp", quality=QUALITY, method=6)
    await window.close()


async def main() -> None:
    """Take all of them."""
    PICTURES.mkdir(exist_ok=True)
    with page_files() as origin:
        await _take_all(origin)


async def _take_all(origin: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_program("chromium"), args=OPTIONS
        )
        for name in WANTED:
            await _take(browser, origin, name)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
