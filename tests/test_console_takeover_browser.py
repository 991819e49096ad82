"""Two operators and a citizen at once, in Chromium: the line renews itself, replies arrive, everybody can use the pages."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestServer
from browser import PHONE, assert_accessible, assert_fits_width
from console_support import new_account, sign_in
from desk_support import new_talk
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat, until

from bot.answers import people as words
from bot.conversations import uploads
from bot.conversations.call_backs import ask_call
from bot.conversations.handoff import request_person
from bot.conversations.presence import citizen_types

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SignInPage = Callable[..., Any]


@pytest.fixture
async def desk(console: TestServer, browser: Browser) -> AsyncIterator[SignInPage]:
    """An operator's page, signed in: `await desk("anna")`."""
    contexts = []

    async def open_page(username: str, role: str = "operatore", **options: Any) -> Page:
        await new_account(username, role)  # type: ignore[arg-type]
        context = await browser.new_context(base_url=str(console.make_url("/")), **options)
        contexts.append(context)
        page = await context.new_page()
        await sign_in(page, username)
        return page

    yield open_page
    for context in contexts:
        await context.close()


async def ask_person(engine: AsyncEngine, conversation_id: UUID) -> None:
    async with engine.begin() as connection:
        await request_person(connection, conversation_id, "asked")


async def test_two_operators_and_a_citizen(engine: AsyncEngine, desk: SignInPage, chat: Chat) -> None:
    anna, marco = await desk("anna"), await desk("marco")
    for page in (anna, marco):
        await page.goto("/attesa")
        await expect(page.get_by_text("Nessuno aspetta.")).to_be_visible()
    await ask_person(engine, UUID(chat.id))
    await chat.send("mi serve una persona")
    # Without a reload, for both.
    for page in (anna, marco):
        await expect(page.get_by_role("heading", name="In attesa (1)")).to_be_visible(timeout=10_000)
    await assert_accessible(anna)
    await anna.get_by_role("button", name=re.compile("^Prendi")).click()
    await expect(anna.get_by_role("status").get_by_text("Adesso la conversazione è tua")).to_be_visible()
    await expect(marco.get_by_role("heading", name="Dei colleghi (1)")).to_be_visible(timeout=10_000)
    await assert_accessible(anna)
    await anna.get_by_role("link", name="Saluto").click()
    await expect(anna.get_by_label("La tua risposta")).to_have_value(re.compile("^Ciao, ho letto"))
    await anna.get_by_label("La tua risposta").fill("Buongiorno, sono Anna.")
    await anna.keyboard.press("Control+Enter")
    await expect(anna.get_by_text("Risposta inviata.")).to_be_visible()
    heard = [(one["sender"], one["text"]) for one in await chat.messages()]
    assert ("bot", words.TAKEN.format(name="Anna")) in heard
    assert heard[-1] == ("operator", "Buongiorno, sono Anna.")
    # What the citizen writes appears by itself, and closing then knows it was seen.
    await chat.send("grazie, ho capito")
    await expect(anna.locator("#messaggi").get_by_text("grazie, ho capito")).to_be_visible(timeout=10_000)
    async with engine.begin() as connection:
        await citizen_types(connection, UUID(chat.id))
    await expect(anna.get_by_text("Il cittadino sta scrivendo")).to_be_visible(timeout=10_000)
    await anna.get_by_label("Com'è andata").select_option("resolved")
    await anna.get_by_role("button", name="Chiudi e ridai all'assistente").click()
    await anna.wait_for_url("**/attesa")
    assert (await chat.messages())[-1]["text"] == words.BACK.format(name="Anna")
    await expect(marco.get_by_role("heading", name="Dei colleghi (0)")).to_be_visible(timeout=10_000)


async def test_the_sound_is_off_until_somebody_wants_it(engine: AsyncEngine, desk: SignInPage) -> None:
    anna = await desk("anna")
    await anna.add_init_script(
        "window.rung = 0; const Real = window.AudioContext;"
        "window.AudioContext = class extends Real {"
        " createOscillator() { window.rung += 1; return super.createOscillator(); } };"
    )
    await anna.goto("/attesa")
    await ask_person(engine, await new_talk(engine, "primo"))
    await expect(anna.get_by_role("heading", name="In attesa (1)")).to_be_visible(timeout=10_000)
    assert await anna.evaluate("window.rung") == 0
    sound = anna.get_by_role("button", name=re.compile("Suono"))
    await sound.click()
    await expect(sound).to_have_attribute("aria-pressed", "true")
    before = await anna.evaluate("window.rung")
    await ask_person(engine, await new_talk(engine, "secondo"))
    await expect(anna.get_by_role("heading", name="In attesa (2)")).to_be_visible(timeout=10_000)
    await until(lambda: _more(anna, before))
    await expect(anna).to_have_title(re.compile(r"^\(2\)"))


async def _more(page: Page, before: int) -> bool:
    return bool(await page.evaluate("window.rung") > before)


async def test_without_scripts_everything_can_be_done(engine: AsyncEngine, desk: SignInPage, chat: Chat) -> None:
    anna = await desk("anna", java_script_enabled=False)
    await ask_person(engine, UUID(chat.id))
    await anna.goto("/attesa")
    await anna.get_by_role("button", name=re.compile("^Prendi")).click()
    await anna.get_by_label("Cerca").fill("congedo")
    await anna.get_by_role("button", name="Cerca").click()
    await anna.get_by_role("link", name="Congedo").click()
    await anna.get_by_role("button", name="Invia").click()
    assert (await chat.messages())[-1]["text"].startswith("Se è tutto chiaro")


async def test_a_file_is_attached_by_hand_and_without_scripts(
    engine: AsyncEngine, desk: SignInPage, chat: Chat, tmp_path: Path
) -> None:
    content = b"%PDF-1.7\n" + b"x" * 120_000
    (tmp_path / "modulo.pdf").write_bytes(content)
    (tmp_path / "modulo.exe").write_bytes(b"MZ\0")
    (tmp_path / "grande.pdf").write_bytes(content * 50)
    await ask_person(engine, UUID(chat.id))
    anna = await desk("anna")
    await anna.goto("/attesa")
    await anna.get_by_role("button", name=re.compile("^Prendi")).click()
    await anna.wait_for_load_state()  # the script that looks at files is there
    field, box = anna.get_by_label("Allega un file"), anna.get_by_label("La tua risposta")
    await box.fill("Ecco il modulo.")
    await field.set_input_files(tmp_path / "grande.pdf")
    assert await field.evaluate("one => one.validationMessage") == uploads.TOO_LARGE.format(most="5 MB")
    await field.set_input_files(tmp_path / "modulo.exe")
    await anna.get_by_role("button", name="Invia").click()
    await expect(anna.get_by_role("alert")).to_contain_text("Vanno bene PDF")
    await expect(box).to_have_value("Ecco il modulo.")
    await field.set_input_files(tmp_path / "modulo.pdf")
    await box.press("Control+Enter")
    await expect(anna.get_by_text("Risposta inviata.")).to_be_visible()
    [link] = (await chat.messages())[-1]["links"]
    assert link["title"] == "Scarica modulo.pdf (120 kB)"
    await assert_accessible(anna)
    await anna.set_viewport_size(PHONE)
    await assert_fits_width(anna)
    async with anna.expect_download() as saved:
        await anna.get_by_role("link", name="modulo.pdf").click()
    assert (await (await saved.value).path()).read_bytes() == content
    # A colleague whose browser runs no scripts.
    marco = await desk("marco", java_script_enabled=False)
    await ask_person(engine, (other := await new_talk(engine, "e a me?")))
    await marco.goto(f"/attesa/{other}")
    await marco.get_by_role("button", name=re.compile("^Prendi")).click()
    await marco.get_by_label("La tua risposta").fill("Anche a te.")
    await marco.get_by_label("Allega un file").set_input_files(tmp_path / "modulo.pdf")
    await marco.get_by_role("button", name="Invia").click()
    await expect(marco.get_by_text("File allegato: modulo.pdf (120 kB)")).to_be_visible()


@pytest.mark.parametrize("path", ["/attesa", "/chiamate", "/risposte", "/privacy"])
async def test_pages_are_accessible_and_fit_a_telephone(engine: AsyncEngine, desk: SignInPage, path: str) -> None:
    conversation_id = await new_talk(engine, "voglio una persona")
    await ask_person(engine, conversation_id)
    async with engine.begin() as connection:
        moment = (await connection.exec_driver_sql("SELECT now()")).scalar_one()
        await ask_call(connection, conversation_id, "+393331234567", promised_from=moment)
    page = await desk("ada", "amministratore")
    await page.goto(path)
    await assert_accessible(page)
    await page.set_viewport_size(PHONE)
    await assert_fits_width(page)


async def test_a_person_is_found_and_erased_with_a_receipt(engine: AsyncEngine, desk: SignInPage) -> None:
    await new_talk(engine, "sono Ermenegilda Prova, 333 123 4567")
    page = await desk("ada", "amministratore")
    await page.goto("/privacy")
    await page.get_by_label(re.compile("^Telefono, e-mail")).fill("333 1234567")
    await page.get_by_label("Motivo").first.fill("richiesta scritta")
    await page.get_by_role("button", name="Cerca").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Dati trovati per telefono")
    await assert_accessible(page)
    await page.get_by_role("button", name="Cancella…").click()
    await assert_accessible(page)
    await page.get_by_label("Sì, voglio cancellare per sempre").check()
    await page.get_by_role("button", name="Cancella per sempre").click()
    await expect(page.get_by_text("La firma è buona.")).to_be_visible()
    await assert_accessible(page)
