"""Receipts: kept on the message whatever their order, heeded, and what did not arrive is said elsewhere when consented to."""

import itertools
import random

import pytest
from outbox_support import at, say
from twilio_double import PUBLIC_URL, Trouble
from twilio_world import NUMBER, World

from channels.deliveries import receive
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
