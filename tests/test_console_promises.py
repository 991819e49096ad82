"""Questions left, end to end: asked on a channel, answered in the console, read where they were asked."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from booked import moment
from browser import PHONE, assert_accessible, assert_fits_width
from conftest import Query
from console_support import Desk, SignIn
from desk_pages import DeskPages
from desk_support import new_talk, wrote
from outbox_support import NO_WAIT, send_all
from playwright.async_api import expect
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat
from telegram_double import TelegramDouble
from telegram_people import Person
from twilio_world import NUMBER, ON_WHATSAPP, World

from actions.people import ActionPerson
from bot.answers import people as words
from bot.clock import offset_to
from bot.conversations import promises as desk
from bot.conversations.addresses import opt_out
from bot.conversations.handoff import take
from bot.conversations.handoff_model import Operator
from bot.settings import get_settings
from channels.outbox import Outbox
from channels.senders import close_all, create_senders

Configure = Callable[..., None]
SHUT, NEXT_DAY = "2026-03-02T20:00", "2026-03-03T10:00"
LEAD = words.ANSWER_LEAD.format(asked="lunedì 2 marzo alle 20")


async def left(engine: AsyncEngine, conversation_id: UUID, *, text: str = "", due: datetime | None = None) -> UUID:
    """What the assistant does when somebody leaves a question: the last message, or one more."""
    async with engine.begin() as connection:
        if text:
            question = await wrote(engine, conversation_id, text)
        else:
            last = "SELECT id FROM messages WHERE conversation_id = %s AND sender = 'citizen' ORDER BY seq DESC LIMIT 1"
            question = (await connection.exec_driver_sql(last, (conversation_id,))).scalar_one()
        if due is None:
            reply = await ActionPerson().answer(
                connection, conversation_id, {"given": "question", "which": str(question)}
            )
            assert reply.text.startswith("Fatto, ho tenuto la tua domanda.")
        else:
            await desk.leave_question(connection, conversation_id, question, now=due - timedelta(hours=17), due_at=due)
        found = await connection.exec_driver_sql(
            "SELECT id FROM promises WHERE conversation_id = %s", (conversation_id,)
        )
        return UUID(str(found.scalar_one()))


async def answer(operator: Desk, promise: UUID, text: str = "La NASpI arriva il 10.") -> None:
    done = await operator.post(f"/domande/{promise}/rispondi", {"testo": text})
    assert done.status == 303, await done.text()


# --- on each channel --------------------------------------------------------------------------------------------------


async def test_on_the_web_chat(signed_in: SignIn, engine: AsyncEngine, chat: Chat, configure: Configure) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    await chat.send("quando arriva la NASpI?")
    promise = await left(engine, UUID(chat.id))
    configure(clock_offset=offset_to(moment(NEXT_DAY)))
    await answer(await signed_in("anna"), promise)
    last = (await chat.messages())[-1]
    assert (last["sender"], last["author"]) == ("operator", "Anna")
    assert last["text"] == f"{LEAD}\n\nLa NASpI arriva il 10."


async def test_on_telegram(
    signed_in: SignIn,
    engine: AsyncEngine,
    telegram: TelegramDouble,
    person: Person,
    query: Query,
    configure: Configure,
) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    await person.send(person.text("quando arriva la NASpI?"))
    [(conversation_id,)] = query("SELECT id FROM conversations")
    promise = await left(engine, conversation_id)
    configure(clock_offset=offset_to(moment(NEXT_DAY)))
    await answer(await signed_in("anna"), promise)
    senders = create_senders(get_settings(), engine)
    await send_all(Outbox(engine, senders, settle=NO_WAIT))
    await close_all(senders)
    shown = telegram.chats[person.chat][-1].text
    assert "La NASpI arriva il 10." in shown
    assert LEAD in shown
    assert query("SELECT m.delivery FROM promises p JOIN messages m ON m.id = p.answer_id") == [("sent",)]


async def test_by_text_message(signed_in: SignIn, world: World, configure: Configure) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    await world.twilio.write("quando arriva la naspi?", sender=NUMBER)
    [(conversation_id,)] = world.query("SELECT id FROM conversations")
    promise = await left(world.engine, conversation_id)
    await world.send()
    configure(clock_offset=offset_to(moment(NEXT_DAY)))
    await answer(await signed_in("anna"), promise)
    await world.send()
    assert "La NASpI arriva il 10." in world.twilio.texts(NUMBER)[-1]


async def test_on_whatsapp_after_its_window_as_a_text_message(
    signed_in: SignIn, world: World, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    await world.twilio.write("quando arriva la naspi?", sender=ON_WHATSAPP)
    [(conversation_id,)] = world.query("SELECT id FROM conversations")
    promise = await left(world.engine, conversation_id)
    await world.send()
    world.query("UPDATE addresses SET last_inbound_at = now() - interval '30 hours'")
    configure(clock_offset=offset_to(moment("2026-03-04T10:00")))
    anna = await signed_in("anna")
    await answer(anna, promise)
    await world.send()
    assert "La NASpI arriva il 10." in world.twilio.texts(NUMBER)[-1]
    page = await anna.page("/domande")
    assert "mandata per SMS" in page
    assert "Risposte non arrivate" not in page


# --- in the console ---------------------------------------------------------------------------------------------------


async def test_what_is_late_comes_first_and_is_counted_in_the_menu(
    signed_in: SignIn, engine: AsyncEngine, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment("2026-03-03T14:00")))
    first, second = await new_talk(engine), await new_talk(engine)
    await left(engine, second, text="quella in tempo", due=moment("2026-03-03T15:00"))
    await left(engine, first, text="quella in ritardo <b>333 123 4567</b>", due=moment("2026-03-03T13:00"))
    anna = await signed_in("anna")
    page = await anna.page("/domande")
    assert page.index("In ritardo (1)") < page.index("quella in ritardo") < page.index("quella in tempo")
    assert "in ritardo da 1 h 00 min" in page
    assert "&lt;b&gt;[telefono]&lt;/b&gt;" in page
    # On every page, in words too.
    menu = await anna.page("/profilo")
    assert re.search(r'class="badge urgent">2</span><span class="hidden-words"> da rispondere, 1 in ritardo', menu)
    assert 'data-waiting="2"' in await anna.page("/domande/righe")


async def test_an_answer_is_said_once_and_logged(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna, marco = await signed_in("anna"), await signed_in("marco")
    conversation_id = await new_talk(engine)
    promise = await left(engine, conversation_id, text="ci siete?", due=moment(NEXT_DAY))
    assert f'href="/domande/{promise}"' in await anna.page(f"/conversazioni/{conversation_id}")
    await answer(anna, promise)
    again = await marco.post(f"/domande/{promise}/rispondi", {"testo": "eccomi"})
    assert again.status == 409
    assert "ha già risposto" in await again.text()
    assert query("SELECT count(*) FROM messages WHERE sender = 'operator'") == [(1,)]
    assert query("SELECT account, detail->>'domanda' FROM console_audit WHERE action = 'domanda: risposta'") == [
        ("anna", str(promise))
    ]
    assert "Risposto per iscritto" in await anna.page("/domande")
    assert "Domanda lasciata" not in await anna.page(f"/conversazioni/{conversation_id}")
    assert 'name="testo"' not in await anna.page(f"/domande/{promise}")


async def test_what_cannot_be_sent_is_said_and_the_draft_stays(
    signed_in: SignIn, engine: AsyncEngine, query: Query
) -> None:
    anna = await signed_in("anna")
    conversation_id = await new_talk(engine)
    promise = await left(engine, conversation_id, text="ci siete?", due=moment(NEXT_DAY))
    for text in ("", "x" * 4001):
        assert (await anna.post(f"/domande/{promise}/rispondi", {"testo": text})).status == 422
    async with engine.begin() as connection:
        await take(connection, conversation_id, Operator(key="other", name="Marco"))
    refused = await anna.post(f"/domande/{promise}/rispondi", {"testo": "la mia risposta"})
    assert refused.status == 409
    page = await refused.text()
    assert "la conversazione è di Marco" in page
    assert ">la mia risposta</textarea>" in page
    assert query("SELECT count(*) FROM messages WHERE sender = 'operator'") == [(0,)]


async def test_who_said_stop_is_told_of_and_closed_by_hand(
    signed_in: SignIn, engine: AsyncEngine, world: World
) -> None:
    await world.twilio.write("mi richiamate?", sender=NUMBER)
    [(conversation_id, address)] = world.query("SELECT conversation_id, id FROM addresses")
    promise = await left(engine, conversation_id, due=moment(NEXT_DAY))
    async with engine.begin() as connection:
        await opt_out(connection, address, out=True)
    anna = await signed_in("anna")
    assert "ha scritto STOP" in await anna.page(f"/domande/{promise}")
    assert (await anna.post(f"/domande/{promise}/rispondi", {"testo": "eccomi"})).status == 409
    assert (await anna.post(f"/domande/{promise}/chiudi", {"esito": "answered"})).status == 422
    assert (await anna.post(f"/domande/{promise}/chiudi", {"esito": "phoned"})).status == 303
    assert "Risposto al telefono" in await anna.page("/domande")


async def test_operators_take_their_own_and_supervisors_give(signed_in: SignIn, engine: AsyncEngine) -> None:
    anna, marco = await signed_in("anna"), await signed_in("marco")
    sara = await signed_in("sara", "supervisore")
    promise = await left(engine, await new_talk(engine), text="ci siete?", due=moment(NEXT_DAY))
    where = f"/domande/{promise}/assegna"
    assert (await anna.post(where, {"a": str(marco.id)})).status == 422
    assert (await anna.post(where, {"a": str(anna.id)})).status == 303
    assert "È assegnata a Anna Prova." in await marco.page(f"/domande/{promise}")
    assert (await marco.post(where, {"a": str(marco.id)})).status == 403
    assert (await sara.post(where, {"a": str(marco.id)})).status == 303
    assert "È assegnata a Marco Prova." in await sara.page(f"/domande/{promise}")


async def test_questions_of_other_centres_are_not_seen(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    sara, cuneo = await signed_in("sara", "supervisore"), await signed_in("bruno", "supervisore", centres=("cuneo",))
    promise = await left(engine, await new_talk(engine), text="ci siete?", due=moment(NEXT_DAY))
    await sara.page(f"/domande/{promise}")
    query("INSERT INTO console_work (conversation_id, centre) SELECT conversation_id, 'susa' FROM promises")
    # In a thread: the console may be summing up just now, and goes on only when it is let.
    await asyncio.to_thread(query, "UPDATE console_summaries SET centre = 'susa'")
    assert "ci siete?" in await sara.page("/domande")
    assert "ci siete?" not in await cuneo.page("/domande")
    assert 'class="badge' not in await cuneo.page("/profilo")
    for path in ("rispondi", "assegna", "chiudi"):
        assert (await cuneo.post(f"/domande/{promise}/{path}", {"testo": "x", "esito": "phoned"})).status == 404
    assert (await sara.get("/domande/niente")).status == 404


@pytest.mark.browser
async def test_two_operators_and_a_citizen(
    desk_pages: DeskPages, engine: AsyncEngine, chat: Chat, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    anna, marco = await desk_pages("anna"), await desk_pages("marco")
    await marco.goto("/domande")
    await expect(marco.get_by_text("Nessuna domanda aspetta una risposta.")).to_be_visible()
    await left(engine, UUID(chat.id), text="quando arriva la NASpI?")
    await chat.send("grazie")
    # Without a reload: the page hears of it.
    await expect(marco.get_by_role("heading", name="Da rispondere (1)")).to_be_visible(timeout=10_000)
    await expect(marco).to_have_title(re.compile(r"^\(1\) Domande lasciate"))
    await assert_accessible(marco)
    await anna.goto("/domande")
    # By keyboard alone.
    await anna.get_by_role("link", name="quando arriva la NASpI?").focus()
    await anna.keyboard.press("Enter")
    await expect(anna.get_by_role("heading", level=1)).to_have_text("Domanda del 02/03/2026 20:00")
    await assert_accessible(anna)
    await anna.get_by_label("La tua risposta").focus()
    await anna.keyboard.type("Arriva il 10 del mese.")
    await anna.keyboard.press("Tab")
    await expect(anna.get_by_label("Allega un file")).to_be_focused()
    await anna.keyboard.press("Tab")
    await anna.keyboard.press("Enter")
    await expect(anna.get_by_text("Fatto: la risposta è partita.")).to_be_visible()
    assert (await chat.messages())[-1]["text"].endswith("Arriva il 10 del mese.")
    await expect(marco.get_by_text("Nessuna domanda aspetta una risposta.")).to_be_visible(timeout=10_000)
    await anna.set_viewport_size(PHONE)
    await assert_fits_width(anna)
    await assert_accessible(anna)
    await anna.get_by_role("link", name="quando arriva la NASpI?").click()
    await expect(anna.get_by_role("heading", level=1)).to_have_text("Domanda del 02/03/2026 20:00")
    await assert_fits_width(anna)
    await assert_accessible(anna)
