"""The way of a message from the inbox to its answer: once, in order, whatever is away or killed meanwhile."""

import asyncio
import re
import signal
from collections.abc import Callable
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient
from conftest import Query
from support import Chat, Dialogue, LocalWorker, WorkerProcess, until

from bot.conversations.model import Reply
from bot.conversations.store import add_late_notices
from channels import webchat
from channels.sentences import LATE

Configure = Callable[..., None]
NUMBERED = [f"messaggio {n}" for n in range(20)]


def answers_to(texts: list[str]) -> list[str]:
    return [f"risposta a: {text}" for text in texts]


async def send_all(chat: Chat, texts: list[str]) -> None:
    for text in texts:
        await chat.send(text)


async def notices(chat: Chat) -> list[str]:
    return [m["text"] for m in await chat.messages() if m["kind"] == "notice"]


async def assert_each_answered_once_in_order(chat: Chat, texts: list[str], *, within: float = 15) -> None:
    answers = await chat.answered(len(texts), within=within)
    assert [answer["text"] for answer in answers] == answers_to(texts)
    sent = [m["id"] for m in await chat.messages() if m["sender"] == "citizen"]
    assert [answer["in_reply_to"] for answer in answers] == sent


# --- all is well ------------------------------------------------------------------------------------------------------


async def test_a_message_is_answered_once_and_its_answer_says_to_what(chat: Chat, worker: LocalWorker) -> None:
    worker.start()
    message_id = await chat.send("ciao")
    [answer] = await chat.answered(1)
    assert (answer["text"], answer["in_reply_to"]) == ("risposta a: ciao", message_id)


async def test_how_a_message_was_understood_is_stored_with_it(chat: Chat, worker: LocalWorker, query: Query) -> None:
    worker.start()
    message_id = await chat.send("ciao")
    await chat.answered(1)
    parses = query("SELECT message_id::text, intent, confidence, fallback, model, actions FROM parses")
    assert parses == [(message_id, "greet", 0.9, False, "stand-in", ["utter_greet"])]


async def test_the_dialogue_learns_the_conversation_and_nothing_of_the_citizen(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue
) -> None:
    worker.start()
    message_id = await chat.send("ciao")
    await chat.answered(1)
    assert dialogue.asked == [{"conversation_id": chat.id, "message_id": message_id, "text": "ciao", "payload": None}]


async def test_messages_sent_before_the_worker_started_are_answered(chat: Chat, worker: LocalWorker) -> None:
    await send_all(chat, NUMBERED[:3])
    worker.start()
    await assert_each_answered_once_in_order(chat, NUMBERED[:3])


async def test_done_work_leaves_nothing_in_the_queue(chat: Chat, worker: LocalWorker, query: Query) -> None:
    worker.start()
    await send_all(chat, NUMBERED[:3])
    await chat.answered(3)
    await until(lambda: query("SELECT count(*) FROM procrastinate_jobs") == [(0,)])


async def test_twenty_messages_keep_their_order_while_five_conversations_run_side_by_side(
    edge: TestClient, worker: LocalWorker, dialogue: Dialogue
) -> None:
    dialogue.seconds = 0.03
    chats = [await Chat.open(edge) for _ in range(5)]
    worker.start()
    await asyncio.gather(*(send_all(chat, NUMBERED) for chat in chats))
    for chat in chats:
        await assert_each_answered_once_in_order(chat, NUMBERED, within=40)
    assert dialogue.most_in_one_conversation == 1
    assert dialogue.most_conversations > 1


async def test_two_workers_share_the_work_without_answering_twice(
    edge: TestClient, worker: LocalWorker, worker_process: Callable[[], WorkerProcess], dialogue: Dialogue
) -> None:
    dialogue.seconds = 0.02
    await worker_process().ready()
    worker.start()
    chats = [await Chat.open(edge) for _ in range(4)]
    await asyncio.gather(*(send_all(chat, NUMBERED[:10]) for chat in chats))
    for chat in chats:
        await assert_each_answered_once_in_order(chat, NUMBERED[:10], within=30)
    assert dialogue.most_in_one_conversation == 1
    assert len(dialogue.asked) == 40


async def test_messages_sent_in_a_row_do_not_wait_a_second_each(chat: Chat, worker: LocalWorker) -> None:
    await send_all(chat, NUMBERED[:10])
    worker.start()
    await chat.answered(10, within=5)


# --- the dialogue is away ---------------------------------------------------------------------------------------------


async def test_messages_sent_while_the_dialogue_says_503_are_all_answered_in_order(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue
) -> None:
    dialogue.status = 503
    worker.start()
    await send_all(chat, NUMBERED[:5])
    await until(lambda: len(dialogue.asked) >= 3)
    dialogue.status = 200
    await assert_each_answered_once_in_order(chat, NUMBERED[:5])


async def test_messages_sent_while_nothing_listens_are_all_answered_in_order(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    await dialogue.stop()
    worker.start()
    await send_all(chat, NUMBERED[:5])
    await until(lambda: query("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'"))
    await dialogue.start()
    await assert_each_answered_once_in_order(chat, NUMBERED[:5])


async def test_an_absence_longer_than_one_job_waits_loses_nothing(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.worker.UNAVAILABLE_WAITS", (0.01,))
    dialogue.status = 503
    worker.start()
    await send_all(chat, NUMBERED[:5])
    await until(lambda: query("SELECT 1 FROM procrastinate_jobs WHERE attempts >= 2"))
    dialogue.status = 200
    await assert_each_answered_once_in_order(chat, NUMBERED[:5])


async def test_a_lost_connection_is_tried_again_without_an_incident(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    dialogue.fail["ciao"] = "reset"
    worker.start()
    await chat.send("ciao")
    await until(lambda: len(dialogue.asked) >= 2)
    dialogue.fail.clear()
    await assert_each_answered_once_in_order(chat, ["ciao"])
    assert query("SELECT count(*) FROM incidents") == [(0,)]


async def test_whoever_waits_too_long_is_told_exactly_once(
    edge: TestClient, chat: Chat, worker: LocalWorker, dialogue: Dialogue, configure: Configure
) -> None:
    configure(notice_after=0.2)
    dialogue.status = 503
    worker.start()
    first = await chat.send("uno")
    await chat.send("due")
    await until(lambda: notices(chat))
    # A later conversation being told means that the round passed over the first one again.
    later = await Chat.open(edge)
    await later.send("tre")
    await until(lambda: notices(later))
    assert await notices(chat) == [LATE]
    assert [m["in_reply_to"] for m in await chat.messages() if m["kind"] == "notice"] == [first]
    dialogue.status = 200
    await assert_each_answered_once_in_order(chat, ["uno", "due"])


async def test_a_quick_answer_comes_without_a_notice(chat: Chat, worker: LocalWorker, configure: Configure) -> None:
    configure(notice_after=5)
    worker.start()
    await chat.send("ciao")
    await chat.answered(1)
    assert await notices(chat) == []


async def test_two_workers_tell_a_late_conversation_once(edge: TestClient, chat: Chat) -> None:
    await chat.send("ciao")
    engine = edge.app[webchat.ENGINE]

    async def tell() -> int:
        async with engine.begin() as connection:
            return await add_late_notices(connection, after_seconds=0, reply=Reply(text=LATE))

    async with engine.begin() as connection:
        assert await add_late_notices(connection, after_seconds=0, reply=Reply(text=LATE)) == 1
        other = asyncio.create_task(tell())
        # The other one has looked already and now waits for this transaction.
        await asyncio.wait([other], timeout=0.5)
    assert await other == 0
    assert await notices(chat) == [LATE]


# --- the dialogue fails on one message --------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [500, 400, "nonsense"])
async def test_the_citizen_gets_the_number_of_the_incident_and_the_next_messages_are_answered(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query, failure: int | str
) -> None:
    dialogue.fail["guasto"] = failure
    worker.start()
    broken = await chat.send("guasto")
    await chat.send("ciao")
    sorry, answer = await chat.answered(2)
    [(number, where)] = query('SELECT id, "where" FROM incidents WHERE message_id = %s::uuid', broken)
    assert sorry["in_reply_to"] == broken
    assert re.search(rf"codice {number}\b", sorry["text"])
    assert "800 184704" in sorry["text"]
    assert where == "dialogue"
    assert answer["text"] == "risposta a: ciao"


async def test_a_message_that_fails_is_tried_three_times(chat: Chat, worker: LocalWorker, dialogue: Dialogue) -> None:
    dialogue.fail["guasto"] = 500
    worker.start()
    await chat.send("guasto")
    await chat.answered(1)
    assert dialogue.texts() == ["guasto"] * 3


async def test_a_message_the_dialogue_never_finishes_does_not_stop_the_conversation_for_ever(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.worker.UNAVAILABLE_WAITS", (0.01,) * 6)
    configure(reply_timeout=0.2)
    dialogue.slow["lento"] = 3600
    worker.start()
    await send_all(chat, ["lento", "ciao"])
    assert (await chat.answered(2, within=6))[1]["text"] == "risposta a: ciao"


async def test_a_failure_nobody_foresaw_is_told_to_the_citizen_too(
    chat: Chat, worker: LocalWorker, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr("bot.dialogue.client.DialogueClient.answer", fail)
    worker.start()
    await chat.send("ciao")
    [sorry] = await chat.answered(1)
    [(number,)] = query("SELECT id FROM incidents")
    assert f"codice {number}" in sorry["text"]


async def test_an_answer_that_cannot_be_stored_is_told_to_the_citizen_too(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    dialogue.fail["vuoto"] = "null character"
    worker.start()
    await send_all(chat, ["vuoto", "ciao"])
    sorry, answer = await chat.answered(2)
    [(number,)] = query("SELECT id FROM incidents")
    assert f"codice {number}" in sorry["text"]
    assert answer["text"] == "risposta a: ciao"


# --- killed, stopped, cut ---------------------------------------------------------------------------------------------


async def test_what_a_killed_worker_had_in_hand_is_answered_once_by_the_next(
    edge: TestClient, dialogue: Dialogue, worker: LocalWorker, worker_process: Callable[[], WorkerProcess]
) -> None:
    dialogue.seconds = 0.2
    chats = [await Chat.open(edge) for _ in range(3)]
    await asyncio.gather(*(send_all(chat, NUMBERED[:6]) for chat in chats))
    victim = worker_process()
    await until(lambda: len(dialogue.asked) >= 5, within=30)
    victim.end(signal.SIGKILL)
    await victim.ended()
    dialogue.seconds = 0
    worker.start()
    for chat in chats:
        await assert_each_answered_once_in_order(chat, NUMBERED[:6], within=30)


async def test_a_worker_that_wakes_after_being_taken_for_dead_does_not_answer_again(
    chat: Chat, dialogue: Dialogue, worker: LocalWorker, worker_process: Callable[[], WorkerProcess]
) -> None:
    dialogue.seconds = 0.5
    sleeper = worker_process()
    await chat.send("ciao")
    await until(lambda: dialogue.asked, within=30)
    sleeper.end(signal.SIGSTOP)
    worker.start()
    await chat.answered(1, within=30)
    sleeper.end(signal.SIGCONT)
    # Told to stop, it first finishes what it has in hand.
    sleeper.end(signal.SIGTERM)
    await sleeper.ended()
    await assert_each_answered_once_in_order(chat, ["ciao"])


async def test_a_worker_told_to_stop_finishes_what_it_has_in_hand(
    chat: Chat, dialogue: Dialogue, worker_process: Callable[[], WorkerProcess]
) -> None:
    dialogue.seconds = 0.5
    stopped = worker_process()
    await chat.send("ciao")
    await until(lambda: dialogue.asked, within=30)
    stopped.end(signal.SIGTERM)
    assert await stopped.ended() == 0
    assert [answer["text"] for answer in await chat.answers()] == ["risposta a: ciao"]


async def test_what_a_stopping_worker_cannot_finish_in_time_is_answered_by_the_next(
    chat: Chat,
    dialogue: Dialogue,
    worker: LocalWorker,
    worker_process: Callable[[], WorkerProcess],
    configure: Configure,
) -> None:
    configure(reply_timeout=0.5)
    dialogue.seconds = 3600
    stopped = worker_process()
    await chat.send("ciao")
    await until(lambda: dialogue.asked, within=30)
    stopped.end(signal.SIGTERM)
    await stopped.ended()
    dialogue.seconds = 0
    worker.start()
    await assert_each_answered_once_in_order(chat, ["ciao"], within=25)


async def test_cut_database_connections_lose_nothing(
    edge: TestClient, dialogue: Dialogue, query: Query, worker_process: Callable[[], WorkerProcess]
) -> None:
    dialogue.seconds = 0.1
    chats = [await Chat.open(edge) for _ in range(3)]
    await asyncio.gather(*(send_all(chat, NUMBERED[:6]) for chat in chats))
    # The worker may give up when its connections are cut; the supervisor starts another.
    keep = asyncio.create_task(keep_running(worker_process(), worker_process))
    for asked in (2, 6, 10):
        await until(lambda asked=asked: len(dialogue.asked) >= asked, within=60)
        query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    for chat in chats:
        await until(lambda chat=chat: can_read(chat))
        await assert_each_answered_once_in_order(chat, NUMBERED[:6], within=40)
    keep.cancel()


async def keep_running(process: WorkerProcess, start: Callable[[], WorkerProcess]) -> None:
    while True:
        await process.ended(within=120)
        process = start()


async def can_read(chat: Chat) -> bool:
    async with chat.client.get(chat.url, headers=chat.headers) as answer:
        return answer.status == 200


# --- whose conversation it is -----------------------------------------------------------------------------------------


async def test_a_conversation_an_operator_has_taken_is_left_alone(
    edge: TestClient, chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query, configure: Configure
) -> None:
    configure(notice_after=0.2)
    query("UPDATE conversations SET owner = 'operator' WHERE id = %s", UUID(chat.id))
    worker.start()
    await chat.send("per l'operatore")
    other = await Chat.open(edge)
    dialogue.status = 503
    await other.send("per il programma")
    await until(lambda: notices(other))
    assert dialogue.texts().count("per l'operatore") == 0
    assert [m["sender"] for m in await chat.messages(after=1)] == ["citizen"]


async def test_a_message_erased_before_its_turn_stops_nobody(
    edge: TestClient, chat: Chat, worker: LocalWorker, query: Query
) -> None:
    await chat.send("da cancellare")
    query("DELETE FROM conversations WHERE id = %s", UUID(chat.id))
    other = await Chat.open(edge)
    worker.start()
    await other.send("ciao")
    await assert_each_answered_once_in_order(other, ["ciao"])
