"""The calendar in Chromium by keyboard alone, wide and narrow: book, mark as held, close a day; axe in every state."""

import re
from collections.abc import Callable

import pytest
from aiohttp.test_utils import TestServer
from booked import Agenda
from browser import PHONE, assert_accessible, assert_fits_width
from conftest import Query
from console_support import new_account
from playwright.async_api import Browser, Locator, Page, expect
from test_console_browser import desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
WIDE = {"width": 1280, "height": 900}
MOST_TABS = 90
OUTLINE = "() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)"


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus, seen at each step."""
    for _ in range(MOST_TABS):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
        assert await page.evaluate(OUTLINE) >= 2, "the focus cannot be seen"
    raise AssertionError(f"{wanted} is not reached")


async def enter(page: Page, wanted: Locator) -> None:
    """Go there and press Enter."""
    await tab_to(page, wanted)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def looked_at(page: Page) -> None:
    await assert_accessible(page)
    await assert_fits_width(page)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "320"])
async def test_book_mark_and_close_by_keyboard(
    console: TestServer, browser: Browser, agenda: Agenda, query: Query, size: dict[str, int]
) -> None:
    await new_account("sara", "supervisore")
    agenda.set_clock("2026-03-05T09:40")
    query("UPDATE agenda_services SET needs_codice_fiscale = true")
    earlier = await made_at(agenda, "2026-03-05T09:30")
    page = await desk(browser, console, "sara", viewport=size)
    await enter(page, page.get_by_role("link", name="Calendario"))
    await looked_at(page)
    await book(page)
    await mark(page, earlier)
    assert query("SELECT state FROM agenda_appointments WHERE code = %s", earlier) == [("da_erogare",)]
    await close_the_day(page)
    assert query("SELECT state FROM agenda_appointments WHERE by_operator") == [("disdetto_operatore",)]


async def book(page: Page) -> None:
    """From a free place of the week to the code, with a form that is wrong on the way."""
    await enter(page, page.get_by_role("navigation", name="Sportelli").get_by_role("link", name="Sportello 1"))
    await looked_at(page)
    await enter(page, page.get_by_role("link", name="prenota gio 5 mar alle 11:00"))
    await looked_at(page)
    await tab_to(page, page.get_by_label("Servizio"))
    await page.keyboard.type("Ori")
    await enter(page, page.get_by_role("button", name="Cerca i posti"))
    await looked_at(page)
    chosen = page.get_by_role("radio", name="11:00").first
    await expect(chosen).to_be_checked()
    await enter(page, page.get_by_role("button", name="Tieni il posto e continua"))
    await looked_at(page)
    await expect(page.get_by_text("Tengo il posto fino alle 9:45: giovedì 5 marzo 2026 alle 11:00")).to_be_visible()
    for label, value in (("Nome e cognome", "Lucia Bianchi"), ("Telefono o e-mail", "333"), ("Codice fiscale", "no")):
        await tab_to(page, page.get_by_label(label))
        await page.keyboard.type(value)
    await tab_to(page, page.get_by_role("checkbox", name="Ha almeno 15 anni"))
    await page.keyboard.press("Space")
    await enter(page, page.get_by_role("button", name="Prenota"))
    await expect(page.get_by_role("alert")).to_be_focused()
    await looked_at(page)
    for label, value in (("Telefono o e-mail", "3337654321"), ("Codice fiscale", "BNCLCU90A41L219O")):
        await tab_to(page, page.get_by_label(label))
        await page.keyboard.press("Control+A")
        await page.keyboard.type(value)
    await enter(page, page.get_by_role("button", name="Prenota"))
    await expect(page.get_by_role("status").first).to_contain_text("l'appuntamento è prenotato")
    await looked_at(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Appuntamento \w{3}-\w{3}"))


async def mark(page: Page, earlier: str) -> None:
    """In the day of the desk: held, and taken back."""
    await enter(page, page.get_by_role("link", name="Il giorno nel calendario"))
    await looked_at(page)
    await enter(page, page.get_by_role("button", name=f"Fatto {earlier}", exact=True))
    await expect(page.get_by_role("status").first).to_have_text("Fatto: segnato come fatto.")
    await looked_at(page)
    await enter(page, page.get_by_role("button", name=f"Annulla l'esito di {earlier}"))
    await expect(page.get_by_role("button", name=f"Non presentato {earlier}")).to_be_visible()


async def close_the_day(page: Page) -> None:
    """With Lucia in it, who is cancelled."""
    await enter(page, page.get_by_role("link", name="Orari e chiusure"))
    await looked_at(page)
    close = page.get_by_role("region", name="Chiudi")
    await tab_to(page, close.get_by_label("Dal giorno"))
    # Typed as this browser's own language has it: month first.
    await page.keyboard.type("03052026")
    await tab_to(page, close.get_by_label("Motivo"))
    await page.keyboard.type("assemblea")
    await enter(page, close.get_by_role("button", name="Chiudi"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ci sono persone prenotate")
    await expect(page.get_by_role("cell", name="L. B.")).to_be_visible()
    await looked_at(page)
    await tab_to(page, page.get_by_role("radio", name="Cambia il calendario"))
    await page.keyboard.press("ArrowDown")
    await enter(page, page.get_by_role("button", name="Conferma"))
    await expect(page.get_by_role("status").first).to_contain_text("il calendario è cambiato")
    await expect(page.get_by_role("cell", name="assemblea")).to_be_visible()
    await looked_at(page)


async def made_at(agenda: Agenda, starts: str) -> str:
    """The code of an appointment made some days before."""
    agenda.set_clock("2026-03-02T09:00")
    made = await agenda.booked(starts)
    agenda.set_clock("2026-03-05T09:40")
    return made.code


async def test_arrows_move_between_the_cells_and_every_other_page_is_accessible(
    console: TestServer, browser: Browser, agenda: Agenda, query: Query, configure: Callable[..., None]
) -> None:
    await new_account("ada", "amministratore")
    made = await agenda.booked("2026-03-05T09:30")
    page = await desk(browser, console, "ada", viewport=WIDE)
    await page.goto("/calendario?centro=pinerolo&giorno=2026-03-05")
    await page.get_by_role("link", name="lun 2 mar", exact=True).focus()
    focused = (
        "() => document.activeElement.closest('td, th').cellIndex + ',' + document.activeElement.closest('tr').rowIndex"
    )
    for key, at in (
        ("ArrowDown", "1,1"),
        ("ArrowRight", "2,1"),
        ("End", "5,1"),
        ("ArrowRight", "5,1"),
        ("Home", "0,1"),
    ):
        await page.keyboard.press(key)
        assert await page.evaluate(focused) == at, key
    path = f"/calendario/appuntamenti/{made.id}"
    for size in (WIDE, PHONE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        for address in (path, path + "/sposta", path + "/disdici", "/calendario/sportelli?centro=pinerolo",
                        "/calendario/da-avvisare", "/calendario?vista=giorno&giorno=2026-03-08",
                        "/calendario/orari?centro=pinerolo"):  # fmt: skip
            await page.goto(address)
            await page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
            await looked_at(page)
    await page.goto(path)
    await page.get_by_label("Perché ti serve vederli").fill("devo chiamarla")
    await page.get_by_role("button", name="Mostra i dati personali").click()
    await expect(page.get_by_text("Anna De Rossi")).to_be_visible()
    await looked_at(page)
    await page.goto("/calendario?centro=pinerolo&giorno=2026-03-05")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("navigation").first).to_be_hidden()
    await expect(page.get_by_role("table")).to_be_visible()


async def test_without_scripts_everything_is_links_and_forms(
    console: TestServer, browser: Browser, agenda: Agenda
) -> None:
    await new_account("anna")
    await agenda.booked("2026-03-05T09:30")
    page = await desk(browser, console, "anna", viewport=PHONE, java_script_enabled=False)
    await page.get_by_role("link", name="Calendario").click()
    await page.get_by_role("link", name="gio 5 mar", exact=True).click()
    await page.get_by_role("link", name="9:30-10:00 Orientamento e CV").click()
    await page.get_by_role("link", name="Sposta").click()
    await page.get_by_role("radio", name="11:00").first.check()
    await page.get_by_role("button", name="Sposta qui").click()
    await expect(page.get_by_text("l'appuntamento è spostato")).to_be_visible()
