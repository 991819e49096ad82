"""Receipts: kept on the message whatever their order, heeded, and what did not arrive is said elsewhere when consented to."""

import itertools
import random
from collections.abc import Callable

import pytest
from booked import Agenda
from outbox_support import at, say, send_all
from support import Dialogue, LocalWorker, until
from twilio_double import PUBLIC_URL, Trouble
from twilio_world import NUMBER, ON_WHATSAPP, World

from bot import clock
from bot.agenda.model import Citizen
from bot.conversations.model import Reply
from bot.conversations.store import add_outgoing
from bot.privacy.erasing import erase
from bot.settings import get_settings
from channels.agenda_jobs import tell_all, tell_reminder
from channels.deliveries import receive
from channels.outbox import Outbox
from channels.senders import close_all, create_senders
from channels.twilio_words import STATES

ORDER = ("queued", "sent", "undelivered", "delivered", "read")
KEPT = {"undelivered": "failed"}


async def sent_on(world: World, sender: str = NUMBER, text: str = "Ecco."):  # type: ignore[no-untyped-def]
    """One message sent to somebody who has written, with Twilio's view of it."""
    channel = "whatsapp" if sender.startswith("whatsapp") else "sms"
    await world.twilio.write("ciao", sender=sender)
    await world.send()
    await say(world.engine, await at(world.engine, channel, sender.removeprefix("whatsapp:")), text)
    await world.send()
    return world.twilio.sent[-1]


def kept(world: World) -> str:
    return str(world.query("SELECT delivery FROM messages WHERE text = 'Ecco.'")[0][0])


async def test_receipts_move_the_message_on(world: World) -> None:
    message = await sent_on(world)
    assert kept(world) == "queued"
    for status, state in (("sending", "queued"), ("sent", "sent"), ("delivered", "delivered"), ("read", "read")):
        answer = await world.twilio.receipt(message, status)
        assert answer is not None
        assert answer.status == 204
        assert kept(world) == state


async def test_in_every_order_the_best_known_counts(world: World) -> None:
    message = await sent_on(world)
    for order in itertools.permutations(ORDER):
        world.query("UPDATE deliveries SET state = 'queued', error_code = NULL WHERE provider_id = %s", message.sid)
        for status in order:
            async with world.engine.begin() as connection:
                await receive(connection, channel="sms", provider_id=message.sid, state=STATES[status])
        assert kept(world) == "read", order


async def test_disordered_doubled_and_contradicting_receipts_end_the_same(world: World) -> None:
    chance = random.Random(5)
    for number in range(6):
        message = await sent_on(world, text="Ecco.")
        upto = chance.randint(1, len(ORDER))
        statuses = list(ORDER[:upto]) * 2
        chance.shuffle(statuses)
        for status in statuses:
            await world.twilio.receipt(message, status, 30003 if status == "undelivered" else None)
        [(state,)] = world.query("SELECT state FROM deliveries WHERE provider_id = %s", message.sid)
        assert state == KEPT.get(ORDER[upto - 1], ORDER[upto - 1]), (number, statuses)


async def test_the_error_code_of_a_failure_is_kept(world: World) -> None:
    message = await sent_on(world)
    await world.twilio.receipt(message, "undelivered", 30003)
    assert world.query("SELECT state, error_code, error FROM deliveries WHERE error_code IS NOT NULL") == [
        ("failed", "30003", None)
    ]
    await world.twilio.receipt(message, "delivered")
    assert kept(world) == "delivered"
    assert world.query("SELECT count(*) FROM deliveries WHERE error_code IS NOT NULL") == [(0,)]


async def test_strange_receipts_change_nothing(world: World) -> None:
    message = await sent_on(world)
    form = {"MessageSid": message.sid, "MessageStatus": "delivered", "From": message.sender, "To": message.to}
    for path, change in (
        ("/twilio/status", {"MessageSid": "SMunknown"}),
        ("/twilio/status?delivery=nonsense", {"MessageSid": "SMunknown"}),
        ("/twilio/status", {"MessageStatus": "eaten"}),
        ("/twilio/status?delivery=00000000-0000-0000-0000-000000000000", {"MessageSid": "SMunknown"}),
    ):
        assert (await world.twilio.deliver(path, form | change)).status == 204
    assert (await world.twilio.deliver("/twilio/status", form | {"MessageSid": ""})).status == 422
    assert (await world.twilio.deliver("/twilio/status", form, signature="x")).status == 403
    assert kept(world) == "queued"


async def test_a_receipt_about_another_delivery_s_message_is_not_taken_for_it(world: World) -> None:
    first, second = await sent_on(world), await sent_on(world, text="Altro.")
    assert first.callback is not None
    form = {"MessageSid": second.sid, "MessageStatus": "read", "From": second.sender, "To": second.to}
    await world.twilio.deliver(first.callback.removeprefix(PUBLIC_URL), form)
    assert kept(world) == "queued"
    assert world.query("SELECT delivery FROM messages WHERE text = 'Altro.'") == [("read",)]


async def test_a_receipt_settles_what_could_not_be_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.twilio_client.TOTAL_SECONDS", 0.3)
    await world.twilio.write("ciao", sender=NUMBER)
    await world.send()
    world.twilio.trouble(Trouble("silence"))
    await say(world.engine, await at(world.engine), "Ecco.")
    hidden, world.twilio.sent[:] = list(world.twilio.sent), []
    await world.outbox.send_next()
    [message] = world.twilio.sent
    await world.twilio.receipt(message, "delivered")
    world.hurry()
    await world.send()
    assert kept(world) == "delivered"
    assert world.twilio.texts() == ["Ecco."]
    world.twilio.sent[:0] = hidden


async def test_a_number_that_unsubscribed_with_twilio_is_opted_out(world: World) -> None:
    await sent_on(world)
    world.twilio.opted_out.add(NUMBER)
    await say(world.engine, await at(world.engine), "promemoria")
    await world.send()
    assert world.query("SELECT opted_out_at IS NOT NULL FROM addresses") == [(True,)]
    assert world.query("SELECT delivery FROM messages WHERE text = 'promemoria'") == [("undeliverable",)]
    world.twilio.opted_out.clear()
    await say(world.engine, await at(world.engine), "altro promemoria")
    await world.send()
    assert "altro promemoria" not in world.twilio.texts()


# --- said elsewhere

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
