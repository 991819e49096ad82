"""Messages leave from here, in the order of their conversation, each part once.

An attempt is written down before the provider is called. Whatever is killed, what is found afterwards decides: a part
noted as sending and without an outcome may have arrived, so it is looked up where the provider can tell, else left as
uncertain; it is never repeated blindly. Only what surely did not leave is tried again.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversations.addresses import Address, addresses_of, block, opt_out
from bot.conversations.model import Button, Link
from bot.privacy.showing import filled_in
from bot.storage.tables import addresses, deliveries, messages, outbox
from channels.render import Rendered, render
from channels.sender import (
    Part,
    RateLimitedError,
    RefusedError,
    Sender,
    Sent,
    UncertainError,
    UnreachedError,
)

log = structlog.get_logger()

POLL_SECONDS = 0.5
BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300)
GIVE_UP_AFTER = timedelta(hours=24)
"""A provider that stays away this long: the message is recorded as failed, and the operators find it."""
LEFT = frozenset({"sent", "delivered", "read"})
OVER = LEFT | {"failed", "unknown", "undeliverable"}


class PostponedError(Exception):
    """Not now: the message stays first in its conversation until `seconds` have passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:g} s")
        self.seconds = seconds


class Outbox:
    """Sends what waits in the outbox. Any number may run, in any number of processes."""

    def __init__(self, engine: AsyncEngine, senders: Mapping[str, Sender], *, concurrency: int = 8) -> None:
        self._engine = engine
        self._senders = senders
        self._concurrency = concurrency
        # a provider that asked to be left alone is left alone by all conversations
        self._quiet_until: dict[str, float] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        await asyncio.gather(*(self._work() for _ in range(self._concurrency)))

    async def _work(self) -> None:
        while True:
            try:
                sent = await self.send_next()
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                log.warning("outbox waits for the database", reason=type(error).__name__)
                sent = False
            if not sent:
                await asyncio.sleep(POLL_SECONDS)

    async def send_next(self) -> bool:
        """Send the message that waits longest and is first in its conversation; returns whether there was one.

        The row stays locked meanwhile: nobody else takes it, and if this process dies it is free at once.
        """
        async with self._engine.begin() as lease:
            row = (await lease.execute(FIRST_DUE)).mappings().one_or_none()
            if row is None:
                return False
            mine = outbox.c.message_id == row["message_id"]
            try:
                state = await self._leave(row["message_id"], row["from_char"], row["created_at"])
            except PostponedError as postponed:
                later = func.now() + timedelta(seconds=postponed.seconds)
                await lease.execute(update(outbox).where(mine).values(not_before=later, attempts=outbox.c.attempts + 1))
                return True
            await lease.execute(update(messages).where(messages.c.id == row["message_id"]).values(delivery=state))
            await lease.execute(delete(outbox).where(mine))
        return True

    async def _leave(self, message_id: UUID, from_char: int, since: datetime) -> str:
        """Send all parts; returns what became of the message. Raises `PostponedError`."""
        async with self._engine.connect() as connection:
            message = (await connection.execute(select(messages).where(messages.c.id == message_id))).mappings().one()
            known = await addresses_of(connection, message["conversation_id"])
            [text] = await filled_in(connection, message["conversation_id"], [(message["text"], message["sealed"])])
        address = next((one for one in known if one.channel in self._senders), None)
        if address is None:
            return await self._undeliverable(message_id, "no_channel", "nessun canale configurato per questo indirizzo")
        if address.opted_out_at is not None and message["in_reply_to"] is None:
            return await self._undeliverable(message_id, "opted_out", "la persona ha chiesto di non ricevere messaggi")
        sender = self._senders[address.channel]
        rendered = render(
            text,
            [Button(**one) for one in message["buttons"]],
            [Link(**one) for one in message["links"]],
            sender.capabilities,
            from_char=from_char,
        )
        first = await self._first_part(message_id) if from_char else 0
        states = []
        for number, part in enumerate(rendered.parts, start=first):
            states.append(await self._part(message_id, number, part, address, sender, since))
        await self._remember_rest(address, message_id, rendered)
        return next((state for state in states if state not in LEFT), states[-1])

    async def _part(
        self, message_id: UUID, number: int, part: Part, address: Address, sender: Sender, since: datetime
    ) -> str:
        """Send one part unless it left before."""
        tried = await self._attempt(message_id, number, address)
        if tried in OVER:
            return tried
        if tried == "sending":
            return await self._after_silence(message_id, number, part, address, sender)
        quiet = self._quiet_until.get(address.channel, 0) - asyncio.get_running_loop().time()
        if quiet > 0:
            await self._note(message_id, number, state="again")
            raise PostponedError(quiet)
        try:
            sent = await sender.send(address.value, part, last_inbound=address.last_inbound_at)
        except RateLimitedError as error:
            self._quiet_until[address.channel] = asyncio.get_running_loop().time() + error.seconds
            await self._note(message_id, number, state="again", error_code="429", error=str(error))
            raise PostponedError(error.seconds) from error
        except UnreachedError as error:
            await self._note(message_id, number, state="again", error=str(error))
            attempts = await self._attempts(message_id, number)
            if datetime.now(since.tzinfo) - since > GIVE_UP_AFTER:
                return await self._note(message_id, number, state="failed", error=str(error))
            raise PostponedError(BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]) from error
        except UncertainError:
            return await self._after_silence(message_id, number, part, address, sender)
        except RefusedError as error:
            return await self._refused(message_id, number, address, error)
        return await self._left(message_id, number, sent)

    async def _after_silence(self, message_id: UUID, number: int, part: Part, address: Address, sender: Sender) -> str:
        """It may have been sent: ask the provider; when it cannot tell, leave it uncertain."""
        started = await self._started(message_id, number)
        try:
            found = await sender.look_up(address.value, part, since=started)
        except (UncertainError, UnreachedError, RateLimitedError):
            log.warning("a message may or may not have left", message_id=str(message_id), part=number)
            return await self._note(message_id, number, state="unknown", error="nessuna conferma dal fornitore")
        if found is not None:
            return await self._left(message_id, number, found)
        await self._note(message_id, number, state="again", error="non risulta partito")
        raise PostponedError(BACKOFF_SECONDS[0])

    async def _attempt(self, message_id: UUID, number: int, address: Address) -> str:
        """Note that this part is being sent, before it is; returns what was known of it: "" when nothing."""
        async with self._engine.begin() as connection:
            where = (deliveries.c.message_id == message_id, deliveries.c.part == number)
            before = (await connection.execute(select(deliveries.c.state).where(*where))).scalar_one_or_none()
            if before is None:
                await connection.execute(
                    insert(deliveries).values(
                        id=uuid4(),
                        message_id=message_id,
                        part=number,
                        channel=address.channel,
                        address_id=address.id,
                        state="sending",
                    )
                )
                return ""
            if before == "again":
                values = {
                    "state": "sending",
                    "attempts": deliveries.c.attempts + 1,
                    "started_at": func.clock_timestamp(),
                }
                await connection.execute(update(deliveries).where(*where).values(**values))
        return str(before)

    async def _note(self, message_id: UUID, number: int, *, state: str, **values: Any) -> str:
        async with self._engine.begin() as connection:
            where = (deliveries.c.message_id == message_id, deliveries.c.part == number)
            values |= {"state": state, "changed_at": func.clock_timestamp()}
            await connection.execute(update(deliveries).where(*where).values(**values))
        return state

    async def _left(self, message_id: UUID, number: int, sent: Sent) -> str:
        return await self._note(
            message_id, number, state="sent", provider_id=sent.provider_id, segments=sent.segments, error=None
        )

    async def _refused(self, message_id: UUID, number: int, address: Address, error: RefusedError) -> str:
        async with self._engine.begin() as connection:
            if error.why in ("blocked", "address"):
                await block(connection, address.id)
            elif error.why == "opted_out":
                await opt_out(connection, address.id, out=True)
        log.warning("a message was refused", message_id=str(message_id), channel=address.channel, code=error.code)
        state = "failed" if error.why == "content" else "undeliverable"
        return await self._note(message_id, number, state=state, error_code=error.code, error=error.reason[:500])

    async def _undeliverable(self, message_id: UUID, code: str, reason: str) -> str:
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(deliveries).values(
                    id=uuid4(),
                    message_id=message_id,
                    part=0,
                    channel="",
                    state="undeliverable",
                    error_code=code,
                    error=reason,
                )
            )
        return "undeliverable"

    async def _remember_rest(self, address: Address, message_id: UUID, rendered: Rendered) -> None:
        async with self._engine.begin() as connection:
            more = message_id if rendered.rest_from is not None else None
            await connection.execute(
                update(addresses)
                .where(addresses.c.id == address.id)
                .values(more_message_id=more, more_from=rendered.rest_from)
            )

    async def _first_part(self, message_id: UUID) -> int:
        """The number of the next part of a message of which some left already."""
        async with self._engine.connect() as connection:
            query = select(func.coalesce(func.max(deliveries.c.part) + 1, 0)).where(
                deliveries.c.message_id == message_id
            )
            return int((await connection.execute(query)).scalar_one())

    async def _attempts(self, message_id: UUID, number: int) -> int:
        async with self._engine.connect() as connection:
            where = (deliveries.c.message_id == message_id, deliveries.c.part == number)
            return int((await connection.execute(select(deliveries.c.attempts).where(*where))).scalar_one())

    async def _started(self, message_id: UUID, number: int) -> datetime:
        async with self._engine.connect() as connection:
            where = (deliveries.c.message_id == message_id, deliveries.c.part == number)
            started: datetime = (await connection.execute(select(deliveries.c.started_at).where(*where))).scalar_one()
            return started


_earlier = outbox.alias("earlier")
FIRST_DUE = (
    select(outbox.c.message_id, outbox.c.from_char, outbox.c.created_at)
    .where(
        outbox.c.not_before <= func.now(),
        ~select(_earlier.c.message_id)
        .where(_earlier.c.conversation_id == outbox.c.conversation_id, _earlier.c.seq < outbox.c.seq)
        .exists(),
    )
    .order_by(outbox.c.created_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
"""The message that waits longest among those that are first in their conversation."""


async def queue_rest(connection: AsyncConnection, address: Address) -> bool:
    """Queue the rest of an answer that was cut short, when the person asks for it; whether there was any."""
    query = select(addresses.c.more_message_id, addresses.c.more_from).where(addresses.c.id == address.id)
    row = (await connection.execute(query)).one()
    if row.more_message_id is None:
        return False
    seq = select(messages.c.seq).where(messages.c.id == row.more_message_id).scalar_subquery()
    await connection.execute(
        insert(outbox).values(
            message_id=row.more_message_id,
            conversation_id=address.conversation_id,
            seq=seq,
            from_char=row.more_from,
        )
    )
    return True
