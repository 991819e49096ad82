"""What tests of the outbox need: a sender that does as it is told, addresses, messages to send."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversations.addresses import Address, conversation_at
from bot.conversations.model import Button, Link, Reply
from bot.conversations.store import add_outgoing
from bot.storage.tables import messages
from channels.capabilities import Capabilities
from channels.outbox import Outbox
from channels.sender import Part, Sent, UncertainError

NUMBER = "+393331234567"
NO_WAIT = timedelta(0)


class Scripted:
    """A provider in memory. `plan` says what happens to the next sends: an exception to raise, "accept and raise <name>",
    or a callable. What was accepted is in `accepted`, in order.
    """

    def __init__(self, capabilities: Capabilities, *, can_tell: bool = True) -> None:
        self.capabilities = capabilities
        self.plan: list[Exception | tuple[str, Exception]] = []
        self.accepted: list[tuple[str, str]] = []
        self.sids: dict[str, tuple[str, str]] = {}
        self.tried = 0
        self.can_tell = can_tell
        self.look_up_fails: list[Exception] = []
        self.seconds = 0.0
        self.at_once: dict[str, int] = defaultdict(int)
        self.most_at_once_for_one = 0
        self.last_inbound: list[datetime | None] = []
        self.before_answer: Callable[[Part, str], object] | None = None

    def texts(self) -> list[str]:
        return [text for _, text in self.accepted]

    async def send(self, address: str, part: Part, *, last_inbound: datetime | None) -> Sent:
        self.tried += 1
        self.last_inbound.append(last_inbound)
        self.at_once[address] += 1
        self.most_at_once_for_one = max(self.most_at_once_for_one, self.at_once[address])
        try:
            await asyncio.sleep(self.seconds)
            step = self.plan.pop(0) if self.plan else None
            if isinstance(step, Exception):
                raise step
            sid = f"SM{len(self.accepted):032x}"
            self.accepted.append((address, part.text))
            self.sids[sid] = (address, part.text)
            if self.before_answer is not None:
                result = self.before_answer(part, sid)
                if asyncio.iscoroutine(result):
                    await result
            await asyncio.sleep(0)
            if step is not None:
                raise step[1]
            return Sent(provider_id=sid, segments=part.segments)
        finally:
            self.at_once[address] -= 1

    async def look_up(self, address: str, part: Part, *, since: datetime) -> Sent | None:
        if not self.can_tell:
            raise UncertainError("nobody tells")
        if self.look_up_fails:
            raise self.look_up_fails.pop(0)
        await asyncio.sleep(0)
        for sid, known in self.sids.items():
            if known == (address, part.text) and sid not in part.others:
                return Sent(provider_id=sid)
        return None

    async def typing(self, address: str) -> None: ...

    async def check(self) -> list[str]:
        return []

    async def close(self) -> None: ...


async def at(engine: AsyncEngine, channel: str = "sms", value: str = NUMBER) -> Address:
    async with engine.begin() as connection:
        address, _ = await conversation_at(connection, channel, value)
    return address


async def say(
    engine: AsyncEngine, address: Address, *texts: str, buttons: tuple[Button, ...] = (), links: tuple[Link, ...] = ()
) -> UUID:
    """Put messages into the conversation; returns the last one's id."""
    async with engine.begin() as connection:
        await add_outgoing(
            connection, address.conversation_id, [Reply(text=text, buttons=buttons, links=links) for text in texts]
        )
        query = select(messages.c.id).where(messages.c.conversation_id == address.conversation_id)
        return (await connection.execute(query.order_by(messages.c.seq.desc()).limit(1))).scalar_one()


async def send_all(outbox: Outbox) -> None:
    while await outbox.send_next():
        pass


@asynccontextmanager
async def running(*outboxes: Outbox) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(outbox.run()) for outbox in outboxes]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
