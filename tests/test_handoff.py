"""A conversation between the assistant and people: one owner at any moment, nothing said by two, nobody left waiting."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient
from booked import moment
from conftest import Query
from desk_support import ANNA, MARCO, new_talk, wrote
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat, Dialogue, LocalWorker, until

from bot.answers import people as words
from bot.clock import offset_to
from bot.conversations import canned
from bot.conversations.call_backs import ask_call, called, calls_to_make, give_up_call
from bot.conversations.handoff import close, open_handoff, reply, request_person, take, transfer, withdraw
from bot.conversations.handoff_model import GoneError, NotYoursError, TakenError, UnseenError
from bot.conversations.model import Reply
from bot.conversations.store import add_late_notices, messages_after
from bot.conversations.waiting_line import held_by, position, usual_minutes, waiting_line
from channels import webchat

Configure = Callable[..., None]
OPEN, SHUT = "2026-03-02T10:00", "2026-03-02T20:00"


async def said(engine: AsyncEngine, conversation_id: UUID) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        return [(one.sender, one.text) for one in await messages_after(connection, conversation_id, 0)]


async def taken(engine: AsyncEngine, conversation_id: UUID) -> None:
    async with engine.begin() as connection:
        await take(connection, conversation_id, ANNA)


# --- the line ---------------------------------------------------------------------------------------------------------


async def test_asking_twice_is_one_request_with_one_place(engine: AsyncEngine, talk: UUID) -> None:
    other = await new_talk(engine)
    async with engine.begin() as connection:
        _, first = await request_person(connection, talk, "asked")
    async with engine.begin() as connection:
        _, second = await request_person(connection, other, "complaint")
    async with engine.begin() as connection:
        again, third = await request_person(connection, other, "asked")
        assert (first, second, third) == (True, True, False)
        assert again.reason == "complaint"
        assert await position(connection, again) == 2
        assert [one.handoff.conversation_id for one in await waiting_line(connection)] == [talk, other]


async def test_who_withdraws_waits_no_more(engine: AsyncEngine, talk: UUID) -> None:
    async with engine.begin() as connection:
        await request_person(connection, talk, "asked")
        assert await withdraw(connection, talk)
        assert not await withdraw(connection, talk)
        assert await waiting_line(connection) == []


async def test_the_usual_wait_is_the_middle_of_those_of_late(engine: AsyncEngine, query: Query) -> None:
    async with engine.connect() as connection:
        assert await usual_minutes(connection) == 10
    for minutes in (2, 12, 90):
        conversation_id = await new_talk(engine)
        await taken(engine, conversation_id)
        statement = "UPDATE handoffs SET reason = 'asked', requested_at = taken_at - %s * interval '1 minute'"
        query(statement + " WHERE conversation_id = %s", minutes, conversation_id)
    async with engine.connect() as connection:
        assert await usual_minutes(connection) == 15


# --- one owner --------------------------------------------------------------------------------------------------------


async def test_of_many_who_take_at_once_one_has_it(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    async def attempt(number: int) -> str:
        operator = type(ANNA)(key=f"op{number}", name=f"Op{number}")
        try:
            async with engine.begin() as connection:
                await take(connection, talk, operator)
        except TakenError as error:
            return f"has it: {error.name}"
        return "mine"

    outcomes = await asyncio.gather(*(attempt(number) for number in range(8)))
    [owner] = [row[0] for row in query("SELECT operator_name FROM handoffs WHERE ended_at IS NULL")]
    assert outcomes.count("mine") == 1
    assert set(outcomes) == {"mine", f"has it: {owner}"}
    assert query("SELECT owner, operator_name FROM conversations") == [("operator", owner)]
    assert await said(engine, talk) == [("bot", words.TAKEN.format(name=owner))]


async def test_only_the_owner_replies_and_the_same_reply_is_said_once(engine: AsyncEngine, talk: UUID) -> None:
    await wrote(engine, talk, "c'è qualcuno?")
    await taken(engine, talk)
    reply_id = uuid4()
    for _ in range(2):
        async with engine.begin() as connection:
            await reply(connection, talk, ANNA, Reply(text="Sì, eccomi."), reply_id=reply_id, seen=1)
    with pytest.raises(NotYoursError):
        async with engine.begin() as connection:
            await reply(connection, talk, MARCO, Reply(text="Anche io."), reply_id=uuid4(), seen=1)
    assert [one for one in await said(engine, talk) if one[0] == "operator"] == [("operator", "Sì, eccomi.")]


async def test_the_bot_is_silent_while_a_person_has_it(
    engine: AsyncEngine, chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    await taken(engine, UUID(chat.id))
    worker.start()
    await chat.send("mi senti?")
    await until(lambda: query("SELECT count(*) FROM procrastinate_jobs") == [(0,)])
    assert dialogue.asked == []
    seen = (await chat.messages())[-1]["seq"]
    async with engine.begin() as connection:
        await close(connection, UUID(chat.id), ANNA, outcome="resolved", seen=seen)
    await chat.send("e adesso?")
    [answer] = await chat.answered(1)
    assert answer["text"] == "risposta a: e adesso?"
    assert dialogue.texts() == ["e adesso?"]


async def test_what_was_written_to_a_person_is_not_late_afterwards(
    engine: AsyncEngine, talk: UUID, query: Query
) -> None:
    await taken(engine, talk)
    await wrote(engine, talk, "grazie")
    query("UPDATE messages SET created_at = created_at - interval '1 hour'")
    async with engine.begin() as connection:
        await close(connection, talk, ANNA, outcome="resolved", seen=2)
        assert await add_late_notices(connection, after_seconds=1, reply=Reply(text="tardi")) == 0


async def test_closing_over_an_unread_message_is_refused(engine: AsyncEngine, talk: UUID) -> None:
    await taken(engine, talk)
    await wrote(engine, talk, "aspetti, ancora una cosa")
    with pytest.raises(UnseenError):
        async with engine.begin() as connection:
            await close(connection, talk, ANNA, outcome="resolved", seen=1)
    async with engine.connect() as connection:
        held = await open_handoff(connection, talk)
    assert held is not None
    assert held.state == "taken"


async def test_the_citizen_hears_who_writes_and_when_the_assistant_is_back(engine: AsyncEngine, talk: UUID) -> None:
    await taken(engine, talk)
    async with engine.begin() as connection:
        await transfer(connection, talk, ANNA, MARCO)
    with pytest.raises(NotYoursError):
        async with engine.begin() as connection:
            await close(connection, talk, ANNA, outcome="resolved", seen=99)
    async with engine.begin() as connection:
        await close(connection, talk, MARCO, outcome="elsewhere", seen=99)
    heard = [text for _, text in await said(engine, talk)]
    assert heard == [
        words.TAKEN.format(name="Anna"),
        words.TRANSFERRED.format(before="Anna", name="Marco"),
        words.BACK.format(name="Marco"),
    ]


async def test_every_step_is_kept(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    async with engine.begin() as connection:
        await request_person(connection, talk, "asked")
        await take(connection, talk, ANNA)
        await transfer(connection, talk, ANNA, MARCO)
        assert [one.unread for one in await held_by(connection, "marco")] == [0]
        await close(connection, talk, MARCO, outcome="resolved", seen=0)
    steps = query("SELECT what, operator_name FROM handoff_steps ORDER BY number")
    assert steps == [("waiting", None), ("taken", "Anna"), ("transferred", "Marco"), ("closed", "Marco")]
    assert query("SELECT state, outcome FROM handoffs") == [("closed", "resolved")]


async def test_an_erased_conversation_cannot_be_taken(engine: AsyncEngine) -> None:
    with pytest.raises(GoneError):
        async with engine.begin() as connection:
            await take(connection, uuid4(), ANNA)


async def test_the_schema_itself_knows_one_owner(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    row = "INSERT INTO handoffs (id, conversation_id, state, reason) VALUES (gen_random_uuid(), %s, 'waiting', 'asked')"
    query(row, talk)
    with pytest.raises(Exception, match="handoffs_open"):
        query(row, talk)


# --- nobody comes -----------------------------------------------------------------------------------------------------


async def test_who_waits_in_vain_is_told_and_offered_something_else(
    engine: AsyncEngine, chat: Chat, worker: LocalWorker, query: Query, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(OPEN)), handoff_patience=5)
    async with engine.begin() as connection:
        await request_person(connection, UUID(chat.id), "asked")
    worker.start()
    query("UPDATE handoffs SET requested_at = now() - interval '4 minutes'")
    await asyncio.sleep(2.5)
    assert len(await chat.messages()) == 1
    query("UPDATE handoffs SET requested_at = now() - interval '6 minutes'")
    told = await until(lambda: _last_if_more(chat, 1), within=10)
    assert told["text"] == words.NOBODY
    assert [one["title"] for one in told["buttons"]] == [
        "Lascia una domanda",
        "Fatti richiamare",
        "Prenota un appuntamento",
    ]
    assert query("SELECT state FROM handoffs") == [("expired",)]


async def test_when_the_desk_closes_those_in_line_are_told(
    engine: AsyncEngine, chat: Chat, worker: LocalWorker, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    async with engine.begin() as connection:
        await request_person(connection, UUID(chat.id), "asked")
    worker.start()
    assert (await until(lambda: _last_if_more(chat, 1), within=10))["text"] == words.CLOSING


async def test_an_operator_who_does_not_answer_loses_the_conversation(
    engine: AsyncEngine, chat: Chat, worker: LocalWorker, query: Query, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(OPEN)), handoff_idle=30)
    await taken(engine, UUID(chat.id))
    await chat.send("ci sei?")
    query("UPDATE messages SET created_at = now() - interval '31 minutes' WHERE sender = 'citizen'")
    worker.start()
    await asyncio.sleep(2.5)
    assert query("SELECT owner FROM conversations") == [("operator",)]  # taken just now
    query("UPDATE handoff_steps SET at = now() - interval '40 minutes'")
    told = await until(lambda: _last_if_more(chat, 3), within=10)
    assert told["text"] == words.LEFT_ALONE.format(name="Anna")
    assert query("SELECT owner, operator_name FROM conversations") == [("bot", None)]


async def _last_if_more(chat: Chat, count: int) -> dict[str, Any] | None:
    found = await chat.messages()
    return found[-1] if len(found) > count else None


# --- calls and ready-made answers -------------------------------------------------------------------------------------


async def test_a_call_is_one_a_conversation_and_its_number_is_sealed(
    engine: AsyncEngine, talk: UUID, query: Query
) -> None:
    for number in ("+393331112222", "+393334445555"):
        async with engine.begin() as connection:
            await ask_call(connection, talk, number, promised_from=moment(OPEN))
    # Three digits alone stand by chance in what is sealed.
    for digits in ("1112222", "4445555"):
        assert query("SELECT count(*) FROM call_backs WHERE call_backs::text LIKE %s", f"%{digits}%") == [(0,)]
    async with engine.begin() as connection:
        [call] = await calls_to_make(connection)
        assert call.phone == "+393334445555"
        assert await called(connection, call.id, operator="anna", outcome="no_answer") == talk
        assert await called(connection, call.id, operator="marco", outcome="spoken") is None
        assert not await give_up_call(connection, talk)


async def test_ready_made_answers_are_found_by_words(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        kept = await canned.keep(connection, title="Orari 100%", text="Siamo aperti di mattina.")
        assert [one.id for one in await canned.search(connection, "MATTINA orari")] == [kept]
        assert [one.id for one in await canned.search(connection, "100%")] == [kept]
        assert await canned.search(connection, "mattina sera") == []
        await canned.throw_away(connection, kept)
        assert await canned.search(connection, "mattina") == []


async def test_the_widget_knows_that_a_person_writes(engine: AsyncEngine, edge: TestClient, chat: Chat) -> None:
    await taken(engine, UUID(chat.id))
    async with engine.begin() as connection:
        await reply(connection, UUID(chat.id), ANNA, Reply(text="Buongiorno"), reply_id=uuid4(), seen=1)
    last = (await chat.messages())[-1]
    assert (last["sender"], last["text"]) == ("operator", "Buongiorno")
    assert edge.app[webchat.SETTINGS] is not None
