"""How long each kind of data is kept: what would go, and letting it go, in batches that are each a transaction.

What is under a legal hold stays, with everything that hangs on it. The audit log is not touched: it only grows, since its
chain proves that nothing was taken out; it holds no words of citizens.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, literal, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import clock
from bot.privacy.erasing import FORGET, erase, make_anonymous, table_exists
from bot.privacy.tables import retention_runs
from bot.settings import Settings, get_settings

BATCH = 200

HELD = "EXISTS (SELECT 1 FROM legal_holds h WHERE h.conversation_id = {})"
CONVERSATIONS = (
    "conversations c WHERE c.last_message_at < :before AND NOT "  # noqa: S608 - constants of this module
    + HELD.format("c.id")
    + " AND NOT EXISTS (SELECT 1 FROM agenda_appointments a WHERE a.conversation_id = c.id"
    " AND a.state = 'da_erogare' AND a.ends > :now)"
)
MESSAGES = (
    "messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.created_at < :before"
    " AND c.last_message_at >= :before AND NOT " + HELD.format("m.conversation_id")
)
ANSWERS = "private_answers p WHERE p.kept_at < :before AND NOT " + HELD.format("p.conversation_id")
SEALED = "messages m WHERE m.sealed IS NOT NULL AND m.created_at < :before AND NOT " + HELD.format("m.conversation_id")
APPOINTMENTS = (
    "agenda_appointments a WHERE a.ends < :before AND (a.citizen IS NOT NULL OR a.conversation_id IS NOT NULL)"
    " AND (a.conversation_id IS NULL OR NOT " + HELD.format("a.conversation_id") + ")"
)
WAITING = "agenda_waiting w WHERE w.ended_at < :before AND NOT " + HELD.format("w.conversation_id")
CALLS = "call_backs k WHERE k.done_at < :before AND NOT " + HELD.format("k.conversation_id")
INCIDENTS = "incidents i WHERE i.created_at < :before"
# Of a conversation that goes on, only what is before its present session: the dialogue reads no further back.
EVENTS = (
    "events e WHERE e.timestamp < extract(epoch FROM CAST(:before AS timestamptz)) AND e.id < COALESCE("
    "(SELECT max(s.id) FROM events s WHERE s.sender_id = e.sender_id AND s.type_name = 'session_started'"
    " AND EXISTS (SELECT 1 FROM events l WHERE l.sender_id = e.sender_id"
    " AND l.timestamp >= extract(epoch FROM CAST(:before AS timestamptz)))), e.id + 1)"
    " AND NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.conversation_id::text = e.sender_id)"
)

Remove = Callable[[AsyncConnection, datetime, datetime], Awaitable[int]]
"""Removes a batch of what is older than the first moment; the second is now, as the agenda has it."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of data. `source`: the rows that are too old; `age`: the column that tells."""

    key: str
    title: str
    setting: str
    source: str
    age: str
    remove: Remove
    table: str | None = None  # one that may not be there yet

    def days(self, settings: Settings) -> int:
        """For how many days it is kept."""
        return int(getattr(settings, self.setting))


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What would go of a kind, and how old the oldest of it is."""

    kind: Kind
    days: int
    count: int
    oldest: datetime | None


async def preview(connection: AsyncConnection) -> list[Expected]:
    """What the next run removes, if it ran now."""
    settings, found = get_settings(), []
    for kind in KINDS:
        before, now = _before(kind, settings), clock.now()
        count, oldest = 0, None
        if kind.table is None or await table_exists(connection, kind.table):
            query = text(f"SELECT count(*), min({kind.age}) FROM {kind.source}")  # noqa: S608 - constants of this module
            # Unused by some sources, which is no error.
            values = {name: value for name, value in {"before": before, "now": now}.items() if f":{name}" in str(query)}
            count, oldest = (await connection.execute(query, values)).one()
        moment = datetime.fromtimestamp(oldest, UTC) if isinstance(oldest, float) else oldest
        found.append(Expected(kind=kind, days=kind.days(settings), count=count, oldest=moment))
    return found


async def run(engine: AsyncEngine) -> dict[str, int]:
    """Remove what is too old, a batch a transaction; how many of each kind."""
    settings, removed = get_settings(), {}
    for kind in KINDS:
        removed[kind.key] = 0
        gone = BATCH
        while gone:
            async with engine.begin() as connection:
                there = kind.table is None or await table_exists(connection, kind.table)
                gone = await kind.remove(connection, _before(kind, settings), clock.now()) if there else 0
            removed[kind.key] += gone
    return removed


async def claim_night(connection: AsyncConnection, day: date) -> bool:
    """Whether this process is the one that removes what is too old on that day: the first to ask."""
    row = pg_insert(retention_runs).values(day=day).on_conflict_do_nothing().returning(retention_runs.c.day)
    return (await connection.execute(row)).first() is not None


async def note_night(connection: AsyncConnection, day: date, removed: dict[str, int]) -> None:
    """Keep what was removed, for whoever asks later."""
    values = {"removed": removed, "ended_at": func.clock_timestamp()}
    await connection.execute(retention_runs.update().where(retention_runs.c.day == day).values(values))


def _before(kind: Kind, settings: Settings) -> datetime:
    # Messages carry the real time, appointments that of the agenda's clock.
    now = clock.now() if kind.key in ("appointments", "waiting") else datetime.now(UTC)
    return now - timedelta(days=kind.days(settings))


def _statement(action: str, source: str, key: str) -> Remove:
    """A statement on a batch of the rows of a source."""
    statement = text(f"{action} IN (SELECT {key} FROM {source} LIMIT {BATCH})")  # noqa: S608 - constants of this module

    async def remove(connection: AsyncConnection, before: datetime, now: datetime) -> int:
        return (await connection.execute(statement, {"before": before})).rowcount

    return remove


async def _conversations(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    query = text(f"SELECT c.id FROM {CONVERSATIONS} LIMIT {BATCH // 4}")  # noqa: S608
    ids = (await connection.execute(query, {"before": before, "now": now})).scalars().all()
    await erase(connection, conversation_ids=ids, now=now)
    return len(ids)


async def _appointments(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    query = text(f"SELECT a.id FROM {APPOINTMENTS} LIMIT {BATCH}")  # noqa: S608
    ids = (await connection.execute(query, {"before": before})).scalars().all()
    return await make_anonymous(connection, ids)


async def _events(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    statement = text(
        f"DELETE FROM events WHERE id IN (SELECT e.id FROM {EVENTS} LIMIT {BATCH * 10}) RETURNING sender_id"  # noqa: S608
    )
    senders = (await connection.execute(statement, {"before": before})).scalars().all()
    for one in set(senders):
        # Not gone for good: the process that remembers it reads it anew.
        await connection.execute(select(func.pg_notify(FORGET, literal(f"{one} again"))))
    return len(senders)


KINDS: tuple[Kind, ...] = (
    Kind(
        key="conversations",
        title="Conversazioni senza messaggi da tempo",
        setting="retention_transcripts_days",
        source=CONVERSATIONS,
        age="c.last_message_at",
        remove=_conversations,
    ),
    Kind(
        key="messages",
        title="Messaggi vecchi di conversazioni che continuano",
        setting="retention_transcripts_days",
        source=MESSAGES,
        age="m.created_at",
        remove=_statement("DELETE FROM messages WHERE id", MESSAGES, "m.id"),
    ),
    Kind(
        key="private_answers",
        title="Nomi, contatti e codici fiscali chiesti",
        setting="retention_private_answers_days",
        source=ANSWERS,
        age="p.kept_at",
        remove=_statement(
            "DELETE FROM private_answers WHERE (conversation_id, kind)", ANSWERS, "p.conversation_id, p.kind"
        ),
    ),
    Kind(
        key="sealed_messages",
        title="Messaggi con quei dati (resta che cosa si chiedeva)",
        setting="retention_private_answers_days",
        source=SEALED,
        age="m.created_at",
        remove=_statement("UPDATE messages SET sealed = NULL WHERE id", SEALED, "m.id"),
    ),
    Kind(
        key="appointments",
        title="Persone degli appuntamenti passati (l'appuntamento resta come numero)",
        setting="retention_appointments_days",
        source=APPOINTMENTS,
        age="a.ends",
        remove=_appointments,
    ),
    Kind(
        key="waiting",
        title="Posti in lista d'attesa chiusi",
        setting="retention_appointments_days",
        source=WAITING,
        age="w.ended_at",
        remove=_statement("DELETE FROM agenda_waiting WHERE id", WAITING, "w.id"),
    ),
    Kind(
        key="call_backs",
        title="Numeri già richiamati",
        setting="retention_call_backs_days",
        source=CALLS,
        age="k.done_at",
        remove=_statement("DELETE FROM call_backs WHERE id", CALLS, "k.id"),
    ),
    Kind(
        key="dialogue_events",
        title="Memoria del dialogo automatico",
        setting="retention_tracker_days",
        source=EVENTS,
        age="e.timestamp",
        remove=_events,
        table="events",
    ),
    Kind(
        key="incidents",
        title="Guasti annotati",
        setting="retention_incidents_days",
        source=INCIDENTS,
        age="i.created_at",
        remove=_statement("DELETE FROM incidents WHERE id", INCIDENTS, "i.id"),
    ),
)
