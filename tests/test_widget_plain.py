"""The chat without scripts: forms at /chat, over HTTP as a text browser and in Chromium with scripts off."""

import asyncio
import re
import shutil
from html import unescape
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from browser import PHONE, assert_accessible, assert_fits_width
from conftest import Query
from playwright.async_api import Browser, Page, expect
from support import Dialogue
from widget_support import SLOTS, rasa

pytestmark = pytest.mark.timeout(120)

CHAT = "/chat"


async def submit(edge: TestClient, path: str = CHAT, *, status: int = 200, **fields: str) -> str:
    async with edge.post(path, data=fields) as answer:
        page = await answer.text()
        assert answer.status == status, page
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        return page


def hidden(page: str, name: str = "conversazione") -> str:
    """The value of a hidden field."""
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


async def test_nothing_is_stored_before_the_first_message(edge: TestClient, query: Query) -> None:
    async with edge.get(CHAT) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
    assert "<script" not in page
    assert "assistente automatico" in page
    assert query("SELECT count(*) FROM conversations") == [(0,)]


async def test_asking_and_pressing(edge: TestClient, answering: Dialogue) -> None:
    answering.says["posti"] = rasa(
        "Posso proporti questi:", *((title, f'/choose{{"slot":"{index}"}}') for index, title in enumerate(SLOTS))
    )
    page = await submit(edge, testo="posti", invio="uno")
    ticket = hidden(page)
    assert "Posso proporti questi:" in page
    assert "<legend>Giovedì 5 marzo</legend>" in page
    page = await submit(edge, conversazione=ticket, invio="due", **{"scelta.3.1": "10:00"})
    assert answering.asked[-1]["payload"] == '/choose{"slot":"1"}'
    assert "gio 5 mar, 10:00" in page
    # What was chosen can no longer be.
    assert "<legend>" not in page


async def test_the_same_form_sent_again_is_the_same_message(edge: TestClient, answering: Dialogue) -> None:
    ticket = hidden(await submit(edge, testo="ciao", invio="uno"))
    for _ in range(2):
        page = await submit(edge, conversazione=ticket, testo="ancora", invio="due")
    assert answering.texts() == ["ciao", "ancora"]
    assert page.count("risposta a: ancora") == 1


async def test_the_token_is_in_no_address_of_the_page(edge: TestClient, answering: Dialogue) -> None:
    page = await submit(edge, testo="ciao", invio="uno")
    token = hidden(page).partition(".")[2]
    assert not any(token in address for address in re.findall(r'(?:href|action|src)="([^"]*)"', page))


async def test_an_answer_that_is_late_can_be_looked_for(
    edge: TestClient, answering: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.plain_chat.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("channels.plain_chat.UPDATE_SECONDS", 0.2)
    answering.slow["piano"] = 1.0
    page = await submit(edge, testo="piano", invio="uno")
    assert "La risposta non è ancora arrivata" in page
    ticket, seen = hidden(page), hidden(page, "visti")
    page = await submit(edge, conversazione=ticket, visti=seen, aggiorna="x")
    assert "Non c'è ancora niente di nuovo" in unescape(page)
    monkeypatch.setattr("channels.plain_chat.UPDATE_SECONDS", 4.0)
    page = await submit(edge, conversazione=ticket, visti=seen, aggiorna="x")
    assert "risposta a: piano" in page
    assert "niente di nuovo" not in page


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({}, 422, "Scrivi un messaggio, poi premi Invia."),
        ({"testo": " \u2800 "}, 422, "non è arrivato bene"),
        ({"testo": "a" * 4001}, 413, "troppo lungo"),
        ({"testo": "ciao", "conversazione": "x"}, 404, "non c'è più"),
        ({"testo": "ciao", "conversazione": "c6151e96-0d9b-453a-b17c-2a054d5d32c4.x"}, 404, "non c'è più"),
        ({"scelta.1.0": "Sì"}, 422, "non vale più"),
        ({"scelta.x.-1": "Sì"}, 422, "non vale più"),
    ],
)
async def test_what_cannot_be_taken_is_told_in_words_and_kept(
    edge: TestClient, fields: dict[str, str], status: int, words: str
) -> None:
    page = unescape(await submit(edge, status=status, **fields))
    assert words in page
    assert "<title>Errore: " in page
    if status == 404:
        assert ">ciao</textarea>" in page


async def test_another_conversations_token_opens_nothing(edge: TestClient, answering: Dialogue) -> None:
    mine = hidden(await submit(edge, testo="mio", invio="uno"))
    other = hidden(await submit(edge, testo="segreto", invio="uno"))
    crossed = other.partition(".")[0] + "." + mine.partition(".")[2]
    for path in ("/chat", "/chat/scarica", "/chat/cancella", "/chat/giudizio"):
        page = await submit(edge, path, status=401, conversazione=crossed, testo="x")
        assert "segreto" not in page


async def test_text_is_only_text(edge: TestClient, answering: Dialogue) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\n\"'>{{7*7}}"
    page = await submit(edge, testo=hostile, invio="uno")
    assert "<script" not in page
    assert "<img" not in page
    assert "49" not in re.sub(r'value="[^"]*"|\d\d:\d\d', "", page)


async def test_transcript_judgement_and_erasure(edge: TestClient, answering: Dialogue, query: Query) -> None:
    ticket = hidden(await submit(edge, testo="ciao", invio="uno"))
    async with edge.post("/chat/scarica", data={"conversazione": ticket}) as answer:
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "Tu\nciao" in await answer.text()
    assert "Ti è stata utile?" in await submit(edge, "/chat/giudizio", conversazione=ticket)
    page = await submit(edge, "/chat/giudizio", status=422, conversazione=ticket, invia="x")
    assert "Errore:" in page
    await submit(edge, "/chat/giudizio", conversazione=ticket, invia="x", utile="up", perche="bene")
    assert query("SELECT rating, comment FROM feedback") == [("up", "bene")]
    assert "Vuoi cancellare" in await submit(edge, "/chat/cancella", conversazione=ticket)
    assert query("SELECT count(*) FROM messages") != [(0,)]
    assert "ricevuta è RC-" in await submit(edge, "/chat/cancella", conversazione=ticket, conferma="x")
    assert query("SELECT count(*) FROM messages") == [(0,)]
    assert "non c'è più" in unescape(await submit(edge, status=404, conversazione=ticket, testo="ancora"))


async def test_a_person_who_answers_is_named(edge: TestClient, answering: Dialogue, query: Query) -> None:
    ticket = hidden(await submit(edge, testo="ciao", invio="uno"))
    query("UPDATE conversations SET owner = 'operator', operator_name = 'Marta'")
    page = await submit(edge, conversazione=ticket, aggiorna="x")
    assert "Stai parlando con una persona: Marta." in page


@pytest.mark.parametrize("edge", [{"conversation_burst": 1, "conversation_rate": 0.01}], indirect=True)
async def test_who_writes_too_fast_keeps_what_was_written(edge: TestClient, answering: Dialogue) -> None:
    ticket = hidden(await submit(edge, testo="uno", invio="uno"))
    page = await submit(edge, status=429, conversazione=ticket, testo="due", invio="due")
    assert ">due</textarea>" in page
    assert "risposta a: uno" in page


async def no_scripts(browser: Browser) -> Page:
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    return await context.new_page()


@pytest.mark.browser
async def test_booking_with_scripts_off_on_a_phone(edge: TestClient, browser: Browser, answering: Dialogue) -> None:
    answering.says["posti"] = rasa("Posso proporti questi:", *((t, f'/choose{{"n":"{t}"}}') for t in SLOTS))
    page = await no_scripts(browser)
    await page.goto(str(edge.make_url("/")))
    await page.get_by_role("link", name="Apri la chat").click()
    await page.get_by_label("Il tuo messaggio").fill("posti")
    await page.get_by_role("button", name="Invia").click()
    await page.get_by_role("group", name="Giovedì 5 marzo").get_by_role("button", name="10:00").click()
    await expect(page.get_by_text("risposta a: gio 5 mar, 10:00")).to_be_visible()
    await page.get_by_role("button", name="Dai un giudizio").click()
    await page.get_by_label("Sì").check()
    await page.get_by_role("button", name="Invia il giudizio").click()
    await expect(page.get_by_text("Grazie del giudizio.")).to_be_visible()
    await page.reload()  # asks for the same once more
    await expect(page.get_by_text("risposta a: gio 5 mar, 10:00")).to_have_count(1)


@pytest.mark.browser
async def test_every_page_is_accessible_and_fits(edge: TestClient, browser: Browser, answering: Dialogue) -> None:
    answering.says["posti"] = rasa("Posso proporti questi:", *((t, f'/choose{{"n":"{t}"}}') for t in SLOTS))
    page = await browser.new_page()
    looks: list[Any] = [PHONE, {"width": 320, "height": 256}, {"width": 1280, "height": 800}]

    async def look() -> None:
        for size in looks:
            await page.set_viewport_size(size)
            await assert_fits_width(page)
            await assert_accessible(page)

    await page.goto(str(edge.make_url(CHAT)))
    await look()
    await page.get_by_label("Il tuo messaggio").fill("posti")
    await page.get_by_role("button", name="Invia").click()
    await look()
    await page.get_by_role("button", name="Invia").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await look()
    for button in ("Dai un giudizio", "Cancella i miei dati"):
        await page.get_by_role("button", name=button).click()
        await look()
        await page.get_by_role("button", name=re.compile("orna alla chat")).click()


@pytest.mark.skipif(shutil.which("lynx") is None and shutil.which("w3m") is None, reason="manca un browser testuale")
async def test_a_text_browser_reads_it(edge: TestClient) -> None:
    program = shutil.which("w3m") or shutil.which("lynx") or ""
    reading = await asyncio.create_subprocess_exec(
        program, "-dump", str(edge.make_url(CHAT)), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    shown, _ = await asyncio.wait_for(reading.communicate(), 20)
    assert "Il tuo messaggio" in shown.decode(errors="replace")
    assert "[Invia]" in shown.decode(errors="replace")
