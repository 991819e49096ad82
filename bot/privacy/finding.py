"""Finding everything about a person: by telephone, e-mail, name, tax code, code of an appointment, or conversation.

Addresses are found by their keyed fingerprint. Names and numbers that were given are sealed and have none: they are looked
for by opening every sealed value, in batches, and in the words of messages. A name may be somebody else's too: what is
found is shown to whoever decides, never erased by itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import appointments, waiting
from bot.conversations.addresses import find as find_address
from bot.conversations.desk_tables import call_backs
from bot.privacy.asking import Asked, matcher, national
from bot.privacy.holds import holds_among
from bot.privacy.sealing import SealError, unseal
from bot.storage.tables import conversations, messages, private_answers

BATCH = 500
MOST = 500
PHONE_CHANNELS = ("sms", "whatsapp")


@dataclass(frozen=True, kw_only=True)
class FoundConversation:
    """A conversation, where in it the person was found, and whether it is under a legal hold."""

    id: UUID
    channel: str
    created_at: datetime
    last_message_at: datetime
    messages: int
    where: tuple[str, ...]
    held: bool


@dataclass(frozen=True, kw_only=True)
class FoundAppointment:
    """An appointment of the person."""

    id: UUID
    code: str
    state: str
    starts: datetime
    conversation_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything found, the newest first."""

    asked: Asked
    conversations: list[FoundConversation] = field(default_factory=list)
    appointments: list[FoundAppointment] = field(default_factory=list)

    @property
    def sure(self) -> bool:
        """Whether it is one person's: a name alone is not enough."""
        return self.asked.by != "name"


async def find(connection: AsyncConnection, asked: Asked) -> Found:
    """Everything about whoever it is; reads every sealed value, which takes about a second each ten thousand."""
    where: dict[UUID, set[str]] = defaultdict(set)
    booked: set[UUID] = set()
    if asked.by == "conversation":
        where[UUID(asked.value)].add("il suo numero")
    elif asked.by == "code":
        query = select(appointments.c.id).where(appointments.c.code == asked.value)
        booked |= set((await connection.execute(query)).scalars())
    else:
        await _in_what_was_given(connection, asked, where, booked)
    for one in await _made_in(connection, where) if asked.by != "name" else ():
        booked.add(one)
    found = await _appointments(connection, booked)
    for appointment in found:
        if appointment.conversation_id is not None:
            where[appointment.conversation_id].add("un appuntamento")
    return Found(asked=asked, conversations=await _conversations(connection, where), appointments=found)


async def _in_what_was_given(
    connection: AsyncConnection, asked: Asked, where: dict[UUID, set[str]], booked: set[UUID]
) -> None:
    is_it = matcher(asked)
    if asked.by == "phone":
        for channel in PHONE_CHANNELS:
            address = await find_address(connection, channel, asked.value)
            if address is not None:
                where[address.conversation_id].add("l'indirizzo")
    for table, column, title in (
        (private_answers, private_answers.c.sealed, "un dato chiesto"),
        (messages, messages.c.sealed, "un messaggio cifrato"),
        (call_backs, call_backs.c.sealed, "una chiamata da fare"),
        (waiting, waiting.c.citizen, "la lista d'attesa"),
    ):
        async for conversation_id in _opened(connection, table, column, table.c.conversation_id, is_it):
            where[conversation_id].add(title)
    async for appointment_id in _opened(connection, appointments, appointments.c.citizen, appointments.c.id, is_it):
        booked.add(appointment_id)
    said = select(messages.c.conversation_id, messages.c.text).where(_may_say(asked)).order_by(messages.c.created_at)
    for row in await connection.execute(said.limit(MOST * 20)):
        if is_it(row.text):
            where[row.conversation_id].add("le parole di un messaggio")


def _may_say(asked: Asked) -> ColumnElement[bool]:
    """The database's rough idea of the same; accents are left to `matcher`."""
    said = messages.c.text
    if asked.by == "phone":
        return func.regexp_replace(said, r"\D", "", "g").contains(national(asked.value), autoescape=True)
    if asked.by == "codice_fiscale":
        return func.regexp_replace(func.upper(said), r"[\s-]", "", "g").contains(asked.value, autoescape=True)
    if asked.by == "email":
        return said.icontains(asked.value, autoescape=True)
    plain = func.sportello_plain(said)
    return and_(*(plain.contains(word, autoescape=True) for word in asked.value.split()))


async def _opened(
    connection: AsyncConnection,
    table: Table,
    sealed: "Column[bytes]",
    key: "Column[UUID]",
    is_it: Callable[[str], bool],
) -> AsyncIterator[UUID]:
    """The keys of rows whose sealed value matches; what no known secret opens is passed over."""
    rows = await connection.stream(select(key, sealed).select_from(table).where(sealed.is_not(None)))
    async for batch in rows.partitions(BATCH):
        # Opening is work for a processor: the pages of other operators go on meanwhile.
        for one in await asyncio.to_thread(_matching, [(row[0], row[1]) for row in batch], is_it):
            yield one


def _matching(rows: list[tuple[UUID, bytes]], is_it: Callable[[str], bool]) -> list[UUID]:
    found = []
    for key, sealed in rows:
        try:
            if is_it(unseal(bytes(sealed))):
                found.append(key)
        except SealError:
            continue
    return found


async def _made_in(connection: AsyncConnection, where: dict[UUID, set[str]]) -> list[UUID]:
    query = select(appointments.c.id).where(appointments.c.conversation_id.in_(list(where)))
    return list((await connection.execute(query)).scalars())


async def _appointments(connection: AsyncConnection, ids: set[UUID]) -> list[FoundAppointment]:
    linked = or_(appointments.c.id.in_(list(ids)), appointments.c.moved_to.in_(list(ids)))
    columns = [appointments.c[name] for name in ("id", "code", "state", "starts", "conversation_id")]
    query = select(*columns).where(linked).order_by(appointments.c.starts.desc()).limit(MOST)
    return [FoundAppointment(**row) for row in (await connection.execute(query)).mappings()]


async def _conversations(connection: AsyncConnection, where: dict[UUID, set[str]]) -> list[FoundConversation]:
    count = select(func.count()).where(messages.c.conversation_id == conversations.c.id).scalar_subquery()
    columns = [conversations.c[name] for name in ("id", "channel", "created_at", "last_message_at")]
    query = (
        select(*columns, count.label("messages"))
        .where(conversations.c.id.in_(list(where)))
        .order_by(conversations.c.last_message_at.desc())
        .limit(MOST)
    )
    rows = (await connection.execute(query)).mappings().all()
    held = await holds_among(connection, where)
    return [FoundConversation(**row, where=tuple(sorted(where[row["id"]])), held=row["id"] in held) for row in rows]
