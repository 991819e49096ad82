"""What operators change reaches the citizen: once, on their channel, in words that fit; else an operator has to call."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from booked import ANNA, SERVICE, Agenda, slot_at
from conftest import Query
from console_support import Desk, SignIn
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat
from test_calendar import PERSON, held_by, path_of
from twilio_world import NUMBER, World

from actions.desk import StoredAnswers
from bot import clock
from bot.agenda.model import Citizen
from bot.agenda.notices import Kind, Notice
from bot.agenda.slot_values import value_of
from bot.answers.changed import told
from bot.answers.gsm7 import segments
from bot.booking.conversation import take_turn
from bot.booking.desk import Desk as Turn
from bot.booking.heard import Heard
from bot.booking.state import slot_from_json
from bot.dialogue.payloads import check_payload
from bot.knowledge import get_knowledge
from bot.knowledge.places import read_place
from bot.knowledge.readability import gulpease
from bot.nlu.when import read_when
from channels.agenda_jobs import tell_all, tell_changed, tell_reminder
from channels.capabilities import SMS
from channels.render import render


@pytest.fixture
async def anna(signed_in: SignIn) -> AsyncIterator[Desk]:
    yield await signed_in()


async def said(chat: Chat) -> list[dict]:
    return [m for m in await chat.messages(after=1) if m["sender"] == "bot"]


async def test_who_is_moved_reads_where_to_once(anna: Desk, agenda: Agenda, chat: Chat, engine: AsyncEngine) -> None:
    made = await agenda.booked("2026-03-05T09:30", conversation_id=chat.id)
    place = {"posto": value_of(slot_at("2026-03-06T11:00", "phone"))}
    assert (await anna.post(path_of(made, "/sposta"), place)).status == 303
    await asyncio.gather(*(tell_all(engine, tell_changed) for _ in range(3)))
    [message] = await said(chat)
    assert message["text"] == (
        "Abbiamo spostato il tuo appuntamento. Prima era giovedì 5 marzo alle 9:30. Ora è venerdì 6 marzo alle 11: "
        f"Orientamento e CV. È al telefono: ti chiamiamo noi. Il codice resta {made.code}. "
        "Per spostarlo o disdirlo apri la sua pagina, oppure scrivimi qui."
    )
    [link] = message["links"]
    assert "/appuntamenti/" in link["url"]


async def test_who_asked_reads_that_it_was_done(anna: Desk, agenda: Agenda, chat: Chat, engine: AsyncEngine) -> None:
    made = await agenda.booked("2026-03-05T09:30", conversation_id=chat.id)
    assert (await anna.post(path_of(made, "/disdici"), {"motivo": "richiesta"})).status == 303
    await tell_all(engine, tell_changed)
    [message] = await said(chat)
    assert message["text"].startswith("Come hai chiesto, abbiamo disdetto il tuo appuntamento.")
    assert [one["title"] for one in message["buttons"]] == ["Prenota di nuovo"]


async def test_the_web_chat_may_be_closed_so_it_is_also_a_text_message(
    world: World, anna: Desk, agenda: Agenda
) -> None:
    chat = await Chat.open(world.edge)
    made = await agenda.booked("2026-03-05T09:30", conversation_id=chat.id, citizen=ANNA)
    assert (await anna.post(path_of(made, "/disdici"), {"motivo": "chiusura"})).status == 303
    await tell_all(world.engine, tell_changed)
    await world.send()
    [message] = world.twilio.sent
    assert message.to == NUMBER
    assert message.body.startswith("Appuntamento gio 5/3 9:30 disdetto da noi: Orientamento e CV. Scusaci.")
    assert "1 mar 3 mar, 9:00" in message.body and "4 Altri giorni" in message.body
    assert segments(message.body) <= 2
    assert len(await said(chat)) == 1


async def test_booked_at_the_counter_with_consent_gets_its_code_and_reminders_by_sms(
    world: World, anna: Desk, agenda: Agenda
) -> None:
    form = await held_by(anna, "2026-03-05T09:30", "in_person")
    answer = await anna.post("/calendario/prenota/conferma", form | PERSON | {"contatto": NUMBER, "promemoria": "1"})
    assert answer.status == 303
    [(made, code)] = world.query("SELECT id, code FROM agenda_appointments")
    await tell_all(world.engine, tell_changed)
    await world.send()
    assert [one.to for one in world.twilio.sent] == [NUMBER]
    assert code in world.twilio.sent[0].body and segments(world.twilio.sent[0].body) == 1
    agenda.set_clock("2026-03-03T10:00")
    await tell_all(world.engine, tell_reminder)
    await world.send()
    assert "1 confermo 2 sposto 3 disdico" in world.twilio.sent[1].body
    assert "nella sua conversazione" in await anna.page(path_of(UUID(str(made))))


@pytest.mark.parametrize("more", [{}, {"contatto": "a@example.org", "promemoria": "1"}])
async def test_without_consent_or_mobile_number_nothing_is_sent(
    world: World, anna: Desk, agenda: Agenda, more: dict[str, str]
) -> None:
    form = await held_by(anna, "2026-03-05T09:30", "in_person")
    answer = await anna.post("/calendario/prenota/conferma", form | PERSON | {"contatto": NUMBER} | more)
    assert answer.status == 303
    agenda.set_clock("2026-03-03T10:00")
    for tell in (tell_changed, tell_reminder):
        await tell_all(world.engine, tell)
    await world.send()
    assert world.twilio.sent == []
    assert "solo a voce" in await anna.page(answer.headers["Location"])


async def test_missed_by_mistake_and_taken_back_tells_nobody(
    anna: Desk, agenda: Agenda, chat: Chat, engine: AsyncEngine
) -> None:
    from channels.agenda_jobs import tell_missed

    made = await agenda.booked("2026-03-05T09:30", conversation_id=chat.id)
    agenda.set_clock("2026-03-05T10:00")
    for state in ("non_presentato", "annulla"):
        assert (await anna.post(path_of(made, "/esito"), {"stato": state})).status == 303
        await tell_all(engine, tell_missed)
    agenda.set_clock("2026-03-05T11:00")
    await tell_all(engine, tell_missed)
    assert await said(chat) == []


# --- another place, pressed -------------------------------------------------------------------------------------------


async def test_pressing_a_proposed_place_goes_straight_to_the_name(
    agenda: Agenda, engine: AsyncEngine, chat: Chat
) -> None:
    desk = Turn(
        conversation_id=UUID(chat.id),
        book=agenda.book,
        knowledge=get_knowledge(),
        private=StoredAnswers(engine, UUID(chat.id)),
        now=clock.now(),
        services=await agenda.book.services(),
        sites=await agenda.book.sites(),
    )
    place = slot_at("2026-03-06T11:00", "phone")

    def pressed(value: str) -> Heard:
        return Heard(
            text="",
            intent="book_appointment",
            sure=True,
            place=read_place(""),
            when=read_when("", now=clock.now()),
            pressed={"bookable": SERVICE, "slot": value},
        )

    turn = await take_turn(desk, None, pressed(value_of(place)))
    assert turn.state is not None and turn.state.slot is not None
    assert slot_from_json(turn.state.slot) == place
    assert turn.state.step == "name" and turn.state.hold is not None
    assert "Tengo per te venerdì 6 marzo alle 11, al telefono" in turn.replies[0].text
    # Taken meanwhile: said, and others proposed.
    taken = slot_at("2026-03-06T09:00")
    await agenda.book.hold(uuid4(), taken, now=clock.now())
    turn = await take_turn(desk, None, pressed(value_of(taken)))
    assert "preso proprio adesso" in turn.replies[0].text and turn.state and turn.state.step == "slot"
    # What is no place is as if only the service had been named.
    for wrong in ("", "video.1.99.altrove", "x" * 200):
        turn = await take_turn(desk, None, pressed(wrong))
        assert turn.state and turn.state.step == "where"


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cancelled", "cancelled_on_request", "moved", "booked"])
@pytest.mark.parametrize("mode", ["video", "phone", "in_person"])
async def test_the_words_are_plain_and_short(agenda: Agenda, kind: Kind, mode: str) -> None:
    made = await agenda.booked("2026-03-05T09:30")
    slot = slot_at("2026-03-05T09:30", mode)  # type: ignore[arg-type]
    before = replace(made, slot=slot_at("2026-03-04T09:30"))
    appointment = replace(made, slot=slot, citizen=Citizen(name="Anna Rossi"))
    notice = Notice(id=1, kind=kind, appointment=appointment, reason="manca la persona che ti riceve", before=before)
    service, site = (await agenda.book.services())[SERVICE], (await agenda.book.sites())["pinerolo"]
    places = [slot_at(f"2026-03-{day:02}T09:00") for day in (9, 10, 11)] if kind == "cancelled" else []
    full = told(notice, service, site, proposals=places, now=clock.now())
    assert gulpease(full.text) >= 60, full.text
    assert "Rossi" not in full.text
    for button in full.buttons:
        assert check_payload(button.payload) == button.payload
        assert json.loads(button.payload[button.payload.index("{") :])["bookable"] == SERVICE
    long = replace(service, title="Colloquio di orientamento specialistico e patto di servizio personalizzato")
    short = told(notice, long, site, proposals=places, now=clock.now() + timedelta(hours=1), short=True)
    assert len(render(short.text, short.buttons, short.links, SMS).parts) == 1


# --- for the person of a conversation ---------------------------------------------------------------------------------


async def test_booked_for_the_person_of_a_conversation_they_have_it_there(
    anna: Desk, agenda: Agenda, chat: Chat, engine: AsyncEngine, query: Query
) -> None:
    assert f"/calendario/prenota?conversazione={chat.id}" in await anna.page(f"/conversazioni/{chat.id}")
    held = await agenda.book.hold(UUID(chat.id), slot_at("2026-03-06T09:00"), now=clock.now())  # their own, in the chat
    form = await held_by(anna, "2026-03-05T09:30", conversazione=chat.id)
    assert (await anna.post("/calendario/prenota/conferma", form | PERSON)).status == 303
    await tell_all(engine, tell_changed)
    [message] = await said(chat)
    assert message["text"].startswith(
        "Il tuo appuntamento è prenotato. È giovedì 5 marzo alle 9:30: Orientamento e CV."
    )
    [mine] = await agenda.book.of_conversation(UUID(chat.id), now=clock.now())
    assert mine.code in message["text"] and mine.by_operator
    # What they held is still theirs; the same service twice is refused, here as there.
    assert query("SELECT count(*) FROM agenda_claims WHERE id = %s", held.id) == [(1,)]
    form = await held_by(anna, "2026-03-05T11:00", conversazione=chat.id)
    answer = await anna.post("/calendario/prenota/conferma", form | PERSON)
    assert answer.status == 409 and "ha già un appuntamento" in await answer.text()
    assert (await anna.get(f"/calendario/prenota?centro=pinerolo&conversazione={uuid4()}")).status == 404
