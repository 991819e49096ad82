"""What does not arrive on one channel, or may not be seen there, is said as a text message when that was consented to."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from booked import SERVICE, SITE, Agenda, moment
from outbox_support import at, send_all
from support import Dialogue, LocalWorker, until
from twilio_double import Trouble
from twilio_world import NUMBER, ON_WHATSAPP, World

from bot import clock
from bot.agenda.model import Citizen, SlotQuery
from bot.conversations.model import Reply
from bot.conversations.store import add_outgoing
from bot.privacy.erasing import erase
from bot.settings import get_settings
from channels.agenda_jobs import tell_all, tell_freed_places, tell_missed, tell_reminder
from channels.outbox import Outbox
from channels.senders import close_all, create_senders

CITIZEN = Citizen(name="Anna De Rossi", contact=NUMBER)


async def reminded(world: World, agenda: Agenda, conversation_id: object, citizen: Citizen = CITIZEN) -> None:
    """An appointment made in a conversation, and the time for its reminder come."""
    await agenda.booked(conversation_id=str(conversation_id), citizen=citizen)
    agenda.set_clock("2026-03-03T10:00")
    await tell_all(world.engine, tell_reminder)


def assert_one_segment_reminder(text: str) -> None:
    assert text.startswith("Appuntamento gio")
    assert "1 confermo 2 sposto 3 disdico" in text
    assert text.count("1 ") == 1
    assert len(text) <= 160


async def test_a_reminder_whose_window_is_closed_becomes_a_text_message(world: World, agenda: Agenda) -> None:
    await world.twilio.write("ciao", sender=ON_WHATSAPP)
    await world.send()
    world.query("UPDATE addresses SET last_inbound_at = now() - interval '30 hours'")
    [(conversation,)] = world.query("SELECT id FROM conversations")
    await reminded(world, agenda, conversation)
    await world.send()
    last = world.twilio.sent[-1]
    assert last.to == NUMBER
    assert_one_segment_reminder(last.body)
    rows = "SELECT c.channel, m.delivery FROM messages m JOIN conversations c ON c.id = m.conversation_id "
    assert world.query(rows + "WHERE m.text LIKE '%%ppuntamento%%' AND m.buttons <> '[]' ORDER BY m.created_at") == [
        ("whatsapp", "undeliverable"),
        ("sms", "queued"),
    ]
    assert world.query("SELECT count(*) FROM messages WHERE instead_of IS NOT NULL") == [(1,)]


async def test_a_failure_told_later_becomes_a_text_message_once(world: World, agenda: Agenda) -> None:
    await world.twilio.write("ciao", sender=ON_WHATSAPP)
    [(conversation,)] = world.query("SELECT id FROM conversations")
    await reminded(world, agenda, conversation)
    await world.send()
    message = world.twilio.sent[-1]
    assert message.to == ON_WHATSAPP
    for status in ("failed", "failed", "undelivered"):
        await world.twilio.receipt(message, status, 63016)
    await world.send()
    assert [one.to for one in world.twilio.sent[-2:]] == [ON_WHATSAPP, NUMBER]
    assert_one_segment_reminder(world.twilio.sent[-1].body)


async def test_a_booking_of_the_web_chat_is_reminded_by_text_message_too(world: World, agenda: Agenda) -> None:
    world.query("INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat')")
    [(conversation,)] = world.query("SELECT id FROM conversations")
    await reminded(world, agenda, conversation)
    await world.send()
    [one] = world.twilio.sent
    assert one.to == NUMBER
    assert_one_segment_reminder(one.body)
    assert world.query("SELECT count(*) FROM messages WHERE conversation_id = %s", conversation) == [(1,)]


async def test_a_blocked_telegram_chat_is_reminded_by_text_message(world: World, agenda: Agenda) -> None:
    chat = await at(world.engine, "telegram", "42")
    world.query("UPDATE addresses SET blocked_at = now()")
    await reminded(world, agenda, chat.conversation_id)
    await world.send()
    assert [one.to for one in world.twilio.sent] == [NUMBER]


@pytest.mark.parametrize("contact", ["anna@example.org", "+390113456789", ""])
async def test_without_a_mobile_number_nothing_is_said_elsewhere(world: World, agenda: Agenda, contact: str) -> None:
    chat = await at(world.engine, "telegram", "42")
    await reminded(world, agenda, chat.conversation_id, Citizen(name="Anna De Rossi", contact=contact))
    await world.send()
    assert world.twilio.sent == []
    assert world.query("SELECT delivery FROM messages") == [("undeliverable",)]


@pytest.mark.parametrize("where", ["telegram", "sms", "whatsapp"])
async def test_stop_on_any_of_a_person_s_channels_holds(world: World, agenda: Agenda, where: str) -> None:
    chat = await at(world.engine, "telegram", "42")
    stopped = chat if where == "telegram" else await at(world.engine, where, NUMBER)
    world.query("UPDATE addresses SET opted_out_at = now() WHERE id = %s", stopped.id)
    await reminded(world, agenda, chat.conversation_id)
    await world.send()
    assert world.twilio.sent == []


@pytest.mark.parametrize("where", ["sms", "whatsapp"])
async def test_stop_holds_after_everything_about_the_person_was_erased(
    world: World, agenda: Agenda, where: str
) -> None:
    stopped = await at(world.engine, where, NUMBER)
    world.query("UPDATE addresses SET opted_out_at = now()")
    async with world.engine.begin() as connection:
        await erase(connection, conversation_ids=[stopped.conversation_id], now=clock.now())
    assert world.query("SELECT count(*) FROM addresses") == [(0,)]
    # An appointment made later, on the web, for the same number: on the web page it stands, no text message leaves.
    world.query("INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat')")
    [(conversation,)] = world.query("SELECT id FROM conversations")
    await reminded(world, agenda, conversation)
    await world.send()
    assert world.twilio.sent == []
    assert world.query("SELECT count(*) FROM messages WHERE conversation_id = %s", conversation) == [(1,)]


async def test_an_ordinary_answer_is_not_repeated_elsewhere(world: World) -> None:
    await world.twilio.write("HELP", sender=ON_WHATSAPP)
    world.twilio.trouble(Trouble(400, 30007))
    await world.send()
    assert {one.to for one in world.twilio.sent} == {ON_WHATSAPP}


async def test_who_answers_the_text_message_is_told_whom_they_speak_with(world: World, agenda: Agenda) -> None:
    chat = await at(world.engine, "telegram", "42")
    await reminded(world, agenda, chat.conversation_id)
    await world.send()
    await world.twilio.write("1", sender=NUMBER)
    await world.send()
    assert "un programma, non una persona" in world.twilio.texts()[-1]
    [(payload_owner,)] = world.query(
        "SELECT count(*) FROM agenda_claimed_by b JOIN addresses a ON a.conversation_id = b.conversation_id"
    )
    assert payload_owner == 1


@pytest.mark.parametrize(
    ("said", "intent"),
    [("1", "confirm_attendance"), ("2", "reschedule_appointment"), ("3 disdico", "cancel_appointment")],
)
async def test_the_number_answered_to_a_reminder_does_what_it_says(
    world: World, agenda: Agenda, worker: LocalWorker, dialogue: Dialogue, said: str, intent: str
) -> None:
    world.query("INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat')")
    [(conversation,)] = world.query("SELECT id FROM conversations")
    await reminded(world, agenda, conversation)
    await world.send()
    await world.twilio.write(said, sender=NUMBER)
    worker.start()
    await until(lambda: dialogue.asked)
    [(appointment,)] = world.query("SELECT id FROM agenda_appointments")
    assert dialogue.asked[0]["payload"] == f'/{intent}{{"appointment":"{appointment}"}}'
    assert dialogue.asked[0]["conversation_id"] != str(conversation), "in the conversation of the text messages"


async def test_the_approved_template_is_used_rather_than_a_text_message(
    world: World, agenda: Agenda, configure: Callable[..., None]
) -> None:
    body = {"body": "Ti scrive Sportello. {{1}} Per non ricevere promemoria scrivi STOP."}
    configure(
        twilio_reminder_content_sid=world.twilio.add_content({"twilio/text": body}, name="p", approved=True)["sid"]
    )
    await world.twilio.write("ciao", sender=ON_WHATSAPP)
    await world.send()
    world.query("UPDATE addresses SET last_inbound_at = now() - interval '30 hours'")
    [(conversation,)] = world.query("SELECT id FROM conversations")
    await reminded(world, agenda, conversation)
    senders = create_senders(get_settings(), world.engine)
    await send_all(Outbox(world.engine, senders))
    await close_all(senders)
    assert [one.to for one in world.twilio.sent] == [ON_WHATSAPP, ON_WHATSAPP]
    assert "1 Confermo 2 Sposto 3 Disdico" in world.twilio.sent[-1].body


async def test_an_operator_s_answer_after_a_day_becomes_a_text_message(world: World) -> None:
    await world.twilio.write("ciao", sender=ON_WHATSAPP)
    await world.send()
    world.query("UPDATE addresses SET last_inbound_at = now() - interval '30 hours'")
    address = await at(world.engine, "whatsapp", NUMBER)
    async with world.engine.begin() as connection:
        question = world.query("SELECT id FROM messages WHERE sender = 'citizen'")[0][0]
        reply = Reply(text="Sono Paola del centro: ho trovato la tua pratica.")
        await add_outgoing(connection, address.conversation_id, [reply], in_reply_to=question, sender="operator")
    await world.send()
    assert world.twilio.sent[-1].to == NUMBER
    assert world.twilio.sent[-1].body == "Sono Paola del centro: ho trovato la tua pratica."
    assert world.query("SELECT sender FROM messages WHERE instead_of IS NOT NULL") == [("operator",)]


# --- places that freed up, and appointments nobody came to


async def web_chat(world: World) -> UUID:
    [(conversation,)] = world.query(
        "INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat') RETURNING id"
    )
    return conversation  # type: ignore[no-any-return]


async def blocked_telegram(world: World) -> UUID:
    chat = await at(world.engine, "telegram", "42")
    world.query("UPDATE addresses SET blocked_at = now()")
    return chat.conversation_id


UNSEEN = pytest.mark.parametrize("where", [web_chat, blocked_telegram])
Where = Callable[[World], Awaitable[UUID]]


async def offered(world: World, agenda: Agenda, conversation: UUID) -> None:
    """Somebody waits for a day that is full, and a place of it frees up."""
    day = "2026-03-05"
    taken = [await agenda.booked(f"{day}T{hour:02}:{minute:02}") for hour in (9, 10, 11) for minute in (0, 30)]
    wish = SlotQuery(service_id=SERVICE, site_ids=(SITE,), now=clock.now(), days=(moment(f"{day}T00:00").date(),))
    await agenda.book.join_waiting_list(conversation, wish, CITIZEN, now=clock.now())
    await agenda.book.cancel(taken[2].id, reason="altro", now=clock.now())
    await tell_all(world.engine, tell_freed_places)


@UNSEEN
async def test_a_place_that_freed_up_is_offered_by_text_message(
    world: World, agenda: Agenda, worker: LocalWorker, dialogue: Dialogue, where: Where
) -> None:
    conversation = await where(world)
    await offered(world, agenda, conversation)
    await world.send()
    [one] = world.twilio.sent
    assert one.to == NUMBER
    assert one.body.startswith("Posto libero gio 5/3")
    assert one.body.endswith("1 sì, lo prendo 2 no, grazie")
    assert len(one.body) <= 160
    # The yes by text message takes it; whoever said so sees the appointment, and so does whoever waited.
    await world.twilio.write("1", sender=NUMBER)
    worker.start()
    await until(lambda: dialogue.asked)
    [(offer,)] = world.query("SELECT id FROM agenda_offers")
    assert dialogue.asked[0]["payload"] == f'/accept_offer{{"offer":"{offer}"}}'
    by = UUID(dialogue.asked[0]["conversation_id"])
    assert by != conversation
    made = await agenda.book.accept_offer(offer, now=clock.now(), by=by)
    for whose in (by, conversation):
        assert [found.id for found in await agenda.book.of_conversation(whose, now=clock.now())] == [made.id]


async def test_an_offer_that_is_over_is_not_made_elsewhere(world: World, agenda: Agenda) -> None:
    chat = await at(world.engine, "telegram", "42")
    await offered(world, agenda, chat.conversation_id)
    [(offer,)] = world.query("SELECT id FROM agenda_offers")
    await agenda.book.decline_offer(offer)
    world.query("UPDATE addresses SET blocked_at = now()")
    await world.send()
    assert world.twilio.sent == []
    assert world.query("SELECT delivery FROM messages") == [("undeliverable",)]


@UNSEEN
async def test_kind_words_after_a_missed_appointment_come_by_text_message(
    world: World, agenda: Agenda, worker: LocalWorker, dialogue: Dialogue, where: Where
) -> None:
    conversation = await where(world)
    appointment = await agenda.booked(conversation_id=conversation, citizen=CITIZEN)
    agenda.set_clock("2026-03-05T10:15")
    await agenda.book.mark(appointment.id, "non_presentato")
    agenda.set_clock("2026-03-05T10:26")
    await tell_all(world.engine, tell_missed)
    await world.send()
    [one] = world.twilio.sent
    assert one.to == NUMBER
    assert one.body.startswith("Non ci siamo visti gio 5/3")
    await world.twilio.write("1", sender=NUMBER)
    worker.start()
    await until(lambda: dialogue.asked)
    assert dialogue.asked[0]["payload"] == f'/book_appointment{{"bookable":"{SERVICE}"}}'


async def test_what_a_message_was_about_goes_with_it(world: World, agenda: Agenda) -> None:
    conversation = await web_chat(world)
    await offered(world, agenda, conversation)
    assert world.query("SELECT kind FROM agenda_said") == [("freed_place",)]
    async with world.engine.begin() as connection:
        await erase(connection, conversation_ids=[conversation], now=clock.now())
    assert world.query("SELECT kind FROM agenda_said") == []
