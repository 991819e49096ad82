"""What tests of people at the desk need: an engine, operators, conversations with something in them."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversations.handoff_model import Operator
from bot.conversations.model import InboundMessage
from bot.conversations.store import open_conversation, store_inbound
from bot.storage.engine import create_engine

ANNA, MARCO = Operator(key="anna", name="Anna"), Operator(key="marco", name="Marco")


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """A pool on the test's database."""
    made = create_engine(pool_size=10)
    yield made
    await made.dispose()


@pytest.fixture
async def talk(engine: AsyncEngine) -> UUID:
    """A web chat conversation just opened."""
    return await new_talk(engine)


async def new_talk(engine: AsyncEngine, *texts: str) -> UUID:
    """A web chat conversation in which a citizen wrote these."""
    async with engine.begin() as connection:
        conversation_id, _ = await open_conversation(connection, channel="webchat")
    for text in texts:
        await wrote(engine, conversation_id, text)
    return conversation_id


async def wrote(engine: AsyncEngine, conversation_id: UUID, text: str) -> UUID:
    """One more message of the citizen; its id."""
    async with engine.begin() as connection:
        message = InboundMessage(conversation_id=conversation_id, channel_message_id=str(uuid4()), text=text)
        return (await store_inbound(connection, message))[0]
