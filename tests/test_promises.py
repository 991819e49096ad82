"""A question left when nobody was there: kept once, due in opening hours, answered once where it was asked."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from booked import moment
from conftest import Query
from desk_support import ANNA, MARCO, new_talk, wrote
from outbox_support import Scripted, at, send_all
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat, Dialogue, LocalWorker, until

from actions.people import ActionPerson
from bot.answers import people as words
from bot.clock import offset_to
from bot.conversations import promises as desk
from bot.conversations.addresses import opt_out
from bot.conversations.handoff import take
from bot.conversations.handoff_model import TakenError
from bot.conversations.office import Office
from bot.conversations.promises import Promise
from channels.capabilities import SMS, TELEGRAM
from channels.outbox import Outbox

Configure = Callable[..., None]
SHUT, OPEN = "2026-03-02T20:00", "2026-03-03T10:00"
DUE = "2026-03-03T13:00"
LEAVE, SEND = words.LEAVE_QUESTION.payload, '/talk_to_operator{{"given":"question","which":"{id}"}}'


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-02T20:00", "2026-03-03T13:00"),  # four opening hours from the next opening
        ("2026-03-02T07:00", "2026-03-02T13:00"),
        ("2026-03-02T14:50", "2026-03-03T11:50"),  # what does not fit today goes on tomorrow
        ("2026-03-06T15:00", "2026-03-09T12:00"),  # over the weekend
        ("2026-04-03T15:00", "2026-04-07T12:00"),  # over Easter Monday
        ("2026-03-28T10:00", "2026-03-30T13:00"),  # over the change of the clock
        ("2026-10-24T10:00", "2026-10-26T13:00"),
    ],
)
def test_due_times_count_opening_hours(now: str, due: str) -> None:
    assert Office("mon-fri 09:00-16:00").after(moment(now), 4) == moment(due)


def test_due_times_are_said_to_the_quarter_of_an_hour_never_sooner(configure: Configure) -> None:
    configure(desk_hours="mon-fri 09:00-16:00", promise_hours=4)
    assert desk.due_from(moment("2026-03-02T10:01")) == moment("2026-03-02T14:15")
    assert desk.due_from(moment("2026-03-02T10:15")) == moment("2026-03-02T14:15")


def test_hours_that_never_come_are_refused() -> None:
    with pytest.raises(ValueError, match="opening"):
        Office("sun 09:00-09:30").after(moment(SHUT), 40)


async def left(engine: AsyncEngine, conversation_id: UUID, text: str = "quando arriva la NASpI?") -> Promise:
    question = await wrote(engine, conversation_id, text)
    async with engine.begin() as connection:
        promise, _ = await desk.leave_question(
            connection, conversation_id, question, now=moment(SHUT), due_at=moment(DUE)
        )
    return promise


async def answered(engine: AsyncEngine, promise: Promise, text: str = "Arriva il 10.", by=ANNA) -> Promise:  # type: ignore[no-untyped-def]
    async with engine.begin() as connection:
        return await desk.answer(connection, promise.id, by, text, lead="Ecco.", now=moment(OPEN))


async def test_what_is_added_keeps_the_time_that_was_told(engine: AsyncEngine, talk: UUID) -> None:
    first = await left(engine, talk)
    more = await wrote(engine, talk, "e quanto è?")
    async with engine.begin() as connection:
        again, is_new = await desk.leave_question(
            connection, talk, more, now=moment(OPEN), due_at=moment("2026-03-09T13:00")
        )
    assert (again, is_new) == (first, False)


async def test_of_two_who_answer_at_once_one_is_heard(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    promise = await left(engine, talk)
    found = await asyncio.gather(
        answered(engine, promise), answered(engine, promise, "Il 12.", MARCO), return_exceptions=True
    )
    assert sorted(type(one) for one in found if not isinstance(one, Promise)) == [desk.DoneError]
    assert query("SELECT count(*) FROM messages WHERE sender = 'operator'") == [(1,)]
    assert query("SELECT outcome, answer_id IS NOT NULL FROM promises") == [("answered", True)]


async def test_nobody_answers_over_the_head_of_who_has_the_conversation(
    engine: AsyncEngine, talk: UUID, query: Query
) -> None:
    promise = await left(engine, talk)
    async with engine.begin() as connection:
        await take(connection, talk, MARCO)
    with pytest.raises(TakenError, match="Marco"):
        await answered(engine, promise)
    assert query("SELECT done_at FROM promises") == [(None,)]
    assert (await answered(engine, promise, by=MARCO)).outcome == "answered"


async def test_who_wrote_stop_is_not_written_to(engine: AsyncEngine, query: Query) -> None:
    address = await at(engine)
    promise = await left(engine, address.conversation_id)
    async with engine.begin() as connection:
        await opt_out(connection, address.id, out=True)
    with pytest.raises(desk.StoppedError):
        await answered(engine, promise)
    async with engine.begin() as connection:
        closed = await desk.close_by_hand(connection, promise.id, ANNA, "phoned", now=moment(OPEN))
    assert (closed.outcome, closed.done_by) == ("phoned", "anna")
    assert query("SELECT count(*) FROM messages WHERE sender = 'operator'") == [(0,)]


@pytest.mark.parametrize("channel", [SMS, TELEGRAM])
async def test_the_answer_leaves_on_the_channel_of_the_question(
    engine: AsyncEngine, query: Query, channel: object
) -> None:
    sender = Scripted(channel)  # type: ignore[arg-type]
    address = await at(engine, sender.capabilities.name, "+393331234567")
    promise = await left(engine, address.conversation_id)
    await answered(engine, promise)
    await send_all(Outbox(engine, {sender.capabilities.name: sender}, settle=timedelta(0)))
    assert [(to, text.replace("\n\n", " ")) for to, text in sender.accepted] == [
        ("+393331234567", "Ecco. Arriva il 10.")
    ]
    assert query("SELECT m.delivery FROM promises p JOIN messages m ON m.id = p.answer_id") == [("sent",)]


async def test_an_erased_question_cannot_be_answered(engine: AsyncEngine, talk: UUID, query: Query) -> None:
    promise = await left(engine, talk)
    query("DELETE FROM conversations")
    assert query("SELECT count(*) FROM promises") == [(0,)]
    with pytest.raises(desk.DoneError):
        await answered(engine, promise)


# --- the talk ---------------------------------------------------------------------------------------------------------


async def said_to(engine: AsyncEngine, conversation_id: UUID, pressed: dict[str, str]):  # type: ignore[no-untyped-def]
    async with engine.begin() as connection:
        return await ActionPerson().answer(connection, conversation_id, pressed)


async def test_the_citizen_is_told_by_when_and_may_withdraw(
    engine: AsyncEngine, talk: UUID, query: Query, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    closed = await said_to(engine, talk, {})
    assert words.LEAVE_QUESTION in closed.buttons
    asked = await said_to(engine, talk, {"given": "leave"})
    assert (asked.expects, "domani, martedì 3 marzo, alle 13" in asked.text) == ("question", True)
    question = await wrote(engine, talk, "quando arriva la NASpI?")
    for _ in range(2):  # asked a second time for the same message, it is the same answer
        kept = await said_to(engine, talk, {"given": "question", "which": str(question)})
        assert kept.text.startswith("Fatto, ho tenuto la tua domanda.")
        assert words.COME_BACK in kept.text
    more = await wrote(engine, talk, "e quanto è?")
    assert (await said_to(engine, talk, {"given": "question", "which": str(more)})).text.startswith("Ho aggiunto")
    assert query("SELECT question_id, due_at, outcome FROM promises") == [(question, moment(DUE), None)]
    assert (await said_to(engine, talk, {"stop": "yes"})).text == words.NO_QUESTION
    assert query("SELECT outcome FROM promises") == [("withdrawn",)]


async def test_only_the_citizens_own_words_are_a_question(
    engine: AsyncEngine, talk: UUID, query: Query, configure: Configure
) -> None:
    configure(clock_offset=offset_to(moment(SHUT)))
    other = await new_talk(engine)
    theirs = await wrote(engine, other, "una domanda d'altri")
    for which in (str(theirs), str(uuid4()), "x", ""):
        assert (await said_to(engine, talk, {"given": "question", "which": which})).expects == "question"
    assert query("SELECT count(*) FROM promises") == [(0,)]


async def test_what_is_written_next_is_the_question_whatever_it_is_about(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    dialogue.says["c'è qualcuno?"] = {"text": "Scrivila qui.", "custom": {"expects": "question"}}
    worker.start()
    await chat.send("c'è qualcuno?")
    await chat.answered(1)
    message_id = await chat.send("la NASpI è bloccata, perché?")
    await chat.answered(2)
    assert dialogue.asked[-1]["payload"] == SEND.format(id=message_id)
    # The words stay for the person who reads them.
    assert query("SELECT text FROM messages WHERE id = %s", UUID(message_id)) == [("la NASpI è bloccata, perché?",)]


@pytest.mark.parametrize("text", ["no grazie", "voglio morire", "???"])
async def test_what_is_no_question_is_heard_by_the_assistant(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, text: str
) -> None:
    dialogue.says["c'è qualcuno?"] = {"text": "Scrivila qui.", "custom": {"expects": "question"}}
    worker.start()
    await chat.send("c'è qualcuno?")
    await chat.answered(1)
    await chat.send(text)
    await chat.answered(2)
    assert dialogue.texts()[-1] == text


async def test_an_answer_that_is_late_is_owned_up_to_once(
    engine: AsyncEngine, chat: Chat, worker: LocalWorker, query: Query, configure: Configure
) -> None:
    await left(engine, UUID(chat.id))
    configure(clock_offset=offset_to(moment("2026-03-03T13:01")))
    worker.start()
    await until(lambda: query("SELECT count(*) FROM promises WHERE late_told_at IS NOT NULL") == [(1,)], within=10)
    told = query("SELECT count(*) FROM messages WHERE sender = 'bot'")
    last = (await chat.messages())[-1]
    assert last["text"].startswith("Mi dispiace, alla domanda che hai lasciato lunedì 2 marzo alle 20 ")
    await asyncio.sleep(2.5)
    assert query("SELECT count(*) FROM messages WHERE sender = 'bot'") == told
