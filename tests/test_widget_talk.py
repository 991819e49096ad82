"""The widget in Chromium: asking, pressing, links and telephones, a person, feedback, transcript, erasure."""

import re

import pytest
from conftest import Query
from playwright.async_api import expect
from support import Dialogue, until
from widget_support import LISTEN, SLOTS, Widget, rasa, settled

from bot.conversations.model import Button, Link
from bot.conversations.presence import operator_types, tell
from channels import webchat

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_nothing_is_asked_or_kept_before_the_chat_is_used(widget: Widget, query: Query) -> None:
    await settled()
    assert await widget.kept() == {}
    assert await widget.page.context.cookies() == []
    assert query("SELECT count(*) FROM conversations") == [(0,)]


async def test_asking_and_pressing(widget: Widget, answering: Dialogue) -> None:
    answering.says["did"] = rasa("La DID è una dichiarazione.", ("Chi può", '/ask_topic{"topic":"did"}'))
    await widget.open()
    await widget.say("did")
    await expect(widget.bubbles().last).to_have_text("La DID è una dichiarazione.")
    await widget.chat.get_by_role("button", name="Chi può").click()
    await expect(widget.bubbles("citizen").last).to_have_text("Chi può")
    await expect(widget.bubbles().last).to_contain_text("risposta a: Chi può")
    await expect(widget.chat.locator(".pending")).to_have_count(0)
    assert answering.asked[-1]["payload"] == '/ask_topic{"topic":"did"}'


async def test_what_stays_on_the_device_is_no_word_of_what_was_said(widget: Widget) -> None:
    await widget.open()
    await widget.say("mi chiamo Anna De Rossi")
    await expect(widget.bubbles().last).to_contain_text("risposta a:")
    [kept] = (await widget.kept()).values()
    assert set(kept) == {"id", "token", "seen", "at"}
    assert await widget.page.context.cookies() == []


async def test_times_are_grouped_by_day_and_each_button_says_its_day(widget: Widget, answering: Dialogue) -> None:
    answering.says["posti"] = rasa(
        "Posso proporti questi:", *((title, f'/choose{{"slot":"{index}"}}') for index, title in enumerate(SLOTS))
    )
    await widget.open()
    await widget.say("posti")
    thursday = widget.chat.get_by_role("group", name="giovedì 5 marzo")
    await expect(thursday.get_by_role("button")).to_have_count(2)
    await expect(widget.chat.get_by_role("group", name="venerdì 6 marzo").get_by_role("button")).to_have_text(
        [re.compile("9:30, Pinerolo")]
    )
    await thursday.get_by_role("button", name="10:00 giovedì 5 marzo").click()
    await expect(widget.bubbles("citizen").last).to_have_text("gio 5 mar, 10:00")
    # What was answered cannot be answered again; the focus stays where it was.
    await expect(thursday.get_by_role("button").first).to_have_attribute("aria-disabled", "true")
    await thursday.get_by_role("button").first.click(force=True)
    await settled()
    assert len(answering.asked) == 2


async def test_telephones_and_addresses_in_a_text_can_be_followed(widget: Widget) -> None:
    await widget.open()
    await widget.told("Chiama 011 0876180 o lo 800 184704, scrivi a info@example.org o vedi https://example.org/a?b=1.")
    bubble = widget.bubbles().last
    await expect(bubble).to_contain_text("Chiama 011")
    links = await bubble.get_by_role("link").evaluate_all("all => all.map(a => [a.getAttribute('href'), a.rel])")
    safe = "noopener noreferrer"
    assert links == [
        ["tel:0110876180", ""],
        ["tel:800184704", ""],
        ["mailto:info@example.org", ""],
        ["https://example.org/a?b=1", safe],
    ]


async def test_messages_of_one_sender_are_grouped_with_the_time_once(widget: Widget) -> None:
    await widget.open()
    await widget.told("uno", "due")
    await expect(widget.bubbles().last).to_have_text("due")
    seen = widget.chat.locator(".message.bot .who:not(.hidden)")
    await expect(seen).to_have_count(1)
    await expect(seen).to_have_text(re.compile(r"Sportello, assistente automatico \d\d:\d\d"))


async def test_each_message_is_announced_once_and_history_not_at_all(widget: Widget) -> None:
    await widget.open()
    await settled()
    await widget.page.evaluate(LISTEN)
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_have_text("risposta a: ciao")
    await widget.told("un'altra", buttons=(Button(title="Sì", payload="/affirm"),))
    await expect(widget.bubbles().last).to_have_text("un'altra")
    await settled()
    who = "Sportello, assistente automatico"
    assert await widget.announced() == [f"{who}: risposta a: ciao", f"{who}: un'altra 1 scelta."]
    await widget.chat.get_by_role("button", name="Riduci").click()
    await widget.launcher.click()
    await settled()
    assert len(await widget.announced()) == 2
    await expect(widget.log).to_have_attribute("aria-live", "off")


async def test_unread_messages_are_counted_while_the_panel_is_closed(widget: Widget) -> None:
    await widget.open()
    await settled()
    await widget.chat.get_by_role("button", name="Riduci").click()
    await expect(widget.launcher).to_be_focused()
    await widget.page.evaluate(LISTEN)
    await widget.told("uno", "due", "tre")
    await expect(widget.chat.locator(".badge")).to_have_text("3")
    await expect(widget.launcher).to_have_accessible_name(re.compile("3 messaggi non letti"))
    await settled()
    assert await widget.announced() == ["3 messaggi non letti"]
    await widget.launcher.click()
    await widget.chat.get_by_role("button", name="Riduci").click()
    await expect(widget.chat.locator(".badge")).to_be_hidden()


async def test_a_person_takes_over_writes_and_leaves(widget: Widget, query: Query) -> None:
    await widget.open()
    conversation = await widget.conversation()
    engine = widget.edge.app[webchat.ENGINE]  # type: ignore[union-attr]
    query("UPDATE conversations SET owner = 'operator', operator_name = 'Marta' WHERE id = %s", conversation)
    async with engine.begin() as connection:
        await tell(connection, conversation)
    owner = widget.chat.locator(".owner")
    await expect(owner).to_have_text("Stai parlando con una persona: Marta")
    await expect(widget.chat.locator(".machine")).to_be_hidden()
    async with engine.begin() as connection:
        await operator_types(connection, conversation)
    await expect(widget.chat.locator(".typing")).to_have_text("Marta sta scrivendo…")
    await widget.told("Buongiorno, sono Marta.", sender="operator", author="Marta")
    await expect(widget.bubbles("operator")).to_have_text("Buongiorno, sono Marta.")
    await expect(widget.chat.locator(".message.operator .name")).to_have_text("Marta, operatore")
    await widget.input.press_sequentially("gr")
    await until(
        lambda: query("SELECT citizen_typing_until > now() FROM conversations WHERE id = %s", conversation) == [(True,)]
    )
    # The typing of the operator ends by itself.
    await expect(widget.chat.locator(".typing")).to_be_hidden(timeout=9000)
    query("UPDATE conversations SET owner = 'bot', operator_name = NULL WHERE id = %s", conversation)
    async with engine.begin() as connection:
        await tell(connection, conversation)
    await expect(owner).to_have_text("Assistente automatico")


async def test_the_answer_that_takes_its_time_shows_that_it_is_being_written(
    widget: Widget, answering: Dialogue
) -> None:
    answering.slow["piano"] = 1.5
    await widget.open()
    await widget.say("piano")
    await expect(widget.chat.locator(".typing")).to_have_text("Sportello sta scrivendo…")
    await expect(widget.bubbles().last).to_have_text("risposta a: piano")
    await expect(widget.chat.locator(".typing")).to_be_hidden()


async def test_a_judgement_with_a_comment_is_kept_without_personal_data(widget: Widget, query: Query) -> None:
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_contain_text("risposta")
    await widget.chat.get_by_role("button", name="Chiudi", exact=True).click()
    await expect(widget.chat.get_by_role("heading", name="Prima di chiudere")).to_be_focused()
    await widget.chat.get_by_role("button", name="Invia il giudizio").click()
    await expect(widget.chat.locator(".told")).to_have_text("Scegli «Sì» o «No», poi invia.")
    await widget.chat.get_by_role("radio", name="No").check()
    await widget.chat.get_by_label("Vuoi dirci perché?").fill("non ha capito, chiamatemi al 333 1234567")
    await widget.chat.get_by_role("button", name="Invia il giudizio").click()
    await expect(widget.chat.locator(".told")).to_have_text("Grazie del giudizio.")
    assert query("SELECT rating, comment FROM feedback") == [("down", "non ha capito, chiamatemi al [telefono]")]
    await widget.chat.get_by_role("button", name="Chiudi la chat").click()
    await expect(widget.launcher).to_be_focused()
    assert await widget.kept() == {}


async def test_the_conversation_can_be_taken_away_as_a_file(widget: Widget) -> None:
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_contain_text("risposta")
    await widget.chat.get_by_role("button", name="Opzioni").click()
    async with widget.page.expect_download() as download:
        await widget.chat.get_by_role("button", name="Scarica la conversazione").click()
    file = await (await download.value).path()
    text = file.read_bytes().decode("utf-8-sig")
    assert "Tu\nciao" in text
    assert "Sportello (assistente automatico)\nrisposta a: ciao" in text
    await expect(widget.status).to_have_text("Conversazione scaricata.")


async def test_erasing_ones_data_leaves_nothing_here_or_there(widget: Widget, query: Query) -> None:
    await widget.open()
    await widget.say("un segreto")
    await expect(widget.bubbles().last).to_contain_text("risposta")
    await widget.chat.get_by_role("button", name="Cancella i miei dati").click()
    await expect(widget.chat.get_by_role("heading", name="Vuoi cancellare i tuoi dati?")).to_be_focused()
    await widget.chat.get_by_role("button", name="Sì, cancella tutto").click()
    await expect(widget.status).to_have_text(re.compile(r"cancellati. Il numero della ricevuta è RC-"))
    await expect(widget.chat.locator(".message")).to_have_count(0)
    assert await widget.kept() == {}
    assert query("SELECT count(*) FROM conversations") == [(0,)]
    assert query("SELECT count(*) FROM messages") == [(0,)]
    await widget.chat.get_by_role("button", name="Nuova conversazione").click()
    await expect(widget.log).to_contain_text("assistente automatico dei Centri")
    await expect(widget.input).to_be_focused()


async def test_a_new_conversation_forgets_the_old_one(widget: Widget) -> None:
    await widget.open()
    await widget.say("ciao")
    await expect(widget.bubbles().last).to_contain_text("risposta")
    before = await widget.conversation()
    await widget.chat.get_by_role("button", name="Opzioni").click()
    await widget.chat.get_by_role("button", name="Nuova conversazione").click()
    await widget.chat.get_by_role("button", name="Sì, ricomincia").click()
    await expect(widget.chat.locator(".message")).to_have_count(1)
    assert await widget.conversation() != before


async def test_the_text_grows_and_shrinks(widget: Widget) -> None:
    await widget.open()
    await widget.chat.get_by_role("button", name="Opzioni").click()
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    before = await widget.bubbles().first.evaluate(size)
    for _ in range(5):
        await widget.chat.get_by_role("button", name="Testo più grande").click(force=True)
    assert await widget.bubbles().first.evaluate(size) == 2 * before
    await widget.chat.get_by_role("button", name="Testo più piccolo").click()
    assert await widget.bubbles().first.evaluate(size) == 1.5 * before


async def test_a_link_that_is_no_address_is_not_shown(widget: Widget) -> None:
    await widget.open()
    links = tuple(
        Link(title=title, url=url)
        for title, url in (
            ("a", "javascript:alert(1)"),
            ("b", "data:text/html,x"),
            ("c", "/privacy"),
            ("d", "https://x.it"),
        )
    )
    await widget.told("ecco", links=links)
    await expect(widget.bubbles().last).to_have_text("ecco")
    hrefs = await widget.chat.locator(".message").last.get_by_role("link").evaluate_all("all => all.map(a => a.href)")
    assert hrefs == [str(widget.edge.make_url("/privacy")), "https://x.it/"]
