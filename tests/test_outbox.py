"""The outbox: order, waiting as told, retrying only what surely did not leave, and no message twice, whatever is killed.

Longer than most: every case is one more outcome of the same send, told by the same scripted sender.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from outbox_support import NO_WAIT, NUMBER, Scripted, at, running, say, send_all
from sqlalchemy.ext.asyncio import AsyncEngine
from support import until

from bot.conversations.addresses import Address, block, opt_out, wrote
from bot.conversations.model import Button
from bot.storage.engine import create_engine
from channels import deliveries
from channels.capabilities import SMS, TELEGRAM, WHATSAPP
from channels.outbox import Outbox, queue_rest
from channels.sender import RateLimitedError, RefusedError, UncertainError, UnreachedError

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(pool_size=20)
    yield engine
    await engine.dispose()


@pytest.fixture
def sms() -> Scripted:
    return Scripted(SMS)


@pytest.fixture
def outbox(engine: AsyncEngine, sms: Scripted) -> Outbox:
    return Outbox(engine, {"sms": sms}, settle=NO_WAIT)


@pytest.fixture
async def address(engine: AsyncEngine) -> Address:
    return await at(engine)


def states(query: Query) -> list[str]:
    return [row[0] for row in query("SELECT delivery FROM messages WHERE sender <> 'citizen' ORDER BY seq")]


def due_now(query: Query) -> None:
    """Nobody waits any longer. Rows being sent are left alone: their locks are held by this very event loop."""
    query(
        "UPDATE outbox SET not_before = now() WHERE message_id IN (SELECT message_id FROM outbox FOR UPDATE SKIP LOCKED)"
    )


async def test_messages_leave_in_order_and_are_noted(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due", "tre")
    assert states(query) == ["queued"] * 3
    await send_all(outbox)
    assert sms.accepted == [(NUMBER, "uno"), (NUMBER, "due"), (NUMBER, "tre")]
    assert states(query) == ["sent"] * 3
    assert query("SELECT count(*) FROM outbox") == [(0,)]
    assert query("SELECT state, segments, provider_id IS NOT NULL FROM deliveries") == [("sent", 1, True)] * 3


async def test_web_chat_messages_are_not_queued(engine: AsyncEngine, query: Query) -> None:
    query("INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat')")
    query(
        "INSERT INTO messages (id, conversation_id, seq, sender, text) "
        "SELECT gen_random_uuid(), id, 1, 'bot', 'x' FROM conversations"
    )
    assert query("SELECT count(*) FROM outbox") == [(0,)]
    assert states(query) == ["stored"]


async def test_429_waits_as_told_and_quiets_the_whole_channel(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    other = await at(engine, value="+393337654321")
    await say(engine, address, "uno", "due")
    await say(engine, other, "altro")
    sms.plan = [RateLimitedError(0.6)]
    before = asyncio.get_running_loop().time()
    async with running(outbox):
        await until(lambda: states(query).count("sent") == 3)
    assert asyncio.get_running_loop().time() - before >= 0.6
    assert sms.tried == 4
    assert [text for number, text in sms.accepted if number == NUMBER] == ["uno", "due"]


async def test_unreached_is_tried_again_with_growing_waits(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due")
    sms.plan = [UnreachedError("refused")] * 4
    waits = []
    for _ in range(4):
        assert await outbox.send_next()
        [(wait,)] = query("SELECT extract(epoch FROM not_before - clock_timestamp()) FROM outbox ORDER BY seq LIMIT 1")
        waits.append(round(float(wait)))
        assert not await outbox.send_next(), "the second must not overtake the first"
        due_now(query)
    assert waits == [1, 2, 5, 10]
    await send_all(outbox)
    assert sms.texts() == ["uno", "due"]


async def test_a_provider_away_for_a_day_is_given_up_on(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due")
    query("UPDATE outbox SET created_at = created_at - interval '25 hours' WHERE seq = 1")
    sms.plan = [UnreachedError("no connection")]
    await send_all(outbox)
    assert states(query) == ["failed", "sent"]
    assert query("SELECT error FROM deliveries WHERE state = 'failed'") == [("no connection",)]


async def test_refused_is_not_tried_again_and_its_reason_is_kept(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due")
    sms.plan = [RefusedError("21617", "body too long")]
    await send_all(outbox)
    assert states(query) == ["failed", "sent"]
    assert query("SELECT error_code, error FROM deliveries WHERE state = 'failed'") == [("21617", "body too long")]
    assert sms.tried == 2


async def test_uncertain_but_accepted_is_found_and_not_repeated(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due")
    sms.plan = [("accepted", UncertainError("timeout"))]
    await send_all(outbox)
    assert sms.texts() == ["uno", "due"]
    assert states(query) == ["sent", "sent"]


async def test_uncertain_and_not_accepted_is_sent_again_once_settled(
    engine: AsyncEngine, sms: Scripted, address: Address, query: Query
) -> None:
    outbox = Outbox(engine, {"sms": sms}, settle=timedelta(seconds=0.5))
    await say(engine, address, "uno")
    sms.plan = [UncertainError("timeout")]
    assert await outbox.send_next()
    assert not await outbox.send_next(), "the provider may still be about to take it"
    await asyncio.sleep(0.6)
    await send_all(outbox)
    assert sms.texts() == ["uno"]
    assert states(query) == ["sent"]


async def test_uncertain_where_nobody_tells_is_shown_as_such_and_never_repeated(
    engine: AsyncEngine, address: Address, query: Query
) -> None:
    mute = Scripted(TELEGRAM, can_tell=False)
    outbox = Outbox(engine, {"telegram": mute})
    chat = await at(engine, "telegram", "42")
    await say(engine, chat, "uno", "due")
    mute.plan = [("accepted", UncertainError("timeout"))]
    await send_all(outbox)
    await send_all(outbox)
    assert mute.texts() == ["uno", "due"]
    assert states(query) == ["unknown", "sent"]


async def test_looking_up_is_itself_tried_again(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno")
    sms.plan = [("accepted", UncertainError("timeout"))]
    sms.look_up_fails = [UnreachedError("away"), RateLimitedError(3)]
    for _ in range(3):
        await send_all(outbox)
        due_now(query)
    await send_all(outbox)
    assert sms.texts() == ["uno"]
    assert states(query) == ["sent"]


async def test_the_same_words_said_before_are_not_taken_for_this_message(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "va bene")
    await send_all(outbox)
    await say(engine, address, "va bene")
    sms.plan = [UncertainError("timeout")]
    await send_all(outbox)
    due_now(query)
    await send_all(outbox)
    assert sms.texts() == ["va bene", "va bene"]


async def test_a_fault_of_the_sender_counts_as_uncertain(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno")
    sms.plan = [("accepted", ZeroDivisionError("a bug"))]
    await send_all(outbox)
    assert sms.texts() == ["uno"]
    assert states(query) == ["sent"]


async def test_a_message_that_cannot_be_made_fails_alone(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due")
    query("UPDATE messages SET buttons = '[{\"wrong\": 1}]' WHERE seq = 1")
    for _ in range(5):
        await send_all(outbox)
        due_now(query)
    await send_all(outbox)
    assert states(query) == ["failed", "sent"]
    assert sms.texts() == ["due"]
    assert query("SELECT count(*) FROM incidents WHERE \"where\" = 'outbox'") == [(5,)]


async def test_an_answer_without_words_holds_up_nothing(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, " ", "due")
    await send_all(outbox)
    assert states(query) == ["failed", "sent"]


async def test_who_opted_out_hears_nothing_unasked_but_is_answered(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    async with engine.begin() as connection:
        await opt_out(connection, address.id, out=True)
    asked = await say(engine, address, "promemoria", "risposta")
    query(
        "INSERT INTO messages (id, conversation_id, seq, sender, text) "
        "SELECT '00000000-0000-0000-0000-000000000001', conversation_id, 99, 'citizen', 'domanda' FROM addresses"
    )
    query("UPDATE messages SET in_reply_to = '00000000-0000-0000-0000-000000000001' WHERE id = %s", asked)
    await send_all(outbox)
    assert sms.texts() == ["risposta"]
    assert states(query) == ["undeliverable", "sent"]
    assert query("SELECT error_code FROM deliveries WHERE state = 'undeliverable'") == [("opted_out",)]


@pytest.mark.parametrize(
    ("why", "kept"), [("opted_out", (True, False)), ("blocked", (False, True)), ("address", (False, True))]
)
async def test_what_a_refusal_says_of_the_address_is_heeded(
    engine: AsyncEngine,
    outbox: Outbox,
    sms: Scripted,
    address: Address,
    query: Query,
    why: Any,
    kept: tuple[bool, bool],
) -> None:
    await say(engine, address, "uno", "due")
    sms.plan = [RefusedError("1", "no", why=why)]
    await send_all(outbox)
    assert states(query) == ["undeliverable", "undeliverable"]
    assert sms.tried == 1
    assert query("SELECT opted_out_at IS NOT NULL, blocked_at IS NOT NULL FROM addresses") == [kept]
    async with engine.begin() as connection:
        await wrote(connection, address.id)
        await opt_out(connection, address.id, out=False)
    await say(engine, address, "di nuovo")
    await send_all(outbox)
    assert sms.texts() == ["di nuovo"]


async def test_a_blocked_address_is_not_written_to(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    async with engine.begin() as connection:
        await block(connection, address.id)
    await say(engine, address, "uno")
    await send_all(outbox)
    assert sms.tried == 0
    assert states(query) == ["undeliverable"]


async def test_a_channel_that_is_not_configured_is_undeliverable(
    engine: AsyncEngine, outbox: Outbox, query: Query
) -> None:
    await say(engine, await at(engine, "telegram", "42"), "uno")
    await send_all(outbox)
    assert states(query) == ["undeliverable"]


async def test_long_answers_go_on_when_asked(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    sentences = [f"Questa è la frase numero {number}." for number in range(60)]
    await say(engine, address, " ".join(sentences), buttons=(Button(title="Confermo", payload="/affirm"),))
    await send_all(outbox)
    assert len(sms.accepted) == 1
    assert sms.texts()[0].endswith("Scrivi 1 per continuare.")
    for _ in range(10):
        async with engine.begin() as connection:
            more = await queue_rest(connection, address)
            assert not await queue_rest(connection, address), "asked twice, said once"
        await send_all(outbox)
        if not more:
            break
    said = " ".join(text.replace("\nScrivi 1 per continuare.", "") for text in sms.texts())
    assert said == " ".join([*sentences[:-1], f"{sentences[-1]}\n1 Confermo"])
    assert {row[0] for row in query("SELECT segments FROM deliveries")} <= {1, 2, 3}
    assert states(query) == ["sent"]


async def test_the_rest_is_not_sent_twice_when_killed(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "Una frase di prova. " * 60)
    await send_all(outbox)
    async with engine.begin() as connection:
        assert await queue_rest(connection, address)
    sms.plan = [RateLimitedError(0), ("accepted", asyncio.CancelledError())]  # type: ignore[list-item]
    await outbox.send_next()
    with pytest.raises(asyncio.CancelledError):
        await outbox.send_next()
    await send_all(outbox)
    assert len(sms.accepted) == 2
    assert query("SELECT part, state FROM deliveries ORDER BY part") == [(0, "sent"), (1, "sent")]


async def test_a_later_message_ends_the_offer_to_go_on(engine: AsyncEngine, outbox: Outbox, address: Address) -> None:
    await say(engine, address, "Una frase di prova. " * 60, "Un'altra cosa.")
    await send_all(outbox)
    async with engine.begin() as connection:
        assert not await queue_rest(connection, address)


async def test_long_whatsapp_answers_leave_in_ordered_parts(engine: AsyncEngine, query: Query) -> None:
    whatsapp = Scripted(WHATSAPP)
    chat = await at(engine, "whatsapp")
    await say(engine, chat, "Una frase di prova. " * 200)
    whatsapp.plan = [("accepted", UncertainError("timeout")), RateLimitedError(0)]
    await send_all(Outbox(engine, {"whatsapp": whatsapp}, settle=NO_WAIT))
    assert " ".join(whatsapp.texts()) == ("Una frase di prova. " * 200).strip()
    assert all(len(text) <= 1600 for text in whatsapp.texts())
    assert query("SELECT part, state FROM deliveries ORDER BY part") == [(0, "sent"), (1, "sent"), (2, "sent")]


async def test_a_refused_part_stops_the_parts_after_it(engine: AsyncEngine, query: Query) -> None:
    whatsapp = Scripted(WHATSAPP)
    await say(engine, await at(engine, "whatsapp"), "Una frase di prova. " * 200)
    whatsapp.plan = [RefusedError("1", "no")]
    await send_all(Outbox(engine, {"whatsapp": whatsapp}))
    assert whatsapp.accepted == []
    assert states(query) == ["failed"]


async def test_a_receipt_quicker_than_the_answer_is_kept(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    async def receipt(part: Any, sid: str) -> None:
        async with engine.begin() as connection:
            assert await deliveries.receive(
                connection, channel="sms", provider_id=sid, state="delivered", reference=part.reference
            )

    sms.before_answer = receipt
    await say(engine, address, "uno")
    await send_all(outbox)
    assert states(query) == ["delivered"]


async def test_a_receipt_settles_what_was_uncertain(engine: AsyncEngine, query: Query) -> None:
    mute = Scripted(SMS, can_tell=False)
    await say(engine, await at(engine), "uno")
    mute.plan = [("accepted", UncertainError("timeout"))]
    await send_all(Outbox(engine, {"sms": mute}))
    assert states(query) == ["unknown"]
    [(reference,)] = query("SELECT id FROM deliveries")
    async with engine.begin() as connection:
        await deliveries.receive(connection, channel="sms", provider_id="SM1", state="read", reference=reference)
    assert states(query) == ["read"]


class CutShortError(BaseException):
    """Stands for the kill."""


async def test_killed_at_every_await_nothing_is_lost_or_doubled(
    engine: AsyncEngine, sms: Scripted, address: Address, query: Query
) -> None:
    """Cancel the sending after 0, 1, 2, … steps of the event loop, until it ends by itself."""
    kills = 0
    for steps in range(0, 10_000):
        outbox = Outbox(engine, {"sms": sms}, settle=NO_WAIT)
        await say(engine, address, f"messaggio {steps}")
        task = asyncio.create_task(outbox.send_next())
        for _ in range(steps):
            if task.done():
                break
            await asyncio.sleep(0.0002)
        done = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        kills += not done
        await until(lambda: free(query))
        for _ in range(5):
            await send_all(Outbox(engine, {"sms": sms}, settle=NO_WAIT))
            due_now(query)
        assert sms.texts()[steps:] == [f"messaggio {steps}"], f"killed after {steps} steps"
        if done:
            break
    assert kills > 5
    assert set(states(query)) == {"sent"}


def free(query: Query) -> bool:
    """Whether no row of the outbox is locked."""
    rows = query("SELECT count(*) FROM (SELECT 1 FROM outbox FOR UPDATE SKIP LOCKED) AS unlocked")
    return bool(rows == query("SELECT count(*) FROM outbox"))


async def test_two_dispatchers_racing_keep_order_and_send_once(
    engine: AsyncEngine, sms: Scripted, query: Query
) -> None:
    people = [await at(engine, value=f"+39333000{n:04}") for n in range(10)]
    for number in range(10):
        for person in people:
            await say(engine, person, f"{number}")
    sms.seconds = 0.002
    others = [create_engine(pool_size=20) for _ in range(2)]
    async with running(*(Outbox(one, {"sms": sms}, concurrency=6) for one in others)):
        await until(lambda: query("SELECT count(*) FROM outbox") == [(0,)], within=60)
    for one in others:
        await one.dispose()
    assert sms.most_at_once_for_one == 1
    for n in range(10):
        assert [text for who, text in sms.accepted if who == f"+39333000{n:04}"] == [str(i) for i in range(10)]


@pytest.mark.timeout(400)
async def test_hundreds_of_messages_with_every_trouble_arrive_once_in_order(
    engine: AsyncEngine, sms: Scripted, query: Query
) -> None:
    chance = random.Random(20260302)
    people = [await at(engine, value=f"+39333000{n:04}") for n in range(25)]
    for person in people:
        await say(engine, person, *(f"{n}" for n in range(16)))
    troubles = [
        UnreachedError("away"),
        RateLimitedError(0),
        UncertainError("timeout"),
        ("accepted", UncertainError("timeout")),
        ("accepted", asyncio.CancelledError()),
    ]
    sms.plan = [chance.choice(troubles) if chance.random() < 0.15 else None for _ in range(600)]  # type: ignore[misc]

    async def hurry() -> bool:
        due_now(query)
        return query("SELECT count(*) FROM outbox") == [(0,)]

    for _ in range(4):  # dispatchers that are stopped and started again meanwhile
        async with running(Outbox(engine, {"sms": sms}, settle=NO_WAIT, concurrency=6)):
            for _ in range(20):
                await hurry()
                await asyncio.sleep(0.05)
    async with running(Outbox(engine, {"sms": sms}, settle=NO_WAIT, concurrency=6)):
        await until(hurry, within=250, every=0.05)
    for n in range(25):
        assert [text for who, text in sms.accepted if who == f"+39333000{n:04}"] == [str(i) for i in range(16)]
    assert set(states(query)) == {"sent"}


async def test_sends_under_way_are_finished_when_asked_to_stop(
    engine: AsyncEngine, outbox: Outbox, sms: Scripted, address: Address, query: Query
) -> None:
    await say(engine, address, "uno", "due")
    sms.seconds = 0.3
    async with running(outbox):
        await until(lambda: sms.tried == 1)
    assert sms.texts() == ["uno"]
    assert states(query) == ["sent", "queued"]


async def test_a_provider_that_hangs_leaves_room_for_the_others(
    engine: AsyncEngine, sms: Scripted, query: Query
) -> None:
    for n in range(10):
        await say(engine, await at(engine, value=f"+39333000{n:04}"), "lento")
    quick = Scripted(TELEGRAM)
    await say(engine, await at(engine, "telegram", "42"), "svelto")
    sms.seconds = 1
    async with running(Outbox(engine, {"sms": sms, "telegram": quick}, concurrency=4)):
        await until(lambda: sms.tried == 3)
        await until(lambda: quick.texts() == ["svelto"], within=0.9)
        assert sms.accepted == []
