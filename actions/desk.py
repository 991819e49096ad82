"""The desk of a turn: one book and one connection pool for the whole action server, the clock, the citizen's own data."""

from contextlib import suppress
from functools import lru_cache
from uuid import UUID

from rasa_sdk import Tracker
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agenda.model import AppointmentBook, BookUnavailableError, Citizen
from bot.agenda.postgres import PostgresBook
from bot.booking.desk import Desk
from bot.clock import now
from bot.knowledge import get_knowledge
from bot.privacy.answers import Kind, is_phone
from bot.privacy.store import answers_of, forget_answers
from bot.storage.engine import create_engine


@lru_cache
def get_engine() -> AsyncEngine:
    """The pool of this process."""
    return create_engine(pool_size=5)


@lru_cache
def get_book() -> AppointmentBook:
    """The book of this process."""
    return PostgresBook(get_engine())


class StoredAnswers:
    """The private answers of one conversation, opened only when an appointment is made."""

    def __init__(self, engine: AsyncEngine, conversation_id: UUID) -> None:
        self._engine = engine
        self._conversation_id = conversation_id
        self._read: dict[Kind, str] | None = None

    async def _all(self) -> dict[Kind, str]:
        # A turn asks several times; what it erases itself is all that changes meanwhile.
        if self._read is None:
            async with self._engine.connect() as connection:
                self._read = await answers_of(connection, self._conversation_id)
        return self._read

    async def kinds(self) -> frozenset[Kind]:
        """Which were given."""
        return frozenset(await self._all())

    async def has_phone(self) -> bool:
        """Whether the contact is a telephone number."""
        return is_phone((await self._all()).get("contact", ""))

    async def citizen(self) -> Citizen:
        """Who books."""
        given = await self._all()
        return Citizen(
            name=given.get("name", ""),
            contact=given.get("contact", ""),
            codice_fiscale=given.get("codice_fiscale"),
        )

    async def surname(self) -> str | None:
        """The surname given beside a code; erased as it is read."""
        surname = (await self._all()).get("surname")
        await self.forget("surname")
        return surname

    async def forget(self, *kinds: Kind) -> None:
        """Erase some, or all."""
        self._read = None
        async with self._engine.begin() as connection:
            await forget_answers(connection, self._conversation_id, *kinds)


async def give_back_hold(tracker: Tracker) -> None:
    """Free the place held in a talk that is being dropped. If the book is away it frees itself in minutes."""
    hold = (tracker.get_slot("appointment_talk") or {}).get("hold")
    if hold:
        with suppress(BookUnavailableError):
            await get_book().release(UUID(hold))


async def open_desk(tracker: Tracker) -> Desk:
    """The desk for this turn. Raises `AgendaError` when the book does not answer."""
    conversation_id, book = UUID(tracker.sender_id), get_book()
    return Desk(
        conversation_id=conversation_id,
        book=book,
        knowledge=get_knowledge(),
        private=StoredAnswers(get_engine(), conversation_id),
        now=now(),
        services=await book.services(),
        sites=await book.sites(),
    )
