"""The worker: takes queued messages, asks the dialogue, stores the answers. Run as many as there are cores.

python -m channels.worker
"""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
import uvloop
from procrastinate import App, JobContext, RetryStrategy
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversations.model import Parse, Reply, Waiting
from bot.conversations.store import add_late_notices, record_incident, store_answer, waiting_message
from bot.dialogue.address import DialogueAddress
from bot.dialogue.client import DialogueClient, DialogueUnavailable
from bot.knowledge.fresh import Follower, follow_files
from bot.logs import configure_logging
from bot.settings import Settings, get_settings
from bot.storage.engine import create_engine, create_statement_engine
from bot.storage.queue import ANSWER_TASK, DELETE_DONE, HEARTBEAT_SECONDS, STALLED_AFTER_SECONDS, create_queue
from channels.agenda_jobs import tell_about_appointments
from channels.desk_jobs import look_after_people
from channels.inbox import ANSWER_QUEUE
from channels.outbox import Outbox
from channels.reading import made_ready
from channels.sender import Sender
from channels.senders import close_all, create_senders, log_unconfigured, show_typing
from channels.sentences import FAILED, LATE, say

log = structlog.get_logger()

UNAVAILABLE_WAITS = (0.2, 0.5, 1.0, 2.0, 2.0, 2.0)
"""Seconds between tries inside one job while the dialogue is away; then the job is put back and tried again later."""
FAILED_TRIES = 3
"""How often a message that the dialogue fails on is tried before the citizen is told."""
OUTBOX_CONCURRENCY = 4
"""Messages on their way out at the same time, of different conversations."""


@dataclass(frozen=True)
class Desk:
    """What a job needs: the database (for transactions, and for single statements), the dialogue, the limits."""

    engine: AsyncEngine
    statements: AsyncEngine
    dialogue: DialogueClient
    settings: Settings
    senders: Mapping[str, Sender] = field(default_factory=dict)


async def answer_message(desk: Desk, message_id: UUID) -> None:
    """Answer one stored message, once.

    Raises `DialogueUnavailable` when the dialogue stays away: the job is then put back, and stays first in its conversation.
    """
    async with desk.statements.connect() as connection:
        waiting = await waiting_message(connection, message_id)
    if waiting is None or waiting.answered or waiting.owner == "operator":
        return
    show_typing(desk.engine, desk.senders, waiting.conversation_id, waiting.channel)
    waiting = await made_ready(desk.engine, waiting)
    replies, parse = await ask_patiently(desk, waiting)
    try:
        async with desk.statements.connect() as connection:
            await store_answer(connection, waiting, replies, parse)
    except DataError as error:
        # PostgreSQL cannot keep every character that JSON can carry.
        sorry = await failure_reply(desk, waiting, error)
        async with desk.statements.connect() as connection:
            await store_answer(connection, waiting, [sorry], None)


async def ask_patiently(desk: Desk, waiting: Waiting) -> tuple[list[Reply], Parse | None]:
    """The dialogue's answer, or an honest sentence with an incident number when it fails on this message."""
    failures = 0
    for pause in (*UNAVAILABLE_WAITS, None):
        try:
            return await desk.dialogue.answer(waiting)
        except DialogueUnavailable:
            if pause is None:
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the citizen is told and the operators find it
            failures += 1
            if failures == FAILED_TRIES or pause is None:
                return [await failure_reply(desk, waiting, error)], None
        await asyncio.sleep(pause)
    raise AssertionError("unreachable")


async def failure_reply(desk: Desk, waiting: Waiting, error: Exception) -> Reply:
    """Keep the failure for the operators and tell the citizen what to do, with its number."""
    async with desk.engine.begin() as connection:
        number = await record_incident(connection, message_id=waiting.id, where="dialogue", what=repr(error))
    log.error("dialogue failed", message_id=str(waiting.id), incident=number, reason=repr(error))
    return Reply(text=say(FAILED, number=str(number)))


def register_tasks(queue: App, desk: Desk) -> None:
    """Give the queue the work this process knows how to do."""

    @queue.task(
        name=ANSWER_TASK,
        queue=ANSWER_QUEUE,
        pass_context=True,
        # Whatever the reason, cancelled at shutdown too: a job that is not done is put back, never dropped.
        retry=RetryStrategy(wait=1),
    )
    async def answer(context: JobContext, message_id: str) -> None:
        await answer_message(desk, UUID(message_id))


async def tell_those_who_wait(desk: Desk) -> None:
    """Every second, tell the conversations whose answer is late; ends only when cancelled."""
    while True:
        await asyncio.sleep(1)
        try:
            async with desk.engine.begin() as connection:
                told = await add_late_notices(
                    connection, after_seconds=desk.settings.notice_after, reply=Reply(text=LATE)
                )
        except OperationalError as error:
            log.warning("late notices not written", reason=repr(error))
            continue
        if told:
            log.warning("answers are late", conversations=told)


async def take_over_stalled(queue: App) -> None:
    """Every two seconds, put back the jobs of workers that died; ends only when cancelled."""
    while True:
        stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
        for job in stalled:
            log.warning("job of a dead worker put back", job=job.id)
            await queue.job_manager.retry_job(job)
        await asyncio.sleep(2)


async def run() -> None:
    """Work until told to stop; jobs under way are finished first."""
    settings = get_settings()
    engine = create_engine(pool_size=2)
    statements = create_statement_engine(pool_size=settings.worker_concurrency)
    address = DialogueAddress(statements, settings)
    await address.look()
    dialogue = DialogueClient(address, timeout=settings.reply_timeout, concurrency=settings.worker_concurrency)
    # Each message on its way out holds two connections for as long as the provider takes.
    outgoing = create_engine(pool_size=2 * OUTBOX_CONCURRENCY)
    senders = create_senders(settings, outgoing)
    log_unconfigured(senders)
    desk = Desk(engine=engine, statements=statements, dialogue=dialogue, settings=settings, senders=senders)
    queue = create_queue(max_size=6)
    register_tasks(queue, desk)
    async with queue.open_async():
        work = asyncio.create_task(
            queue.run_worker_async(
                queues=[ANSWER_QUEUE],
                concurrency=settings.worker_concurrency,
                # Also how long the next message of a conversation waits for its turn: that is not announced.
                fetch_job_polling_interval=0.1,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_AFTER_SECONDS,
                shutdown_graceful_timeout=settings.reply_timeout,
                delete_jobs=DELETE_DONE,
                install_signal_handlers=False,
            )
        )
        others = [
            asyncio.create_task(tell_those_who_wait(desk)),
            asyncio.create_task(take_over_stalled(queue)),
            asyncio.create_task(tell_about_appointments(engine)),
            asyncio.create_task(look_after_people(engine)),
            asyncio.create_task(follow_files(Follower())),
            asyncio.create_task(address.follow()),
        ]
        if senders:
            others.append(asyncio.create_task(Outbox(outgoing, senders, concurrency=OUTBOX_CONCURRENCY).run()))
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, work.cancel)
        log.info("worker ready", concurrency=settings.worker_concurrency)
        # Whichever ends first ends the process: the supervisor starts a fresh one.
        await asyncio.wait([work, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in (work, *others):
            task.cancel()
        results = await asyncio.gather(work, *others, return_exceptions=True)
    await dialogue.close()
    await close_all(senders)
    await outgoing.dispose()
    await statements.dispose()
    await engine.dispose()
    for result in results:
        if isinstance(result, Exception):
            raise result


def main() -> None:
    """Entry point of the worker process."""
    configure_logging("worker")
    uvloop.run(run())


if __name__ == "__main__":
    main()
