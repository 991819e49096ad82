"""Accepting a message: stored and queued in one transaction, so that nothing acknowledged can be lost."""

from uuid import UUID

from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncEngine

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
            task = queue.configure_task(
                name=ANSWER_TASK,
                queue=ANSWER_QUEUE,
                lock=str(message.conversation_id),
                connection=await driver_connection(connection),
            )
            await task.defer_async(message_id=str(message_id))
    return message_id
