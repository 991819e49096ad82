"""Teaching in Chromium: by keyboard alone, on a narrow screen, with axe on every page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from browser import PHONE, assert_accessible, assert_fits_width, watch
from conftest import Query
from console_support import new_account, sign_in
from playwright.async_api import Browser, Page, expect
from teaching_support import missed

from bot.teaching import changes
from bot.teaching.regression import read_cases

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
NEW = "mi hanno lasciato a casa dalla fabbrica di cioccolato"
Enter = Callable[..., Any]


@pytest.fixture
async def enter(project: Path, console: TestServer, browser: Browser) -> Enter:
    """A page of its own, signed in: `await enter("sara", "supervisore")`."""

    async def open_page(username: str, role: str = "operatore", **options: Any) -> Page:
        await new_account(username, role)  # type: ignore[arg-type]
        context = await browser.new_context(base_url=str(console.make_url("/")), **options)
        page = await context.new_page()
        watch(page)
        await sign_in(page, username)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Conversazioni")
        return page

    return open_page


async def looked_at(page: Page) -> None:
    """Nothing for axe to find where the page is widest, and nothing that sticks out where it is narrowest."""
    await assert_accessible(page)
    size = page.viewport_size
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await assert_fits_width(page)
    assert size
    await page.set_viewport_size(size)


async def tab_to(page: Page, name: str) -> None:
    """Go on with the Tab key until what has this name has the focus, and see that it shows it."""
    for _ in range(150):
        await page.keyboard.press("Tab")
        told = await page.evaluate(
            "() => (document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || '').trim()"
        )
        if " ".join(told.split()).startswith(name):
            outline = "() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
            assert await page.evaluate(outline) >= 2
            return
    pytest.fail(f"the keyboard does not get to {name!r}")


async def test_from_the_queue_to_the_files_by_keyboard(
    enter: Enter, console: TestServer, query: Query, project: Path
) -> None:
    for _ in range(4):
        await missed(query, NEW, f"{NEW} ieri", "chiamatemi al 333 1234567 per la fabbrica di cioccolato")
    await missed(query, "vorrei adottare un gatto \u202e<b>subito</b>")
    sara = await enter("sara", "supervisore")
    await sara.goto("/da-rivedere")
    await looked_at(sara)
    # One: the topic, on the row itself.
    await tab_to(sara, "Voleva dire: Iscriversi: la DID")
    await sara.keyboard.press("Enter")
    await expect(sara.get_by_role("heading", name="Che cosa scriverò")).to_be_visible()
    await expect(sara.get_by_label("Aggiungi la frase 1")).to_be_checked()
    await expect(sara.get_by_text("[telefono]").first).to_be_visible()
    await looked_at(sara)
    # Two: yes.
    await tab_to(sara, "Aggiungi agli esempi")
    await sara.keyboard.press("Enter")
    await expect(sara.get_by_role("heading", level=1)).to_have_text("2 frasi per «Iscriversi: la DID»")
    await expect(sara.get_by_role("status").first).to_contain_text("è scritto nei file")
    await looked_at(sara)
    assert NEW in (changes.read(project, "nlu_data/faq/did.yml") or "")
    assert {case.intent for case in read_cases(project)} == {"faq/did"}
    # Three starts the training, or leads to where it is started.
    if "model_train" in console.app.router:
        await expect(sara.get_by_role("button", name="Addestra", exact=True)).to_be_visible()
    await sara.goto("/lezioni")
    await looked_at(sara)
    await sara.goto("/prove")
    await looked_at(sara)
    await sara.get_by_role("button", name=re.compile("Togli…")).first.click()
    await looked_at(sara)


async def test_editing_a_sentence_shows_what_is_written_again(enter: Enter, query: Query, project: Path) -> None:
    await missed(query, NEW)
    sara = await enter("sara", "supervisore", viewport=PHONE)
    await sara.goto("/da-rivedere")
    await sara.get_by_label(re.compile("Un altro argomento per")).fill("Over 50")
    await sara.keyboard.press("Enter")
    if await sara.get_by_text("può essere").count():
        await sara.locator(".choices a").last.click()
    await sara.get_by_label(re.compile("^Frase 1")).fill("mi chiamo Mario Rossi e sono a casa")
    await sara.get_by_role("button", name="Aggiungi agli esempi").click()
    await expect(sara.get_by_role("alert").first).to_be_focused()
    await expect(sara.get_by_role("alert").first).to_contain_text("dato personale")
    await assert_accessible(sara)
    await sara.get_by_label(re.compile("^Frase 1")).fill("a casa dopo trent'anni di cioccolato")
    await sara.get_by_role("button", name=re.compile("Aggiungi agli esempi|Mostra che cosa scriverei")).click()
    await expect(sara.get_by_role("alert").first).to_be_focused()
    await expect(sara.get_by_role("alert").first).to_contain_text("Hai cambiato qualcosa")
    await assert_accessible(sara)
    await sara.get_by_role("button", name="Aggiungi agli esempi").click()
    await expect(sara.get_by_role("heading", level=1)).to_contain_text("1 frase per")
    await sara.get_by_role("button", name="Annulla questa lezione").click()
    await assert_accessible(sara)
    await assert_fits_width(sara)
    await sara.get_by_role("button", name="Annulla la lezione").click()
    await expect(sara.get_by_role("status").first).to_contain_text("come prima")
    assert read_cases(project) == []


async def test_knowledge_pages(enter: Enter, query: Query, project: Path) -> None:
    await missed(query, "abito al Villaggio Snia, dove vado?")
    sara = await enter("sara", "supervisore")
    paths = "/conoscenze /conoscenze/centri /conoscenze/scadute /conoscenze/luoghi /conoscenze/nuovo".split()
    for path in [*paths, "/conoscenze/centri/torino-nord", "/conoscenze/argomenti/did"]:
        await sara.goto(path)
        await looked_at(sara)
    await sara.get_by_label("Chi se ne occupa").fill("Ufficio DID")
    await sara.get_by_label("Da ricontrollare entro").fill("2030-01-31")
    await sara.keyboard.press("Enter")
    await expect(sara.get_by_role("heading", name="Che cosa scriverò")).to_be_focused()
    await looked_at(sara)
    await sara.get_by_role("button", name="Conferma e scrivi").click()
    await expect(sara.get_by_role("heading", level=1)).to_contain_text("Responsabile di")
    await looked_at(sara)
    # From a row to its entities, and to a new topic.
    await sara.goto("/da-rivedere")
    await sara.locator(".review h2 a").first.click()
    await looked_at(sara)
    await sara.get_by_role("link", name=re.compile("non il posto")).click()
    await looked_at(sara)
    await sara.go_back()
    await sara.get_by_role("link", name=re.compile("Manca l'argomento")).click()
    await expect(sara.get_by_label("Come lo chiede la gente")).to_have_value("abito al Villaggio Snia, dove vado?")
    await sara.get_by_role("button", name="Mostra che cosa scriverò").click()
    await expect(sara.get_by_role("alert")).to_be_focused()
    await assert_accessible(sara)


async def test_an_operator_flags_and_proposes(enter: Enter, query: Query) -> None:
    talk = await missed(query, NEW)
    anna = await enter("anna")
    await anna.goto(f"/conversazioni/{talk.id}")
    await anna.get_by_role("button", name=re.compile("Capito male")).click()
    await expect(anna.get_by_text("segnalato da Anna Prova")).to_be_visible()
    await assert_accessible(anna)
    await anna.goto("/da-rivedere")
    await anna.get_by_role("link", name=re.compile("Iscriversi: la DID")).first.click()
    await looked_at(anna)
    await anna.get_by_role("button", name=re.compile("Proponi")).click()
    await expect(anna.get_by_role("status").first).to_contain_text("proposta è salvata")
    await expect(anna.get_by_text("Anna Prova propone")).to_be_visible()
    await anna.get_by_role("button", name=re.compile("Metti da parte")).click()
    await expect(anna.get_by_text("Niente da rivedere")).to_be_visible()
    await assert_accessible(anna)
