"""Erasing a person: nothing of what they wrote is anywhere in the database, the appointment stays as a number.

Longer than most: it goes through every table in which something of a person may stand.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from booked import Agenda, moment
from conftest import Query
from desk_support import ANNA, new_talk, wrote
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat, LocalWorker, until

from bot import clock
from bot.agenda.model import Citizen, SlotQuery
from bot.conversations.addresses import conversation_at, opt_out
from bot.conversations.call_backs import ask_call
from bot.conversations.handoff import reply, take
from bot.conversations.model import Parse, Reply
from bot.conversations.promises import leave_question
from bot.conversations.stopped import stopped_since
from bot.conversations.store import add_outgoing, store_answer, waiting_message
from bot.demand.model import Lack
from bot.demand.noting import note_lacks
from bot.privacy.asking import AskedWronglyError, read_asked
from bot.privacy.erasing import erase
from bot.privacy.erasures import ask_erasure, do_erasure, do_next_erasure, sweep_next
from bot.privacy.exporting import as_html, as_json, export
from bot.privacy.finding import find
from bot.privacy.holds import HeldError, lift_hold, place_hold
from bot.privacy.receipts import in_words, kept_in_words, read_receipt
from bot.privacy.retention import claim_night, preview, run
from bot.privacy.store import keep_answer

SURNAME, PHONE = "Quondamatteo", "+393331234567"
ZACCARIA = Citizen(name=f"Zaccaria {SURNAME}", contact=PHONE, codice_fiscale="RSSMRA85T10A562S")
TRACES = "quondamatteo|zaccaria|333 ?123 ?4567|RSSMRA85"
EVENTS = """CREATE TABLE events (id serial PRIMARY KEY, sender_id varchar, type_name varchar, timestamp float,
    intent_name varchar, action_name varchar, data text)"""


def traces(database: str) -> dict[str, int]:
    """Where in the whole database something of this person can be read."""
    found = {}
    with psycopg.connect(database) as connection:
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        for (table,) in connection.execute(tables).fetchall():
            query = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ~* {}")
            row = connection.execute(query.format(sql.Identifier(table), sql.Literal(TRACES))).fetchone()
            assert row is not None
            if row[0]:
                found[table] = row[0]
    return found


def rows_of(database: str, *ids: object) -> dict[str, int]:
    """Where in the whole database one of these ids stands."""
    found = {}
    with psycopg.connect(database) as connection:
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        for (table,) in connection.execute(tables).fetchall():
            query = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ~ {}")
            pattern = sql.Literal("|".join(map(str, ids)))
            row = connection.execute(query.format(sql.Identifier(table), pattern)).fetchone()
            assert row is not None
            if row[0]:
                found[table] = row[0]
    return found


async def life(engine: AsyncEngine, agenda: Agenda, query: Query, conversation_id: UUID) -> UUID:
    """Everything a conversation can leave behind; returns its appointment."""
    first = await wrote(engine, conversation_id, f"sono Zaccaria {SURNAME}, il mio numero è 333 123 4567")
    second = await wrote(engine, conversation_id, f"Zaccaria {SURNAME}")
    async with engine.begin() as connection:
        waiting = await waiting_message(connection, first)
        assert waiting is not None
        entities = [{"entity": "number", "value": "333 123 4567"}]
        parse = Parse(intent="inform", confidence=0.9, fallback=False, entities=entities)
        await store_answer(connection, waiting, [Reply(text=f"Ciao Zaccaria {SURNAME}")], parse)
        await keep_answer(
            connection,
            conversation_id=conversation_id,
            message_id=second,
            kind="name",
            value=ZACCARIA.name,
            original=ZACCARIA.name,
            payload='/choose{"given":"name"}',
        )
        await ask_call(connection, conversation_id, PHONE, promised_from=moment("2026-03-03T09:00"))
        times = {"now": moment("2026-03-02T20:00"), "due_at": moment("2026-03-03T13:00")}
        await leave_question(connection, conversation_id, first, **times)
        await note_lacks(connection, conversation_id, [Lack(kind="off_topic")], at=moment("2026-03-02T20:00"))
        await take(connection, conversation_id, ANNA)
        await reply(
            connection, conversation_id, ANNA, Reply(text=f"Signor {SURNAME}, eccomi"), reply_id=uuid4(), seen=2
        )
    if query("SELECT to_regclass('events')") == [(None,)]:
        query(EVENTS)
    data = json.dumps({"event": "user", "text": f"sono Zaccaria {SURNAME}"})
    row = "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (%s, 'user', %s, %s)"
    query(row, str(conversation_id), datetime.now(UTC).timestamp(), data)
    job = "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) VALUES ('answers', 'answer', %s, %s)"
    query(job, str(conversation_id), json.dumps({"message_id": str(first)}))
    wish = SlotQuery(service_id="orientamento", site_ids=("pinerolo",), now=clock.now())
    await agenda.book.join_waiting_list(conversation_id, wish, ZACCARIA, now=clock.now())
    return (await agenda.booked(conversation_id=conversation_id, citizen=ZACCARIA)).id


async def erased(engine: AsyncEngine, *ids: UUID, **more: Any) -> str:
    async with engine.begin() as connection:
        number = await ask_erasure(connection, conversations=list(ids), asked_by="command", **more)
        await do_erasure(connection, number, agenda_now=clock.now())
    return number


async def test_nothing_of_a_person_is_left_and_the_appointment_is_a_number(
    engine: AsyncEngine, agenda: Agenda, query: Query, database: str
) -> None:
    conversation_id = await new_talk(engine)
    appointment_id = await life(engine, agenda, query, conversation_id)
    assert set(traces(database)) >= {"messages", "parses", "events"}
    number = await erased(engine, conversation_id)
    assert traces(database) == {}
    assert set(rows_of(database, conversation_id)) == {"erasures"}
    [(state, citizen, conversation, service)] = query(
        "SELECT state, citizen, conversation_id, service_id FROM agenda_appointments WHERE id = %s", appointment_id
    )
    assert (state, citizen, conversation, service) == ("disdetto_cittadino", None, None, "orientamento")
    assert query("SELECT count(*) FROM agenda_claims") == [(0,)]
    assert query("SELECT conversation_id, kind FROM unmet_demand") == [(None, "off_topic")]
    async with engine.begin() as connection:
        receipt = await read_receipt(connection, number.lower())
    assert receipt is not None
    assert receipt.is_genuine
    counted = {kind: count for kind, count in receipt.erased.items() if count}
    assert counted == {
        "conversations": 1, "messages": 5, "understood": 1, "private_answers": 1, "handoffs": 1, "call_backs": 1, "promises": 1,
        "appointments": 1, "cancelled": 1, "waiting": 1, "dialogue_events": 1, "jobs": 1,
    }  # fmt: skip
    query("UPDATE erasures SET done_at = now() - interval '2 minutes', due_at = now() - interval '1 minute'")
    async with engine.begin() as connection:
        assert await sweep_next(connection)
    assert rows_of(database, conversation_id) == {}


async def test_a_receipt_that_was_changed_is_found_out(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    number = await erased(engine, talk)
    query("UPDATE erasures SET erased = erased || '{\"messages\": 0}'::jsonb, asked_by = 'citizen'")
    async with engine.begin() as connection:
        receipt = await read_receipt(connection, number)
    assert receipt is not None
    assert not receipt.is_genuine


async def test_others_keep_what_is_theirs(engine: AsyncEngine, agenda: Agenda, query: Query, database: str) -> None:
    mine, other = await new_talk(engine, "ciao"), await new_talk(engine, f"conosco Zaccaria {SURNAME}")
    await life(engine, agenda, query, mine)
    await erased(engine, mine)
    assert traces(database) == {"messages": 1}
    assert query("SELECT id FROM conversations") == [(other,)]


async def test_an_appointment_that_was_moved_goes_with_all_it_was(
    engine: AsyncEngine, agenda: Agenda, query: Query
) -> None:
    conversation_id = await new_talk(engine)
    booked = await agenda.booked(conversation_id=conversation_id, citizen=ZACCARIA)
    await agenda.moved(booked, "2026-03-06T10:00")
    async with engine.begin() as connection:
        await erase(connection, conversation_ids=[], appointment_ids=[booked.id], now=clock.now())
    left = query("SELECT count(*) FILTER (WHERE citizen IS NOT NULL), count(DISTINCT code) FROM agenda_appointments")
    assert left == [(0, 2)]


async def test_a_past_appointment_keeps_how_it_ended(engine: AsyncEngine, agenda: Agenda, query: Query) -> None:
    conversation_id = await new_talk(engine)
    booked = await agenda.booked(conversation_id=conversation_id)
    await agenda.book.mark(booked.id, "erogato")
    agenda.set_clock("2026-03-10T09:00")
    await erased(engine, conversation_id)
    assert query("SELECT state, citizen FROM agenda_appointments") == [("erogato", None)]


async def test_what_is_held_by_law_is_not_erased_and_nothing_else_either(
    engine: AsyncEngine, agenda: Agenda, query: Query
) -> None:
    free, held = await new_talk(engine, "uno"), await new_talk(engine, "due")
    await agenda.booked(conversation_id=free)
    async with engine.begin() as connection:
        assert await place_hold(connection, held, reason="ricorso 12/2026", by="ada")
    with pytest.raises(HeldError) as refused:
        await erased(engine, free, held)
    assert refused.value.conversations == [held]
    assert query("SELECT count(*) FROM conversations") == [(2,)]
    assert query("SELECT state FROM agenda_appointments") == [("da_erogare",)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        query("DELETE FROM conversations")
    async with engine.begin() as connection:
        assert await lift_hold(connection, held)
    await erased(engine, free, held)
    assert query("SELECT count(*) FROM conversations") == [(0,)]


async def test_asking_again_gives_the_same_number(engine: AsyncEngine, talk: UUID) -> None:
    async with engine.begin() as connection:
        first = await ask_erasure(connection, conversations=[talk], asked_by="citizen", grace=60)
        assert await ask_erasure(connection, conversations=[talk], asked_by="citizen", grace=60) == first
        assert not await do_next_erasure(connection, agenda_now=clock.now())


async def test_last_words_leave_before_they_are_erased(engine: AsyncEngine, query: Query) -> None:
    async with engine.begin() as connection:
        address, _ = await conversation_at(connection, "sms", PHONE)
        await add_outgoing(connection, address.conversation_id, [Reply(text="ricevuta")])
        await ask_erasure(connection, conversations=[address.conversation_id], asked_by="citizen")
    async with engine.begin() as connection:
        assert not await do_next_erasure(connection, agenda_now=clock.now())
    query("UPDATE erasures SET due_at = now() - interval '11 minutes'")
    async with engine.begin() as connection:
        assert await do_next_erasure(connection, agenda_now=clock.now())
    assert query("SELECT (SELECT count(*) FROM addresses), (SELECT count(*) FROM outbox)") == [(0, 0)]


async def test_what_was_said_as_a_text_message_instead_goes_too(engine: AsyncEngine, query: Query) -> None:
    mine = await new_talk(engine)
    async with engine.begin() as connection:
        await add_outgoing(connection, mine, [Reply(text="promemoria")])
        address, _ = await conversation_at(connection, "sms", PHONE)
        await add_outgoing(connection, address.conversation_id, [Reply(text="promemoria per Zaccaria")])
    query(
        "UPDATE messages SET instead_of = (SELECT id FROM messages WHERE conversation_id = %s) WHERE conversation_id = %s",
        mine,
        address.conversation_id,
    )
    await erased(engine, mine)
    assert query("SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM addresses)") == [(0, 0)]


async def test_the_web_chat_ends_for_whoever_waits_at_it(
    engine: AsyncEngine, chat: Chat, worker: LocalWorker, configure: Callable[..., None]
) -> None:
    async with engine.begin() as connection:
        await ask_erasure(connection, conversations=[UUID(chat.id)], asked_by="citizen", grace=1)
    worker.start()

    async def status() -> int:
        async with chat.client.get(chat.url, params={"after": "1", "wait": "20"}, headers=chat.headers) as answer:
            return answer.status

    waiting = asyncio.create_task(status())
    assert await asyncio.wait_for(waiting, 10) in (200, 404)
    await until(lambda: _is(status, 404))
    assert (await chat.post(text="ci sei?")).status == 404


async def _is(status: Callable[[], Any], expected: int) -> bool:
    return await status() == expected


# --- finding and giving -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "by", "value"),
    [
        ("333 123 4567", "phone", "+393331234567"),
        ("+39 333-1234567", "phone", "+393331234567"),
        ("Zaccaria  QUONDAMATTEO", "name", "zaccaria quondamatteo"),
        ("a7k-3f9", "code", "A7K-3F9"),
        ("rssmra85t10a562s", "codice_fiscale", "RSSMRA85T10A562S"),
        ("Anna@Example.org", "email", "anna@example.org"),
    ],
)
def test_what_is_looked_for_is_recognised(text: str, by: str, value: str) -> None:
    asked = read_asked(text)
    assert (asked.by, asked.value) == (by, value)
    assert value not in repr(asked)


@pytest.mark.parametrize("text", ["", "  ", "ab"])
def test_too_little_is_not_looked_for(text: str) -> None:
    with pytest.raises(AskedWronglyError):
        read_asked(text)


@pytest.mark.parametrize("who", ["333 123 4567", "Quondamatteo Zaccaria", "RSSMRA85T10A562S"])
async def test_a_person_is_found_whatever_they_are_known_by(
    engine: AsyncEngine, agenda: Agenda, query: Query, who: str
) -> None:
    await new_talk(engine, "un altro, con il 333 999 9999")
    mine = await new_talk(engine)
    appointment_id = await life(engine, agenda, query, mine)
    async with engine.connect() as connection:
        found = await find(connection, read_asked(who))
    assert [one.id for one in found.conversations] == [mine]
    assert [one.id for one in found.appointments] == [appointment_id]
    assert found.sure is (who != "Quondamatteo Zaccaria")


async def test_a_person_is_found_by_the_code_of_an_appointment(engine: AsyncEngine, agenda: Agenda) -> None:
    mine = await new_talk(engine)
    booked = await agenda.booked(conversation_id=mine)
    async with engine.connect() as connection:
        found = await find(connection, read_asked(booked.code.lower().replace("-", "")))
    assert [one.id for one in found.conversations] == [mine]


async def test_the_copy_holds_everything_opened_and_is_harmless(
    engine: AsyncEngine, agenda: Agenda, query: Query
) -> None:
    mine = await new_talk(engine, "<script>alert(1)</script>")
    await life(engine, agenda, query, mine)
    async with engine.connect() as connection:
        exported = await export(connection, conversation_ids=[mine])
    data = json.loads(as_json(exported))
    [conversation] = data["conversations"]
    assert conversation["private_answers"][0]["sealed"] == ZACCARIA.name
    assert conversation["call_backs"][0]["sealed"] == PHONE
    assert data["appointments"][0]["citizen"]["codice_fiscale"] == ZACCARIA.codice_fiscale
    assert conversation["dialogue_events"][0]["data"]["event"] == "user"
    page = as_html(exported)
    assert "<script>" not in page
    assert ZACCARIA.name in page


# --- retention --------------------------------------------------------------------------------------------------------


async def test_what_is_too_old_is_counted_first_and_then_goes(
    engine: AsyncEngine, agenda: Agenda, query: Query, database: str
) -> None:
    old, young, held = await new_talk(engine, "vecchia"), await new_talk(engine, "nuova"), await new_talk(engine, "io")
    await life(engine, agenda, query, old)
    query("UPDATE conversations SET last_message_at = now() - interval '400 days' WHERE id IN (%s, %s)", old, held)
    query("UPDATE messages SET created_at = now() - interval '400 days' WHERE conversation_id IN (%s, %s)", old, held)
    query("UPDATE events SET timestamp = extract(epoch FROM now() - interval '31 days')")
    agenda.set_clock("2027-03-02T09:00")
    async with engine.begin() as connection:
        await place_hold(connection, held, reason="ricorso", by="ada")
    async with engine.connect() as connection:
        expected = {one.kind.key: one.count for one in await preview(connection)}
    assert expected == {
        "conversations": 1, "messages": 0, "private_answers": 0, "sealed_messages": 1, "appointments": 1, "waiting": 0,
        "call_backs": 0, "dialogue_events": 1, "incidents": 0,
    }  # fmt: skip
    removed = await run(engine)
    assert removed["conversations"] == 1
    assert {row[0] for row in query("SELECT id FROM conversations")} == {young, held}
    assert traces(database) == {}
    async with engine.connect() as connection:
        assert sum(one.count for one in await preview(connection)) == 0


async def test_old_messages_go_from_a_conversation_that_goes_on(engine: AsyncEngine, query: Query) -> None:
    mine = await new_talk(engine, "anni fa", "ieri")
    query("UPDATE messages SET created_at = now() - interval '400 days' WHERE text = 'anni fa'")
    removed = await run(engine)
    assert removed["messages"] == 1
    assert query("SELECT text FROM messages WHERE conversation_id = %s", mine) == [("ieri",)]


async def test_private_answers_go_sooner_than_the_talk(engine: AsyncEngine, agenda: Agenda, query: Query) -> None:
    mine = await new_talk(engine)
    await life(engine, agenda, query, mine)
    query("UPDATE private_answers SET kept_at = now() - interval '31 days'")
    query("UPDATE messages SET created_at = now() - interval '31 days'")
    removed = await run(engine)
    assert (removed["private_answers"], removed["sealed_messages"], removed["messages"]) == (1, 1, 0)
    assert query("SELECT text FROM messages WHERE payload LIKE '%%given%%'") == [("(nome e cognome)",)]


async def test_one_worker_a_night_does_it(engine: AsyncEngine) -> None:
    async def mine() -> bool:
        async with engine.begin() as connection:
            return await claim_night(connection, clock.now().date())

    assert sorted(await asyncio.gather(*(mine() for _ in range(4)))) == [False, False, False, True]


async def test_a_stop_outlives_the_erasure(engine: AsyncEngine, query: Query, database: str) -> None:
    async with engine.begin() as connection:
        for channel in ("sms", "whatsapp"):
            address, _ = await conversation_at(connection, channel, PHONE)
            await opt_out(connection, address.id, out=True)
        other, _ = await conversation_at(connection, "sms", "+393339876543")
    known = [one for (one,) in query("SELECT id FROM conversations")]
    async with engine.begin() as connection:
        number = await ask_erasure(connection, conversations=known, asked_by="command")
        receipt = await do_erasure(connection, number, agenda_now=clock.now())
    assert receipt.is_genuine
    assert "STOP" in kept_in_words(receipt.erased)
    assert not any("STOP" in line for line in in_words(receipt.erased))
    assert traces(database) == {}, "the number itself is nowhere"
    assert query("SELECT channel FROM stopped_addresses ORDER BY channel") == [("sms",), ("whatsapp",)]
    # Whoever writes again is answered, but never written to first; somebody else's number is as it was.
    async with engine.begin() as connection:
        again, new = await conversation_at(connection, "sms", PHONE)
        assert new and again.opted_out_at is not None
        someone, _ = await conversation_at(connection, "sms", "+393339876543")
        assert someone.opted_out_at is None and someone.conversation_id != other.conversation_id
        await opt_out(connection, again.id, out=False)
        assert await stopped_since(connection, "sms", PHONE) is None
        assert await stopped_since(connection, "whatsapp", PHONE) is not None, "each channel has its own word"
