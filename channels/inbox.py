"""Accepting a message: stored and queued in one transaction, so that nothing acknowledged can be lost."""

from uuid import UUID

from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.model import InboundMessage
from bot.conversations.store import store_inbound
from bot.storage.engine import driver_connection
from bot.storage.queue import ANSWER_TASK

ANSWER_QUEUE = "answers"


async def accept(engine: AsyncEngine, queue: App, message: InboundMessage) -> UUID:
    """Store the message once and queue its answer; the same message again returns the same id and queues nothing."""
    async with engine.begin() as connection:
        message_id, is_new = await store_inbound(connection, message)
        if is_new:
            await queue_answer(connection, queue, message.conversation_id, message_id)
    return message_id


async def queue_answer(connection: AsyncConnection, queue: App, conversation_id: UUID, message_id: UUID) -> None:
    """Have a stored message answered, after those of its conversation that came before; with this transaction or never."""
    task = queue.configure_task(
        name=ANSWER_TASK,
        queue=ANSWER_QUEUE,
        lock=str(conversation_id),
        connection=await driver_connection(connection),
    )
    await task.defer_async(message_id=str(message_id))
