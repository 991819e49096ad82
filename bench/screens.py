"""The pictures of docs/operatori.md, made anew: a console on a made-up month, seen in Chromium.

python -m bench.screens [--all FOLDER]
"""

import argparse
import asyncio
import io
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright
from sqlalchemy import text, update

from bench.processes import end_cleanly_when_told
from bench.screen_models import COMPARED, add_models, start_training
from bot import clock
from bot.settings import ROOT, get_settings
from bot.storage.embedded import embedded_url, start_embedded
from bot.storage.engine import create_engine
from bot.storage.migrate import upgrade
from console.app import create_app
from console.demo import seeding
from console.passwords import hash_password
from console.tables import accounts

FOLDER = ROOT / "docs" / "operatori"
MOST_BYTES = 150_000
CHROMIUM = os.environ.get("SPORTELLO_CHROMIUM", "/usr/bin/chromium")
PASSWORD = "graffetta cavallo batteria"  # noqa: S105 - of a database that lives for a minute
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 320, "height": 640}
COLOURS = 128

Act = Callable[[Page], Awaitable[object]]


@contextmanager
def database() -> Iterator[None]:
    """An empty database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="sportello-screens-"))
    folder.chmod(0o755)
    server = start_embedded(folder)
    os.environ["DATABASE_URL"] = embedded_url(server)
    os.environ["SPORTELLO_DATA_DIR"] = str(folder)
    os.environ["SPORTELLO_SECRET_KEY"] = secrets.token_urlsafe(48)
    # Pictures are made whenever somebody makes them: the desk is open then.
    os.environ["SPORTELLO_DESK_HOURS"] = "mon-sun 08:00-20:00"
    get_settings.cache_clear()
    try:
        upgrade()
        yield
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def fill() -> None:
    """A made-up month, and one password for its three accounts."""
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        await seeding.seed(connection, get_settings(), count=1500, number=1, end=clock.now())
        await add_models(connection, get_settings())
        await connection.execute(update(accounts).values(password_hash=await hash_password(PASSWORD)))
    await engine.dispose()


@asynccontextmanager
async def console() -> AsyncIterator[str]:
    """The console's address."""
    runner = web.AppRunner(create_app(get_settings()))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def desk(browser: Browser, url: str, username: str, size: dict[str, int]) -> BrowserContext:
    """A browser signed in as one of the three."""
    context = await browser.new_context(base_url=url, viewport=size, locale="it-IT", timezone_id="Europe/Rome")  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto("/accesso")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: "accesso" not in address)
    await page.close()
    return context


def small(picture: bytes) -> bytes:
    """The picture with few colours: a page has few."""
    kept = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        kept, "PNG", optimize=True
    )
    return kept.getvalue()


async def found(statement: str) -> str:
    """One value of the database as text."""
    engine = create_engine(pool_size=1)
    async with engine.connect() as connection:
        value = (await connection.execute(text(statement))).scalar_one()
    await engine.dispose()
    return str(value)


CLOSED = "SELECT conversation_id FROM handoffs WHERE state = 'closed' AND outcome = 'resolved' ORDER BY taken_at DESC LIMIT 1"
PUZZLED = "SELECT conversation_id FROM console_summaries WHERE outcome = 'not_understood' ORDER BY last_message_at DESC LIMIT 1"
LEFT = "SELECT id FROM promises WHERE done_at IS NULL ORDER BY due_at LIMIT 1"
BOOKED = (
    "SELECT conversation_id FROM agenda_appointments WHERE state = 'da_erogare' AND conversation_id IS NOT NULL "
    "ORDER BY created_at DESC LIMIT 1"
)
WAITING = "SELECT conversation_id FROM handoffs WHERE state = 'waiting' ORDER BY requested_at LIMIT 1"
TAKEN = "SELECT conversation_id FROM handoffs WHERE state = 'taken' ORDER BY requested_at LIMIT 1"
CODE = "SELECT code FROM agenda_appointments WHERE conversation_id IS NOT NULL AND moved_to IS NOT NULL LIMIT 1"
CALL = "SELECT conversation_id FROM call_backs WHERE done_at IS NULL ORDER BY requested_at LIMIT 1"


NO_PAGES = (
    "/eventi",
    "/health",
    "/accesso",
    "/accesso/codice",
    "/accesso/oidc",
    "/accesso/oidc/ritorno",
    "/righe",
    "/attesa/righe",
)


async def everything(browser: Browser, url: str, folder: Path) -> None:
    """Every page, wide and narrow: to be looked at."""
    app = create_app(get_settings())
    plain = sorted(
        {str(route.resource.canonical) for route in app.router.routes() if route.method == "GET" and route.resource}
    )
    paths = [one for one in plain if "{" not in one and one not in NO_PAGES and "." not in one]
    talks = [await found(one) for one in (CLOSED, PUZZLED, BOOKED, WAITING, CALL)]
    paths += [f"/conversazioni/{one}" for one in talks]
    paths += [f"/attesa/{await found(WAITING)}", f"/attesa/{await found(TAKEN)}", f"/conversazioni/{talks[0]}/stampa"]
    paths += ["/?parole=appuntamento", "/?non_capito=1&canale=whatsapp", "/?parole=zzzzz", "/?vista=mie", "/non-esiste"]
    for role in ("amministratore", "operatore"):
        for size, words in ((WIDE, "largo"), (NARROW, "stretto")):
            if role == "operatore" and size is NARROW:
                continue
            context = await desk(browser, url, role, size)
            page = await context.new_page()
            for number, path in enumerate(paths):
                answer = await page.goto(path)
                wide = await page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                print(role, words, path, answer.status if answer else "-", f"sporge di {wide}" if wide > 0 else "")
                about = path.strip("/").replace("/", "-").replace("?", "-")[:40] or "lista"
                name = f"{number:02}-{about}-{words}-{role[:2]}.png"
                await page.screenshot(path=folder / name, full_page=True)
            await context.close()


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture of the manual. `path` may hold `{}` for what `query` finds; `act` is done before it is taken."""

    name: str
    role: str
    path: str
    query: str = ""
    act: Act | None = None
    size: tuple[int, int] = (1100, 720)


async def open_filters(page: Page) -> None:
    await page.locator("details.filters summary").first.click()


async def open_export(page: Page) -> None:
    await page.get_by_text("Esporta", exact=True).first.click()
    await page.get_by_role("button", name="Esporta").scroll_into_view_if_needed()


async def open_understood(page: Page) -> None:
    await page.locator("summary", has_text="Come è stato capito").first.click()


async def take_it(page: Page) -> None:
    await page.get_by_role("button", name="Prendi la conversazione").click()
    await page.wait_for_selector("#testo")
    await page.fill("#testo", "Ciao, ho letto quello che hai scritto. Dimmi se ho capito bene.")
    await page.locator("#messaggi").scroll_into_view_if_needed()


async def show_secret(page: Page) -> None:
    await page.locator("#password2").fill(PASSWORD)
    await page.get_by_role("button", name="Attiva il codice").click()
    await page.get_by_label("Codice di 6 cifre").wait_for()


async def open_table(page: Page) -> None:
    await page.locator("#esiti summary").click()
    await page.evaluate("document.querySelector('#esiti').previousElementSibling?.scrollIntoView()")
    await page.evaluate("document.querySelector('#esiti').scrollIntoView()")


async def write_answer(page: Page) -> None:
    answer = page.locator("#testo")
    await answer.fill("Buongiorno, ho guardato. Porta il codice fiscale e la ricevuta: ti aspettiamo al centro.")
    await page.locator(".messages li").last.scroll_into_view_if_needed()


async def find_person(page: Page) -> None:
    await page.fill("#chi", await found(CODE))
    await page.fill("#motivo", "richiesta scritta della persona")
    await page.get_by_role("button", name="Cerca").click()
    await page.wait_for_selector("h1")


async def train(page: Page) -> None:
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        await start_training(connection)
    await engine.dispose()
    await page.reload()


SHOTS = (
    Shot(name="secondo-codice", role="supervisore", path="/profilo", act=show_secret, size=(900, 900)),
    Shot(name="lista", role="operatore", path="/", size=(1280, 760)),
    Shot(name="filtri", role="operatore", path="/?parole=contratto", act=open_filters, size=(1100, 820)),
    Shot(
        name="conversazione",
        role="operatore",
        path="/conversazioni/{}",
        query=BOOKED,
        act=open_understood,
        size=(1100, 900),
    ),
    Shot(name="richieste", role="operatore", path="/attesa"),
    Shot(name="rispondi", role="operatore", path="/attesa/{}", query=WAITING, act=take_it, size=(1100, 900)),
    Shot(name="chiamate", role="operatore", path="/chiamate", size=(1100, 460)),
    Shot(name="risposte-pronte", role="supervisore", path="/risposte", size=(1000, 620)),
    Shot(name="esporta", role="supervisore", path="/?non_capito=1", act=open_export),
    Shot(name="numeri", role="supervisore", path="/numeri", size=(1120, 1000)),
    Shot(name="numeri-tabella", role="supervisore", path="/numeri", act=open_table, size=(1120, 560)),
    Shot(name="che-cosa-manca", role="supervisore", path="/che-cosa-manca", size=(1120, 1000)),
    Shot(name="domande", role="operatore", path="/domande", size=(1120, 720)),
    Shot(name="domanda", role="operatore", path="/domande/{}", query=LEFT, act=write_answer, size=(1120, 1000)),
    Shot(name="privacy", role="amministratore", path="/privacy", act=find_person, size=(1000, 760)),
    Shot(name="modello", role="supervisore", path="/modello", size=(1000, 1000)),
    Shot(name="modello-confronto", role="supervisore", path="/modello/confronti/{}", query=COMPARED, size=(1000, 860)),
    Shot(name="modello-in-corso", role="supervisore", path="/modello", act=train, size=(1000, 800)),
    Shot(name="registro", role="amministratore", path="/registro", size=(1100, 560)),
)


async def manual(browser: Browser, url: str, beginning: str) -> None:
    """The pictures of the manual, or those whose name begins so."""
    page = await browser.new_page(base_url=url, viewport={"width": 800, "height": 520})
    await page.goto("/accesso")
    if "accesso".startswith(beginning):
        keep("accesso", await page.screenshot())
    await page.close()
    for shot in (one for one in SHOTS if one.name.startswith(beginning)):
        size = {"width": shot.size[0], "height": shot.size[1]}
        context = await desk(browser, url, shot.role, size)
        page = await context.new_page()
        await page.goto(shot.path.format(await found(shot.query)) if shot.query else shot.path)
        if shot.act is not None:
            await shot.act(page)
        keep(shot.name, await page.screenshot())
        await context.close()


def keep(name: str, picture: bytes) -> None:
    """Write it, small enough."""
    made = small(picture)
    if len(made) > MOST_BYTES:
        raise SystemExit(f"{name}: {len(made)} bytes")
    (FOLDER / f"{name}.png").write_bytes(made)
    print(f"{name:<20}{len(made) / 1000:>6.0f} kB")


async def italian(playwright: Playwright) -> Browser:
    """A Chromium that says its own words in Italian, if Debian's chromium-l10n is there."""
    return await playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--lang=it-IT"],
        env={**os.environ, "LANGUAGE": "it_IT", "LANG": "it_IT.UTF-8"},
    )


async def run(folder: Path | None, beginning: str) -> None:
    """The pictures of the manual, or of everything."""
    await fill()
    async with console() as url, async_playwright() as playwright:
        browser = await italian(playwright)
        if folder is not None:
            await everything(browser, url, folder)
        else:
            await manual(browser, url, beginning)
        await browser.close()


def main() -> None:
    """Entry point of `python -m bench.screens`."""
    parser = argparse.ArgumentParser(prog="python -m bench.screens", description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, wide and narrow, to look at")
    parser.add_argument("--only", default="", metavar="NAME", help="only pictures whose name begins so")
    options = parser.parse_args()
    end_cleanly_when_told()
    if options.all:
        options.all.mkdir(parents=True, exist_ok=True)
    with database():
        asyncio.run(run(options.all, options.only))


if __name__ == "__main__":
    main()
