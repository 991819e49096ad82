"""The pages of appointments in Chromium: by keyboard, without scripts, on a narrow screen, with and without devices."""

import re

import pytest
from aiohttp.test_utils import TestClient
from booked import Agenda, path_of
from browser import PHONE, Launch, assert_accessible, assert_fits_width
from playwright.async_api import Browser, Page, expect

from bot import clock
from bot.agenda.model import Appointment
from bot.agenda.rooms import room_url

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

FOCUSED = "() => (document.activeElement.innerText || document.activeElement.id || '').trim()"
OUTLINE = "() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
FAKE_DEVICES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def url(edge: TestClient, appointment: Appointment, below: str = "") -> str:
    return str(edge.make_url(path_of(appointment, below)))


async def tab_to(page: Page, name: str, *, most: int = 60) -> None:
    """Press Tab until what has this text, or this id, has the focus; every stop on the way must be seen."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        assert await page.evaluate(OUTLINE) >= 2, f"focus not visible on {await page.evaluate(FOCUSED)}"
        if await page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


async def test_moving_by_keyboard_alone(edge: TestClient, agenda: Agenda, browser: Browser) -> None:
    appointment = await agenda.booked()
    page = await browser.new_page()
    await page.goto(url(edge, appointment))
    await tab_to(page, "Vai al contenuto")
    await page.keyboard.press("Enter")
    await tab_to(page, "Sposta")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sposta l'appuntamento")
    # Sent without a choice: the error takes the focus, and its link leads to the choices.
    await tab_to(page, "Sposta qui")
    await page.keyboard.press("Enter")
    await expect(page).to_have_title(re.compile("^Errore: "))
    await expect(page.get_by_role("alert")).to_be_focused()
    await assert_accessible(page)
    await tab_to(page, "Scegli un giorno e un'ora.")
    await page.keyboard.press("Enter")
    # From the first hour by arrows, across the days.
    first = page.get_by_role("radio").first
    await expect(first).to_be_focused()
    await page.keyboard.press("Space")
    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio").nth(3)).to_be_checked()
    await tab_to(page, "Sposta qui")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("l'appuntamento è spostato")
    await expect(page.get_by_text("martedì 3 marzo alle 10")).to_be_visible()
    old = await agenda.book.get(appointment.id)
    assert old.state == "spostato"
    assert old.moved_to is not None
    assert page.url.startswith(url(edge, await agenda.book.get(old.moved_to)))


async def test_cancelling(edge: TestClient, agenda: Agenda, browser: Browser) -> None:
    appointment = await agenda.booked()
    page = await browser.new_page()
    await page.goto(url(edge, appointment))
    await page.get_by_role("link", name="Disdici").click()
    await page.get_by_role("button", name="Sì, disdico").click()
    await expect(page.get_by_role("group", name="Perché disdici?")).to_have_accessible_description(
        re.compile("Scegli il motivo")
    )
    await page.get_by_label("Motivi di salute").check()
    await page.get_by_role("button", name="Sì, disdico").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hai disdetto questo appuntamento")
    # The form of before leads here now.
    await page.goto(url(edge, appointment, "disdici"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hai disdetto questo appuntamento")
    assert (await agenda.book.get(appointment.id)).reason == "salute"


async def test_every_page_is_accessible_and_fits_a_narrow_screen(
    edge: TestClient, agenda: Agenda, browser: Browser
) -> None:
    one = await agenda.booked()
    moved = await agenda.moved(await agenda.booked("2026-03-05T10:00"), "2026-03-09T10:00")
    assert moved.moved_from is not None
    cancelled = await agenda.booked("2026-03-05T11:00")
    await agenda.book.cancel(cancelled.id, reason="altro", now=clock.now())
    paths = [
        path_of(one, below)
        for below in ("", "sposta", "sposta?dal=2027-01-01", "disdici", "telefono", "prova", "entra")
    ]
    paths += [path_of(cancelled), f"{path_of(moved)}?fatto=spostato", path_of(await agenda.book.get(moved.moved_from))]
    paths.append("/appuntamenti/sbagliato")
    page = await browser.new_page()
    for path in paths:
        for size in (PHONE, {"width": 1280, "height": 800}):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            await page.goto(str(edge.make_url(path)))
            await assert_fits_width(page)
            await assert_accessible(page)
        assert await page.get_by_role("heading", level=1).count() == 1


async def test_everything_works_without_scripts(edge: TestClient, agenda: Agenda, browser: Browser) -> None:
    appointment = await agenda.booked()
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(url(edge, appointment, "prova"))
    await expect(page.get_by_text("la prova automatica è spenta")).to_be_visible()
    await expect(page.get_by_role("button", name="Inizia la prova")).to_be_hidden()
    await page.get_by_role("link", name="Preferisco il telefono").click()
    await page.get_by_role("button", name="Sì, chiamatemi").click()
    await expect(page.get_by_text("Fatto: ti chiamiamo noi")).to_be_visible()
    await page.get_by_role("link", name="Sposta").click()
    await page.get_by_role("link", name="Mostra altri giorni").click()
    await page.get_by_label("11:00").nth(1).check()
    await page.get_by_role("button", name="Sposta qui").click()
    await expect(page.get_by_text("l'appuntamento è spostato")).to_be_visible()
    await page.get_by_role("link", name="Disdici").click()
    await page.get_by_label("Altro motivo").check()
    await page.get_by_role("button", name="Sì, disdico").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hai disdetto questo appuntamento")


async def test_the_button_to_enter_comes_by_itself_at_its_time(
    edge: TestClient, agenda: Agenda, browser: Browser
) -> None:
    appointment = await agenda.booked()
    agenda.set_clock("2026-03-05T09:19:57")
    page = await browser.new_page()
    await page.goto(url(edge, appointment))
    enter = page.get_by_role("link", name="Entra nella videochiamata")
    await expect(enter).to_be_hidden()
    await expect(enter).to_be_visible()
    await page.route("https://video.example.org/**", lambda route: route.fulfill(body="stanza"))
    await enter.click()
    await page.wait_for_url(room_url(appointment.id))
    assert await page.evaluate("document.referrer") == ""


async def test_the_check_hears_sees_and_measures(edge: TestClient, agenda: Agenda, launch: Launch) -> None:
    appointment = await agenda.booked()
    browser = await launch(*FAKE_DEVICES)
    page = await browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(url(edge, appointment, "prova"))
    await page.get_by_role("button", name="Inizia la prova").click()
    await expect(page.locator("#camera")).to_have_text("La camera funziona. Qui sotto ti vedi.")
    await expect(page.locator("video")).to_be_visible()
    await expect(page.locator("#microphone")).to_contain_text("funziona", timeout=12_000)
    await expect(page.locator("#connection")).to_have_text("La connessione va bene.", timeout=20_000)
    await assert_accessible(page)
    await assert_fits_width(page)
    tracks = "() => document.querySelector('video').srcObject?.getTracks().map(t => t.readyState) ?? []"
    assert await page.evaluate(tracks) == ["live"]
    await page.get_by_role("button", name="Spegni").click()
    await expect(page.locator("video")).to_be_hidden()
    assert await page.evaluate(tracks) == []
    assert problems == []


async def test_a_permission_denied_is_explained_in_words(edge: TestClient, agenda: Agenda, launch: Launch) -> None:
    appointment = await agenda.booked()
    browser = await launch("--use-fake-device-for-media-stream")  # nobody is there to allow it
    page = await browser.new_page()
    await page.goto(url(edge, appointment, "prova"))
    await page.get_by_role("button", name="Inizia la prova").click()
    await expect(page.locator("#camera")).to_contain_text("non ha il permesso di usare la camera")
    await expect(page.locator("#microphone")).to_contain_text("non ha il permesso di usare il microfono")
    await expect(page.locator("#connection")).to_have_text("La connessione va bene.", timeout=20_000)
    await expect(page.get_by_role("link", name="Preferisco il telefono")).to_be_visible()
    await assert_accessible(page)


async def test_a_machine_without_devices_is_told_so(edge: TestClient, agenda: Agenda, launch: Launch) -> None:
    appointment = await agenda.booked()
    browser = await launch("--use-fake-ui-for-media-stream")
    page = await browser.new_page()
    await page.goto(url(edge, appointment, "prova"))
    await page.get_by_role("button", name="Inizia la prova").click()
    await expect(page.locator("#camera")).to_contain_text("Non trovo una camera")
    await expect(page.locator("#microphone")).to_contain_text("Non trovo un microfono")


async def test_a_slow_connection_is_told_and_the_phone_offered(
    edge: TestClient, agenda: Agenda, launch: Launch
) -> None:
    appointment = await agenda.booked()
    browser = await launch(*FAKE_DEVICES)
    page = await browser.new_page()
    await page.goto(url(edge, appointment, "prova"))
    session = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 100, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
    await session.send("Network.emulateNetworkConditions", slow)
    await page.get_by_role("button", name="Inizia la prova").click()
    await expect(page.locator("#connection")).to_contain_text("La connessione è lenta", timeout=30_000)
    await session.send("Network.emulateNetworkConditions", slow | {"offline": True})
    await page.get_by_role("button", name="Prova di nuovo").click()
    await expect(page.locator("#connection")).to_contain_text("Non riesco a provare", timeout=30_000)
