"""Chromium for tests, driven by Playwright; the tests that need it are skipped when there is none."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Only what is told leaves the page: the nodes of all that is well are megabytes.
LOOK = """async ([values, enabled]) => {
  const rules = {"color-contrast": {enabled}};
  const found = await axe.run(document, {runOnly: {type: "tag", values}, rules, resultTypes: ["violations"]});
  const where = ({target, failureSummary}) => `${target.join(" ")}: ${failureSummary}`;
  const told = found.violations.map(({id, help, nodes}) => `${id}: ${help} ${nodes.map(where)}`);
  return [found.passes.length, told];
}"""
PHONE = {"width": 320, "height": 640}

expect.set_options(timeout=15_000)  # milliseconds: the machine is shared with the other tests

_faults: list[str] = []

Launch = Callable[..., Awaitable[Browser]]


def chromium_path() -> str | None:
    """Where Chromium is: `SPORTELLO_CHROMIUM`, Debian's, or one on the path."""
    named = os.environ.get("SPORTELLO_CHROMIUM", "/usr/bin/chromium")
    return named if Path(named).exists() else shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """What drives Chromium."""
    async with async_playwright() as driver:
        yield driver


async def _start(playwright: Playwright, *arguments: str) -> Browser:
    path = chromium_path()
    if path is None:
        pytest.skip("manca Chromium: installa il pacchetto chromium")
    return await playwright.chromium.launch(
        executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", *arguments]
    )


@pytest.fixture
async def launch(playwright: Playwright) -> AsyncIterator[Launch]:
    """Start a Chromium with further arguments; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def start(*arguments: str) -> Browser:
            started = await _start(playwright, *arguments)
            stack.push_async_callback(started.close)
            return started

        yield start


@pytest.fixture(scope="session")
async def _chromium(playwright: Playwright) -> AsyncIterator[list[Browser]]:
    """The Chromium of all tests, once one asked for it."""
    running: list[Browser] = []
    yield running
    for one in running:
        await one.close()


@pytest.fixture
async def browser(playwright: Playwright, _chromium: list[Browser]) -> AsyncIterator[Browser]:
    """A Chromium without further arguments: the same for all, started anew if it died; what a test opened is closed."""
    if not (_chromium and _chromium[-1].is_connected()):
        _chromium.append(await _start(playwright))
    running = _chromium[-1]
    _faults.clear()
    yield running
    for context in running.contexts:
        await context.close()
    assert not _faults, _faults


def watch(page: Page) -> None:
    """Have the test fail at its end for any script of the page that failed or was forbidden.

    Not on the spot: what is raised where the driver calls us ends the driver.
    """
    page.on("pageerror", lambda error: _faults.append(f"{page.url}: {error}"))
    page.on("console", lambda line: _faults.append(line.text) if "Content Security Policy" in line.text else None)


async def assert_accessible(page: Page, *more_tags: str, contrast: bool = True) -> None:
    """No violation of WCAG 2.2 A and AA that axe can find, shadow roots included; every violation told with where it is.

    Without `contrast` where colours are forced: the browser then reports the colours of the author, not those shown.
    """
    # Evaluated by the driver: the page's own policy forbids scripts from elsewhere.
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    passes, told = await page.evaluate(LOOK, [[*LEVELS, *more_tags], contrast])
    assert passes, "axe looked at nothing"
    assert told == [], f"{page.url}: {told}"


async def assert_fits_width(page: Page) -> None:
    """Nothing sticks out sideways at the page's present width."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) <= 0, f"{page.url} scrolls sideways"
