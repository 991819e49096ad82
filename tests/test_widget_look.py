"""How the widget looks in each of its states: axe finds nothing, nothing sticks out, on a desktop, a phone, in the dark.

SPORTELLO_SCREENSHOTS=docs/widget keeps pictures of the states.
"""

import os
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from booked import Agenda
from browser import PHONE, assert_fits_width
from playwright.async_api import Page, expect
from support import Dialogue
from widget_support import DESKTOP, SLOTS, Widget, rasa, settled

from bot.agenda.page_tokens import page_url
from bot.answers.centres import describe
from bot.conversations.model import Link
from bot.knowledge import get_knowledge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LOOKS: dict[str, dict[str, Any]] = {
    "chiaro": {"color_scheme": "light", "forced_colors": "none"},
    "scuro": {"color_scheme": "dark", "forced_colors": "none"},
    "contrasto": {"color_scheme": "dark", "forced_colors": "active"},
}
SIZES: dict[str, dict[str, int]] = {"computer": DESKTOP, "telefono": PHONE}


async def looked_at(widget: Widget, state: str) -> None:
    """Every look of a state; the page is left as it was found."""
    folder = os.environ.get("SPORTELLO_SCREENSHOTS")
    for size_name, size in SIZES.items():
        await widget.page.set_viewport_size(size)  # type: ignore[arg-type]
        for look, media in LOOKS.items():
            await widget.page.emulate_media(**media)
            await settled(0.15)
            if folder:
                await widget.page.screenshot(path=Path(folder) / f"{state}-{size_name}-{look}.png")
            await assert_fits_width(widget.page)
            await fits_inside(widget.page)
            await widget.accessible(contrast=media["forced_colors"] == "none")
    await widget.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    await widget.page.emulate_media(**LOOKS["chiaro"])


async def fits_inside(page: Page) -> None:
    """Inside the shadow root nothing needs to be scrolled sideways, and nothing that can be pressed is under 24 px."""
    wrong = await page.evaluate("""() => {
      const root = document.querySelector("sportello-chat").shadowRoot;
      const wrong = [];
      for (const one of root.querySelectorAll(".panel, .log, .head, .below, .screen, .message")) {
        if (one.checkVisibility() && one.scrollWidth > one.clientWidth + 1) wrong.push(`${one.className} is too wide`);
      }
      for (const one of root.querySelectorAll("button, a, input, textarea")) {
        const {width, height} = one.getBoundingClientRect();
        if (!one.checkVisibility()) continue;
        const target = one.matches("input[type=radio]") ? one.closest("label").getBoundingClientRect() : {width, height};
        const inText = one.matches(".bubble a");
        if (!inText && (target.width < 24 || target.height < 24)) wrong.push(`${one.outerHTML} is small`);
      }
      return wrong;
    }""")
    assert wrong == []


@pytest.fixture
async def told(widget: Widget, answering: Dialogue) -> AsyncIterator[Widget]:
    """Some sentences for each state."""
    centre = describe(get_knowledge().centres["torino-nord"], today=date(2026, 3, 2))
    answering.says["centro"] = rasa(
        centre.text,
        *((button.title, button.payload) for button in centre.buttons),
        links=tuple((link.title, link.url) for link in centre.links),
    )
    answering.says["posti"] = rasa(
        "Posso proporti questi:", *((title, f'/choose{{"slot":"{index}"}}') for index, title in enumerate(SLOTS))
    )
    yield widget


async def test_closed_and_unread(told: Widget) -> None:
    await looked_at(told, "chiusa")
    await told.open()
    await told.chat.get_by_role("button", name="Riduci").click()
    await told.told("Una notizia.")
    await expect(told.launcher).to_have_accessible_name(re.compile(r"^Chatta con Sportello ?, 1 messaggio non letto$"))
    await looked_at(told, "non-letti")


async def test_talking(told: Widget, agenda: Agenda) -> None:
    await told.open()
    await looked_at(told, "saluto")
    await told.say("centro")
    await expect(told.chat.get_by_role("link", name="Portami qui")).to_be_visible()
    await looked_at(told, "centro")
    await told.say("posti")
    await expect(told.chat.get_by_role("group", name="giovedì 5 marzo")).to_be_visible()
    await looked_at(told, "orari")
    appointment = await agenda.booked(conversation_id=await told.conversation())
    url = page_url(appointment.id)
    links = (
        Link(title="Pagina dell'appuntamento", url=url),
        Link(title="Aggiungi al calendario", url=f"{url}/calendario.ics"),
    )
    await told.told("Prenotato: giovedì 5 marzo alle 9:30.", links=links)
    await expect(told.chat.get_by_role("link", name="Entra nella videochiamata")).to_be_visible()
    await looked_at(told, "appuntamento")


async def test_around_the_talk(told: Widget) -> None:
    await told.open()
    await told.say("ciao")
    await expect(told.bubbles().last).to_have_text("risposta a: ciao")
    await told.chat.get_by_role("button", name="Opzioni").click()
    await looked_at(told, "opzioni")
    await told.page.keyboard.press("Escape")
    await told.chat.get_by_role("button", name="Cancella i miei dati").click()
    await looked_at(told, "cancella")
    await told.page.keyboard.press("Escape")
    await told.chat.get_by_role("button", name="Chiudi").click()
    await looked_at(told, "giudizio")
    await told.page.keyboard.press("Escape")
    await told.page.context.set_offline(True)
    await told.say("scritto senza rete")
    await expect(told.chat.locator(".delivery")).to_have_text("In attesa di partire")
    await looked_at(told, "senza-rete")
    await told.page.context.set_offline(False)
