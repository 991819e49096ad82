"""Messages leave from here, in the order of their conversation, each part once.

An attempt is written down before the provider is called. Whatever is killed, what is found afterwards decides: a part
noted as sending and without an outcome may have arrived, so it is looked up where the provider can tell, else left as
uncertain; it is never repeated blindly. Only what surely did not leave is tried again.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping, bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from bot.conversations.addresses import Address
from bot.conversations.store import record_incident
from bot.storage.tables import addresses, conversations, messages, outbox
from channels import deliveries
from channels.sender import Sender
from channels.sending import BACKOFF_SECONDS, Post, PostponedError, fault_of

log = structlog.get_logger()

POLL_SECONDS = 0.25
SETTLE = timedelta(seconds=25)
"""A provider that does not have a message this long after an attempt began will not get it from that attempt any more."""
FINISH_SECONDS = 15
"""How long sends under way may take to end when the process is asked to."""
MOST_FAULTS = 5
"""How often a message is taken up again that a fault of ours keeps from leaving."""


@dataclass(frozen=True)
class Lease:
    """A message taken: its row stays locked, so nobody else takes it, and if this process dies it is free at once."""

    connection: AsyncConnection
    transaction: AsyncTransaction
    row: RowMapping


class Outbox:
    """Sends what waits in the outbox. Any number may run, in any number of processes.

    The engine must have more than twice as many connections as `concurrency`: each message keeps one while it is sent.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        senders: Mapping[str, Sender],
        *,
        concurrency: int = 8,
        settle: timedelta = SETTLE,
    ) -> None:
        self._engine = engine
        self._post = Post(engine, senders, settle=settle)
        self._concurrency = concurrency
        # A provider that hangs must leave room for the others.
        self._most_of_one = max(1, concurrency - 1)
        self._busy: Counter[str] = Counter()

    async def run(self) -> None:
        """Work until cancelled; sends under way are then finished first."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                lease = await self._look() if len(under_way) < self._concurrency else None
                if lease is not None:
                    self._busy[lease.row["channel"]] += 1
                    task = asyncio.create_task(self._serve(lease))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                elif len(under_way) < self._concurrency:
                    await asyncio.sleep(POLL_SECONDS)
                else:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if under_way:
                _, late = await asyncio.wait(under_way, timeout=FINISH_SECONDS)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def send_next(self) -> bool:
        """Send the message that waits longest and is first in its conversation; returns whether there was one."""
        lease = await self._take([])
        if lease is not None:
            await self._send(lease)
        return lease is not None

    async def _look(self) -> Lease | None:
        try:
            return await self._take([name for name, busy in self._busy.items() if busy >= self._most_of_one])
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            log.warning("outbox waits for the database", reason=type(error).__name__)
            return None

    async def _take(self, full: list[str]) -> Lease | None:
        connection = await self._engine.connect()
        try:
            transaction = await connection.begin()
            row = (await connection.execute(FIRST_DUE, {"full": full})).mappings().one_or_none()
            if row is not None:
                return Lease(connection, transaction, row)
        except BaseException:
            await connection.close()
            raise
        await connection.close()
        return None

    async def _serve(self, lease: Lease) -> None:
        try:
            await self._send(lease)
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            log.warning("outbox waits for the database", reason=type(error).__name__)
        finally:
            self._busy[lease.row["channel"]] -= 1

    async def _send(self, lease: Lease) -> None:
        """Send a message taken, note what came of it, and let it go."""
        connection, row = lease.connection, lease.row
        mine = outbox.c.message_id == row["message_id"]
        try:
            try:
                rest = await self._post.leave(connection, row)
            except PostponedError as postponed:
                later = func.clock_timestamp() + timedelta(seconds=postponed.seconds)
                await connection.execute(update(outbox).where(mine).values(not_before=later))
            except (DBAPIError, PoolTimeoutError, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - one message that cannot leave must not hold up all others
                await self._fault(connection, row, error)
            else:
                await deliveries.over(connection, row["message_id"], rest=rest)
            await lease.transaction.commit()
        finally:
            await connection.close()

    async def _fault(self, connection: AsyncConnection, row: RowMapping, error: Exception) -> None:
        """A fault of ours: tried again a few times, in case somebody mends it, then given up."""
        message_id, faults = row["message_id"], row["attempts"] + 1
        kind = fault_of(error)
        number = await record_incident(connection, message_id=message_id, where="outbox", what=kind)
        log.error("a message cannot leave", message_id=str(message_id), incident=number, reason=kind)
        if faults < MOST_FAULTS:
            later = func.clock_timestamp() + timedelta(seconds=BACKOFF_SECONDS[faults])
            values = {"not_before": later, "attempts": faults}
            await connection.execute(update(outbox).where(outbox.c.message_id == message_id).values(**values))
            return
        await deliveries.not_sent(connection, message_id, row["first_part"], "failed", "fault", kind)
        await deliveries.over(connection, message_id, rest=None)


_earlier = outbox.alias("earlier")
FIRST_DUE = (
    select(outbox, conversations.c.channel)
    .join(conversations, conversations.c.id == outbox.c.conversation_id)
    .where(
        conversations.c.channel.not_in(bindparam("full", expanding=True)),
        outbox.c.not_before <= func.now(),
        ~select(_earlier.c.message_id)
        .where(_earlier.c.conversation_id == outbox.c.conversation_id, _earlier.c.seq < outbox.c.seq)
        .exists(),
    )
    .order_by(outbox.c.created_at)
    .limit(1)
    .with_for_update(skip_locked=True, of=outbox)
)
"""The message that waits longest among those that are first in their conversation."""


async def queue_rest(connection: AsyncConnection, address: Address) -> bool:
    """Queue the rest of an answer that was cut short, when the person asks for it; whether there was any."""
    mine = addresses.c.id == address.id
    columns = (addresses.c.more_message_id, addresses.c.more_from, addresses.c.more_part)
    row = (await connection.execute(select(*columns).where(mine).with_for_update())).one()
    if row.more_message_id is None:
        return False
    await connection.execute(update(addresses).where(mine).values(more_message_id=None))
    seq = select(messages.c.seq).where(messages.c.id == row.more_message_id).scalar_subquery()
    await connection.execute(
        insert(outbox).values(
            message_id=row.more_message_id,
            conversation_id=address.conversation_id,
            seq=seq,
            from_char=row.more_from,
            first_part=row.more_part,
        )
    )
    return True
