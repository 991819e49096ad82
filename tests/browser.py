"""Chromium for tests, driven by Playwright; the tests that need it are skipped when there is none."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 320, "height": 640}

Launch = Callable[..., Awaitable[Browser]]


def chromium_path() -> str | None:
    """Where Chromium is: `SPORTELLO_CHROMIUM`, Debian's, or one on the path."""
    named = os.environ.get("SPORTELLO_CHROMIUM", "/usr/bin/chromium")
    return named if Path(named).exists() else shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
async def launch() -> AsyncIterator[Launch]:
    """Start a Chromium with further arguments; all are closed at the end."""
    path = chromium_path()
    if path is None:
        pytest.skip("manca Chromium: installa il pacchetto chromium")
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())

        async def start(*arguments: str) -> Browser:
            browser = await playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", *arguments]
            )
            stack.push_async_callback(browser.close)
            return browser

        yield start


@pytest.fixture
async def browser(launch: Launch) -> Browser:
    """A Chromium without further arguments."""
    return await launch()


async def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 A and AA that axe can find, and every violation told with where it is."""
    # Evaluated by the driver: the page's own policy forbids scripts from elsewhere.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", LEVELS)
    assert found["passes"], "axe looked at nothing"
    told = [f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']]}" for one in found["violations"]]
    assert told == [], f"{page.url}: {told}"


async def assert_fits_width(page: Page) -> None:
    """Nothing sticks out sideways at the page's present width."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) <= 0, f"{page.url} scrolls sideways"
