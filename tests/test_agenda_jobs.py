"""What is said first: once, whatever is killed meanwhile, never about what was cancelled, in words that fit."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient
from booked import ANNA, SERVICE, SITE, Agenda, moment
from conftest import Query
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from support import Chat, LocalWorker, WorkerProcess, until

from bot import clock
from bot.agenda.model import Appointment, SlotQuery, Waiting
from bot.agenda.page_tokens import page_url
from bot.answers.gsm7 import SEGMENT, septets
from bot.answers.reminders import reminder
from bot.conversations.model import Reply
from bot.dialogue.payloads import check_payload, make_payload
from bot.storage.engine import create_engine
from channels import agenda_jobs
from channels.agenda_jobs import tell_about_appointments, tell_all, tell_freed_places, tell_missed, tell_reminder

TWO_DAYS_BEFORE = "2026-03-03T09:30"  # of the usual appointment, Thursday 5 March at 9:30
THREE_HOURS_BEFORE = "2026-03-05T06:30"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """A worker's engine."""
    made = create_engine(pool_size=8)
    yield made
    await made.dispose()


async def said(chat: Chat) -> list[dict]:
    """What was said first in this conversation, the greeting apart."""
    return [m for m in await chat.messages(after=1) if m["sender"] == "bot" and not m["in_reply_to"]]


async def tell_everything(engine: AsyncEngine) -> None:
    for told in (tell_reminder, tell_missed, tell_freed_places):
        await tell_all(engine, told)


# --- reminders --------------------------------------------------------------------------------------------------------


async def test_a_reminder_comes_at_its_time_with_buttons_the_page_and_the_deadline(
    chat: Chat, agenda: Agenda, engine: AsyncEngine
) -> None:
    appointment = await agenda.booked(conversation_id=chat.id)
    agenda.set_clock("2026-03-03T09:29")
    await tell_everything(engine)
    assert await said(chat) == []
    agenda.set_clock(TWO_DAYS_BEFORE)
    await tell_everything(engine)
    [message] = await said(chat)
    assert "giovedì 5 marzo alle 9:30" in message["text"]
    assert "Puoi spostare o disdire fino a mercoledì 4 marzo alle 9:30." in message["text"]
    assert message["links"] == [{"title": "Il tuo appuntamento", "url": page_url(appointment.id)}]
    intents = {"Confermo": "confirm_attendance", "Sposto": "reschedule_appointment", "Disdico": "cancel_appointment"}
    assert message["buttons"] == [
        {"title": title, "payload": make_payload(intent, appointment=str(appointment.id))}
        for title, intent in intents.items()
    ]


async def test_each_lead_time_is_said_once_and_the_late_one_offers_what_still_can_be_done(
    chat: Chat, agenda: Agenda, engine: AsyncEngine
) -> None:
    await agenda.booked(conversation_id=chat.id)
    for at in (TWO_DAYS_BEFORE, "2026-03-04T12:00", THREE_HOURS_BEFORE, "2026-03-05T09:00"):
        agenda.set_clock(at)
        await tell_everything(engine)
        await tell_everything(engine)
    first, second = await said(chat)
    assert "oggi, giovedì 5 marzo, alle 9:30" in second["text"]
    assert "800 184704" in second["text"]
    assert [button["title"] for button in first["buttons"]] == ["Confermo", "Sposto", "Disdico"]
    assert [button["title"] for button in second["buttons"]] == ["Confermo"]


async def test_after_a_long_stop_only_one_reminder_is_said_and_none_after_the_start(
    chat: Chat, agenda: Agenda, engine: AsyncEngine
) -> None:
    await agenda.booked(conversation_id=chat.id)
    agenda.set_clock("2026-03-05T09:00")
    await tell_everything(engine)
    assert len(await said(chat)) == 1
    other = await agenda.booked("2026-03-06T10:00", conversation_id=uuid4())
    assert other.state == "da_erogare"
    agenda.set_clock("2026-03-06T10:01")
    await tell_everything(engine)
    assert len(await said(chat)) == 1


async def test_workers_racing_say_it_once(edge: TestClient, agenda: Agenda, engine: AsyncEngine) -> None:
    chats = [await Chat.open(edge) for _ in range(6)]
    for number, chat in enumerate(chats):
        await agenda.booked(f"2026-03-05T{9 + number // 2:02}:{30 * (number % 2):02}", conversation_id=chat.id)
    other = create_engine(pool_size=8)
    agenda.set_clock("2026-03-04T12:00")
    await asyncio.gather(*(tell_all(one, tell_reminder) for one in (engine, other) * 4))
    await other.dispose()
    assert [len(await said(chat)) for chat in chats] == [1] * 6


async def test_a_worker_that_dies_before_it_is_done_leaves_it_to_the_next(
    chat: Chat, agenda: Agenda, engine: AsyncEngine
) -> None:
    await agenda.booked(conversation_id=chat.id)
    agenda.set_clock(TWO_DAYS_BEFORE)
    with suppress(DBAPIError):
        async with engine.begin() as connection:
            assert await tell_reminder(connection, clock.now())
            await kill(engine, connection)
    assert await said(chat) == []
    await tell_everything(engine)
    await tell_everything(engine)
    assert len(await said(chat)) == 1


async def kill(engine: AsyncEngine, connection: AsyncConnection) -> None:
    """End the server's side of a connection, as when its worker is killed, and wait until it is gone."""
    pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with engine.connect() as other:
        await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


async def test_two_worker_processes_one_of_them_killed_say_it_once(
    edge: TestClient, agenda: Agenda, worker_process: Callable[[], WorkerProcess]
) -> None:
    chats = [await Chat.open(edge) for _ in range(6)]
    for number, chat in enumerate(chats):
        await agenda.booked(f"2026-03-05T{9 + number // 2:02}:{30 * (number % 2):02}", conversation_id=chat.id)
    agenda.set_clock("2026-03-04T12:00")
    first, second = worker_process(), worker_process()
    await until(lambda: "worker ready" in first.log.read_text() or "worker ready" in second.log.read_text(), within=30)
    first.end()
    third = worker_process()
    await third.ready()

    async def all_told() -> bool:
        return all([await said(chat) for chat in chats])

    await until(all_told, every=0.1)
    await asyncio.sleep(2.5)  # another round of each
    assert [len(await said(chat)) for chat in chats] == [1] * 6


async def test_never_about_one_that_was_cancelled_or_moved_away(
    edge: TestClient, agenda: Agenda, engine: AsyncEngine
) -> None:
    cancelled, moved = await Chat.open(edge), await Chat.open(edge)
    first = await agenda.booked(conversation_id=cancelled.id)
    await agenda.book.cancel(first.id, reason="altro", now=clock.now())
    second = await agenda.booked("2026-03-05T10:00", conversation_id=moved.id)
    third = await agenda.moved(second, "2026-03-12T10:00")
    agenda.set_clock("2026-03-05T09:00")
    await tell_everything(engine)
    assert await said(cancelled) == []
    assert await said(moved) == []
    agenda.set_clock("2026-03-10T10:00")
    await tell_everything(engine)
    [message] = await said(moved)
    assert str(third.id) in message["buttons"][0]["payload"]


async def test_cancelling_while_it_is_being_said_comes_before_or_after(
    edge: TestClient, agenda: Agenda, engine: AsyncEngine
) -> None:
    """Whichever is first, a cancelled one is not said later."""
    chats = [await Chat.open(edge) for _ in range(6)]
    made = [
        await agenda.booked(f"2026-03-05T{9 + number // 2:02}:{30 * (number % 2):02}", conversation_id=chat.id)
        for number, chat in enumerate(chats)
    ]
    agenda.set_clock("2026-03-03T12:00")
    cancelling = (agenda.book.cancel(one.id, reason="altro", now=clock.now()) for one in made)
    await asyncio.gather(tell_all(engine, tell_reminder), *cancelling)
    counts = [len(await said(chat)) for chat in chats]
    await tell_everything(engine)
    agenda.set_clock("2026-03-05T08:00")
    await tell_everything(engine)
    assert [len(await said(chat)) for chat in chats] == counts


async def test_erased_conversations_are_skipped_and_hold_up_nobody(
    edge: TestClient, agenda: Agenda, engine: AsyncEngine, query: Query
) -> None:
    erased, other = await Chat.open(edge), await Chat.open(edge)
    await agenda.booked(conversation_id=erased.id)
    await agenda.booked("2026-03-05T10:00", conversation_id=other.id)
    query("DELETE FROM conversations WHERE id = %s", UUID(erased.id))
    agenda.set_clock("2026-03-03T12:00")
    await tell_everything(engine)
    assert len(await said(other)) == 1


async def test_one_made_elsewhere_is_said_where_it_was_claimed(
    chat: Chat, agenda: Agenda, engine: AsyncEngine, query: Query
) -> None:
    appointment = await agenda.booked()
    query("UPDATE agenda_appointments SET conversation_id = NULL")
    await agenda.book.claim(UUID(chat.id), appointment.code, "De Rossi", now=clock.now())
    agenda.set_clock(TWO_DAYS_BEFORE)
    await tell_everything(engine)
    assert len(await said(chat)) == 1


async def test_what_cannot_be_worded_is_kept_for_the_operators_and_holds_up_nobody(
    edge: TestClient, agenda: Agenda, engine: AsyncEngine, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = await Chat.open(edge), await Chat.open(edge)
    bad = await agenda.booked(conversation_id=broken.id)
    await agenda.booked("2026-03-05T10:00", conversation_id=other.id)

    def fails_once(appointment: Appointment, *args: object, **values: object) -> Reply:
        if appointment.id == bad.id:
            raise ValueError("no words")
        return reminder(appointment, *args, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(agenda_jobs, "reminder", fails_once)
    agenda.set_clock("2026-03-03T12:00")
    await tell_everything(engine)
    assert await said(broken) == []
    assert len(await said(other)) == 1
    assert query('SELECT "where" FROM incidents') == [("agenda",)]


# --- the loop ---------------------------------------------------------------------------------------------------------


async def test_the_worker_says_what_is_due_and_lives_through_an_outage(
    chat: Chat, agenda: Agenda, worker: LocalWorker, query: Query
) -> None:
    await agenda.booked(conversation_id=chat.id)
    worker.start()
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    agenda.set_clock(TWO_DAYS_BEFORE)

    async def told() -> list[dict]:
        with suppress(AssertionError):  # the edge, too, meets the outage once
            return await said(chat)
        return []

    assert len(await until(told)) == 1
    assert worker.running


async def test_the_loop_goes_on_whatever_fails(
    engine: AsyncEngine, agenda: Agenda, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    async def away(*args: object) -> None:
        nonlocal rounds
        rounds += 1
        raise OSError("connection refused") if rounds % 2 else KeyError("a fault of ours")

    monkeypatch.setattr(agenda_jobs, "tell_all", away)
    monkeypatch.setattr(agenda_jobs, "EVERY_SECONDS", 0.01)
    loop = asyncio.create_task(tell_about_appointments(engine))
    await until(lambda: rounds > 3)
    assert not loop.done()
    loop.cancel()


# --- freed places -----------------------------------------------------------------------------------------------------


async def waits(agenda: Agenda, conversation_id: str) -> Waiting:
    """Wait for the usual day, which is full."""
    day = moment("2026-03-05T00:00").date()
    wish = SlotQuery(service_id=SERVICE, site_ids=(SITE,), now=clock.now(), modes=("video",), days=(day,))
    return await agenda.book.join_waiting_list(UUID(conversation_id), wish, ANNA, now=clock.now())


async def full_day(agenda: Agenda) -> list[Appointment]:
    return [await agenda.booked(f"2026-03-05T{hour:02}:{minute:02}") for hour in (9, 10, 11) for minute in (0, 30)]


async def test_a_place_that_frees_up_is_offered_once_to_whoever_waits(
    edge: TestClient, agenda: Agenda, engine: AsyncEngine
) -> None:
    first, second = await Chat.open(edge), await Chat.open(edge)
    taken = await full_day(agenda)
    for chat in (first, second):
        await waits(agenda, chat.id)
    await tell_everything(engine)
    assert await said(first) == []
    await agenda.book.cancel(taken[2].id, reason="altro", now=clock.now())
    other = create_engine(pool_size=4)
    await asyncio.gather(*(tell_all(one, tell_freed_places) for one in (engine, other) * 2))
    await other.dispose()
    await tell_everything(engine)
    [message] = await said(first)
    assert await said(second) == []
    assert "Si è liberato un posto" in message["text"]
    assert "giovedì 5 marzo alle 10" in message["text"]
    assert "fino alle 11" in message["text"]
    assert [button["title"] for button in message["buttons"]] == ["Sì, lo prendo", "No, grazie"]
    for button in message["buttons"]:
        assert re.fullmatch(r'/(accept|decline)_offer\{"offer":"[0-9a-f-]{36}"\}', check_payload(button["payload"]))


async def test_the_offer_of_an_erased_conversation_goes_to_the_next(
    edge: TestClient, agenda: Agenda, engine: AsyncEngine, query: Query
) -> None:
    erased, other = await Chat.open(edge), await Chat.open(edge)
    taken = await full_day(agenda)
    for chat in (erased, other):
        await waits(agenda, chat.id)
    query("DELETE FROM conversations WHERE id = %s", UUID(erased.id))
    await agenda.book.cancel(taken[0].id, reason="altro", now=clock.now())
    await tell_everything(engine)
    assert len(await said(other)) == 1


# --- missed -----------------------------------------------------------------------------------------------------------


async def test_a_missed_appointment_gets_kind_words_once_and_a_new_offer(
    chat: Chat, agenda: Agenda, engine: AsyncEngine
) -> None:
    appointment = await agenda.booked(conversation_id=chat.id)
    agenda.set_clock("2026-03-05T10:15")
    await agenda.book.mark(appointment.id, "non_presentato")
    await tell_everything(engine)
    assert await said(chat) == []  # it may be taken back
    agenda.set_clock("2026-03-05T10:26")
    other = create_engine(pool_size=4)
    await asyncio.gather(*(tell_all(one, tell_missed) for one in (engine, other) * 2))
    await other.dispose()
    [message] = await said(chat)
    assert "può capitare" in message["text"]
    assert message["buttons"] == [
        {"title": "Prenota di nuovo", "payload": make_payload("book_appointment", bookable=SERVICE)}
    ]


async def test_the_channel_of_the_booking_chooses_the_length(
    chat: Chat, agenda: Agenda, engine: AsyncEngine, query: Query
) -> None:
    await agenda.booked(conversation_id=chat.id)
    query("UPDATE conversations SET channel = 'sms'")
    agenda.set_clock(TWO_DAYS_BEFORE)
    await tell_everything(engine)
    [message] = await said(chat)
    assert "1 confermo 2 sposto 3 disdico" in message["text"]
    assert septets(message["text"]) <= SEGMENT
    assert len(message["buttons"]) == 3
