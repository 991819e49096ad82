"""The pictures of the chapter on teaching, made anew: a console on a made-up month that teaches a copy of the project.

python -m bench.screens_teaching [--all FOLDER]
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bench.processes import end_cleanly_when_told
from bench.screens import FOLDER, MOST_BYTES, NARROW, WIDE, console, database, desk, fill, italian, small
from bot.settings import ROOT, get_settings

MANUAL = {"width": 1100, "height": 760}
SHOWN = 820.0


@contextmanager
def project() -> Iterator[Path]:
    """A copy of what teaching writes into."""
    folder = Path(tempfile.mkdtemp(prefix="sportello-project-"))
    for name in ("nlu_data", "bot/knowledge/data"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, folder / name)
    os.environ["SPORTELLO_PROJECT_DIR"] = str(folder)
    get_settings.cache_clear()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def keep(page: Page, name: str, folder: Path, *, whole: bool = False) -> None:
    """One picture, small enough for the manual."""
    if whole:
        picture = await page.screenshot(full_page=True)
    else:
        # Without the menu, which every page has.
        box = await page.locator("main").bounding_box()
        assert box
        clip = {"x": 0, "y": box["y"], "width": MANUAL["width"], "height": min(box["height"], SHOWN)}
        picture = await page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]
    (folder / f"{name}.png").write_bytes(small(picture))
    size = (folder / f"{name}.png").stat().st_size
    print(name, size, "troppo grande" if size > MOST_BYTES and not whole else "")


async def walk(page: Page, folder: Path, *, whole: bool) -> None:
    """From the queue to a lesson, then an answer and what is to be looked after."""
    await page.goto("/da-rivedere")
    await page.wait_for_timeout(500)
    await page.reload()
    await keep(page, "insegnare-coda", folder, whole=whole)
    rows = page.locator(".review > li", has=page.locator(".choices a"))
    await rows.nth(1).locator(".choices a").first.click()
    await keep(page, "insegnare-frasi", folder, whole=whole)
    await page.get_by_role("button", name="Aggiungi agli esempi").click()
    await keep(page, "insegnare-lezione", folder, whole=whole)
    await page.goto("/conoscenze/argomenti/did")
    if whole:
        await keep(page, "insegnare-argomento", folder, whole=True)
    answer = await page.locator("#answer").input_value()
    await page.locator("#answer").fill(answer.replace("primo passo", "primo gradino"))
    await page.get_by_label("Lo dice una delle fonti").check()
    await page.get_by_role("button", name="Mostra che cosa scriverò").click()
    await keep(page, "insegnare-risposta", folder, whole=whole)
    await page.goto("/conoscenze/scadute")
    await keep(page, "insegnare-scadute", folder, whole=whole)
    if whole:
        await page.goto("/da-rivedere")
        await page.locator(".review h2 a").first.click()
        await keep(page, "riga", folder, whole=True)
        await page.get_by_role("link", name="Ha capito la domanda").click()
        await keep(page, "riconosciuto", folder, whole=True)
        for path in ("/lezioni", "/prove", "/conoscenze", "/conoscenze/centri", "/conoscenze/luoghi", "/conoscenze/nuovo",
                     "/conoscenze/centri/torino-nord"):  # fmt: skip
            await page.goto(path)
            await keep(page, path.strip("/").replace("/", "-"), folder, whole=True)


async def run(folder: Path | None) -> None:
    """The pictures of the manual, or of everything, wide and narrow."""
    await fill()
    async with console() as url, async_playwright() as playwright:
        browser = await italian(playwright)
        for size, name in ((WIDE, "largo"), (NARROW, "stretto")) if folder else ((MANUAL, ""),):
            context = await desk(browser, url, "amministratore", size)
            page = await context.new_page()
            place = folder / name if folder else FOLDER
            place.mkdir(parents=True, exist_ok=True)
            await walk(page, place, whole=bool(folder))
            await context.close()
        await browser.close()


def main() -> None:
    """Entry point of `python -m bench.screens_teaching`."""
    parser = argparse.ArgumentParser(prog="python -m bench.screens_teaching", description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, wide and narrow, to look at")
    options = parser.parse_args()
    end_cleanly_when_told()
    with database(), project():
        asyncio.run(run(options.all))


if __name__ == "__main__":
    main()
