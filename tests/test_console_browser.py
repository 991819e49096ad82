"""The console in Chromium: the main path of two operators, by keyboard, on a narrow screen, with axe on every page."""

import re

import pyotp
import pytest
from aiohttp.test_utils import TestServer
from browser import PHONE, assert_accessible, assert_fits_width, watch
from conftest import Query
from console_support import PASSWORD, new_account
from console_talks import Talk
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from support import Chat

from bot.settings import get_settings
from console.setup_links import first_link

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
OUTLINE = "() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)"


async def desk(browser: Browser, console: TestServer, username: str, **options: object) -> Page:
    """A browser of its own, signed in by hand."""
    context: BrowserContext = await browser.new_context(base_url=str(console.make_url("/")), **options)  # type: ignore[arg-type]
    page = await context.new_page()
    watch(page)
    await page.goto("/accesso")
    await page.get_by_label("Nome utente").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Conversazioni")
    return page


async def test_first_start_then_a_second_factor_then_a_colleague(console: TestServer, browser: Browser) -> None:
    link = await first_link(get_settings())
    assert link is not None
    context = await browser.new_context(base_url=str(console.make_url("/")))
    page = await context.new_page()
    await page.goto(link.removeprefix(get_settings().console_url))
    await assert_accessible(page)
    await page.get_by_label("Nome e cognome").fill("Ada Prova")
    await page.get_by_label("Nome utente").fill("ada")
    await page.get_by_label("Password", exact=True).fill("troppo corta")
    await page.get_by_label("Ripeti la password").fill("diversa")
    await page.get_by_role("button", name="Salva ed entra").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page).to_have_title(re.compile("^Errore: "))
    await assert_accessible(page)
    await page.get_by_label("Nome e cognome").fill("Ada Prova")
    await page.get_by_label("Nome utente").fill("ada")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Ripeti la password").fill(PASSWORD)
    await page.get_by_role("button", name="Salva ed entra").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Conversazioni")
    # The second factor.
    await page.get_by_role("link", name="Ada Prova").click()
    await assert_accessible(page)
    await page.locator("#password2").fill(PASSWORD)
    await page.get_by_role("button", name="Attiva il codice").click()
    await assert_accessible(page)
    secret = await page.locator("input[name=secret]").get_attribute("value")
    assert secret and await page.locator("img").evaluate("image => image.naturalWidth") > 100
    await page.get_by_label("Codice di 6 cifre").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Attiva").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Codici di recupero")
    await assert_accessible(page)
    code = await page.locator("ul.code li").first.text_content()
    await page.get_by_role("button", name="Esci").click()
    await assert_accessible(page)
    await page.get_by_label("Nome utente").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Codice di accesso")
    await assert_accessible(page)
    await page.get_by_label("Codice dell'app, o codice di recupero").fill(code or "")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Conversazioni")


async def test_a_colleague_is_invited_and_chooses_the_password_alone(console: TestServer, browser: Browser) -> None:
    await new_account("ada", "amministratore")
    page = await desk(browser, console, "ada")
    await page.get_by_role("link", name="Accessi").click()
    await assert_accessible(page)
    new = page.get_by_role("region", name="Nuovo accesso")
    await new.get_by_label("Nome e cognome").fill("Bruno Prova")
    await new.get_by_label("Nome utente").fill("bruno")
    await new.get_by_role("button", name="Crea e invita").click()
    invitation = await page.get_by_label("Invito", exact=True).input_value()
    await assert_accessible(page)
    other = await (await browser.new_context(base_url=str(console.make_url("/")))).new_page()
    await other.goto(invitation.removeprefix(get_settings().console_url))
    await other.get_by_label("Password", exact=True).fill(PASSWORD)
    await other.get_by_label("Ripeti la password").fill(PASSWORD)
    await other.get_by_role("button", name="Salva ed entra").click()
    await expect(other.get_by_role("heading", level=1)).to_have_text("Conversazioni")
    await page.get_by_role("link", name="Registro").click()
    await expect(page.get_by_role("cell", name="password scelta")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Verifica tutta la catena").click()
    await expect(page.get_by_text("Il registro è intero.")).to_be_visible()
    await assert_accessible(page)


async def test_two_operators_follow_a_citizen(console: TestServer, browser: Browser, chat: Chat, query: Query) -> None:
    await new_account("anna")
    await new_account("sara", "supervisore")
    anna, sara = await desk(browser, console, "anna"), await desk(browser, console, "sara")
    # What the citizen writes appears on both lists by itself.
    await chat.send("<b>Buongiorno</b>, il mio numero è 333 1234567")
    for page in (anna, sara):
        await expect(page.get_by_role("cell", name="il mio numero è [telefono]")).to_be_visible()
        await assert_accessible(page)
    await anna.locator("#righe a").first.click()
    await expect(anna.get_by_text("<b>Buongiorno</b>, il mio numero è [telefono]")).to_be_visible()
    await assert_accessible(anna)
    # And on the open conversation; said once to whoever does not see it.
    await chat.send("ci siete?")
    await expect(anna.locator("#messaggi").get_by_text("ci siete?")).to_be_visible()
    await expect(anna.locator("#annunci")).to_have_text("Cittadino: ci siete?")
    await anna.get_by_role("button", name="Assegnala a me").click()
    await expect(anna.get_by_text("È assegnata a Anna Prova.")).to_be_visible()
    await anna.get_by_label("Nuova nota").fill("la richiamo io")
    await anna.get_by_role("button", name="Aggiungi la nota").click()
    await expect(anna.get_by_role("status").first).to_contain_text("la nota è aggiunta")
    await anna.get_by_label("Nuova etichetta").fill("telefono")
    await anna.get_by_role("button", name="Aggiungi", exact=True).click()
    await assert_accessible(anna)
    await sara.goto("/?vista=libere")
    await expect(sara.get_by_text("Nessuna conversazione con questi filtri.")).to_be_visible()
    # The supervisor finds it and strikes the number out.
    await sara.goto("/")
    await sara.get_by_label("Cerca nei messaggi").fill('buongior "il mio numero" -appuntamento')
    await sara.keyboard.press("Enter")
    await expect(sara.locator("mark").first).to_be_visible()
    await assert_accessible(sara)
    await sara.locator("#righe a").first.click()
    await sara.get_by_role("link", name=re.compile("Cancella parole")).nth(1).click()
    await assert_accessible(sara)
    await sara.get_by_label("Motivo").fill("il numero non serve")
    await sara.get_by_role("button", name="Continua").click()
    await assert_accessible(sara)
    text = await sara.get_by_label("Messaggio").input_value()
    start = text.index("333 1234567")
    await sara.get_by_label("Messaggio").evaluate(
        "(area, [from, to]) => { area.focus(); area.setSelectionRange(from, to); }", [start, start + 11]
    )
    await expect(sara.get_by_label("Parole da cancellare")).to_have_value("333 1234567")
    sara.on("dialog", lambda dialog: dialog.accept())
    await sara.get_by_role("button", name="Cancella per sempre").click()
    await expect(sara.get_by_text("il mio numero è [omissis]")).to_be_visible()
    # The page that was open changes too.
    await expect(anna.get_by_text("il mio numero è [omissis]")).to_be_visible()
    assert "1234567" not in str(query("SELECT text, words::text FROM messages"))
    await sara.get_by_role("link", name="Vista per la stampa").click()
    await assert_accessible(sara)
    await sara.emulate_media(media="print")
    await expect(sara.get_by_role("navigation")).to_be_hidden()


async def test_personal_data_in_clear_and_the_export(console: TestServer, browser: Browser, query: Query) -> None:
    talk = Talk(query)
    talk.said("mi chiamo Mario Rossi")
    talk.said("=1+1")
    await talk.ready()
    await new_account("sara", "supervisore")
    page = await desk(browser, console, "sara")
    await page.goto(f"/conversazioni/{talk.id}")
    await page.get_by_label("Perché ti serve vederli").fill("devo richiamare")
    await page.get_by_role("button", name="Mostra i dati personali").click()
    await expect(page.get_by_text("mi chiamo Mario Rossi")).to_be_visible()
    await assert_accessible(page)
    await page.goto("/")
    await page.locator("summary", has_text="Filtri").click()
    await page.locator("summary", has_text="Esporta").click()
    await assert_accessible(page)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Esporta").click()
    kept = (await (await download.value).path()).read_text(encoding="utf-8-sig")
    assert "mi chiamo [nome]" in kept and "'=1+1" in kept


async def test_by_keyboard_and_on_a_narrow_screen(console: TestServer, browser: Browser, query: Query) -> None:
    talk = Talk(query)
    talk.said("una parola " + "lunghissima" * 20)
    await talk.ready()
    await new_account("ada", "amministratore")
    page = await desk(browser, console, "ada", viewport=PHONE)
    for path in (
        "/",
        f"/conversazioni/{talk.id}",
        f"/conversazioni/{talk.id}/stampa",
        "/accessi",
        "/registro",
        "/profilo",
    ):
        await page.goto(path)
        await assert_fits_width(page)
        await assert_accessible(page)
    await page.goto("/")
    for _ in range(60):
        await page.keyboard.press("Tab")
        assert await page.evaluate(OUTLINE) >= 2
        if await page.evaluate("() => document.activeElement.closest('#righe td.when') !== null"):
            break
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(str(talk.id)))


async def test_nothing_a_citizen_writes_runs(console: TestServer, browser: Browser, query: Query) -> None:
    talk = Talk(query)
    for words in ("<script>window.hit=1</script>", "<img src=x onerror='window.hit=1'>", "\"><svg onload=window.hit=1>",
                  "javascript:window.hit=1", "{{ 7*7 }}", "\u202ename\u202c"):  # fmt: skip
        talk.said(words, entities=[{"entity": "number", "value": words}])
    await talk.ready()
    await new_account("sara", "supervisore")
    page = await desk(browser, console, "sara")
    for path in ("/", "/?parole=script", f"/conversazioni/{talk.id}", f"/conversazioni/{talk.id}/stampa"):
        await page.goto(path)
        await page.wait_for_load_state()
        assert await page.evaluate("() => window.hit") is None
    # Renewed by script, too.
    await page.goto("/")
    talk.said("<img src=x onerror='window.hit=1'>fine")
    query("SELECT pg_notify('sportello_messages', %s)", str(talk.id))
    await expect(page.get_by_role("cell", name="fine")).to_be_visible()
    assert await page.evaluate("() => window.hit") is None


async def test_when_the_session_is_over_the_open_page_says_so(
    console: TestServer, browser: Browser, chat: Chat, query: Query
) -> None:
    await new_account("anna")
    page = await desk(browser, console, "anna")
    query("DELETE FROM console_sessions")
    await chat.send("ciao")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Entra")


async def test_a_page_that_could_not_listen_says_so_and_shows_what_it_missed(
    console: TestServer, browser: Browser, chat: Chat, query: Query
) -> None:
    await new_account("anna")
    page = await desk(browser, console, "anna")
    refused = True

    async def answer(route: Route) -> None:
        await (route.fulfill(status=502) if refused else route.continue_())

    await page.route("**/eventi*", answer)
    await page.goto(f"/conversazioni/{chat.id}")
    await chat.send("c'è nessuno?")
    refused = False
    await expect(page.locator("#messaggi").get_by_text("c'è nessuno?")).to_be_visible()
    # And a session that ended before the page was connected is told.
    refused = True
    await page.reload()
    query("DELETE FROM console_sessions")
    refused = False
    await expect(page.get_by_role("heading", level=1)).to_have_text("Entra")
