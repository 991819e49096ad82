"""The book kept in PostgreSQL: the protocol's methods, each one transaction."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import partial
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import clock
from bot.agenda import availability, booking, catalogue, changes, holds, lookup, records, rules, waiting
from bot.agenda.model import (
    Actor,
    Appointment,
    Category,
    Citizen,
    Hold,
    LockedError,
    NotFoundError,
    Reason,
    Service,
    Site,
    Slot,
    SlotQuery,
    Waiting,
)
from bot.agenda.transactions import Transactions


class PostgresBook:
    """An `AppointmentBook`; the protocol documents the methods. The caller disposes of the engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        transactions = Transactions(engine)
        self._run, self._read = transactions.run, transactions.read

    async def categories(self) -> dict[str, Category]:
        """All categories, in the order to show."""
        return await self._read(catalogue.read_categories)

    async def services(self) -> dict[str, Service]:
        """All services that can be booked, in the order to show."""
        return await self._read(catalogue.read_services)

    async def sites(self) -> dict[str, Site]:
        """All sites that give appointments."""
        return await self._read(catalogue.read_sites)

    async def free_slots(
        self, query: SlotQuery, *, limit: int = 20, per_day: int | None = None, by: Actor = "citizen"
    ) -> list[Slot]:
        """The first free slots, by start."""
        return await self._read(partial(availability.free_slots, query=query, limit=limit, per_day=per_day, by=by))

    async def closed_on(self, site_ids: Collection[str], day: date) -> str | None:
        """Why none of these sites is open that day, or None."""
        return await self._read(partial(availability.closed_on, site_ids=site_ids, day=day))

    async def hold(self, conversation_id: UUID, slot: Slot, *, now: datetime, by: Actor = "citizen") -> Hold:
        """Keep the slot for a conversation."""
        return await self._run(partial(holds.hold, conversation_id=conversation_id, slot=slot, now=now, by=by))

    async def release(self, hold_id: UUID) -> None:
        """Give a held slot back."""
        await self._run(partial(waiting.give_back, hold_id=hold_id))

    async def confirm(self, hold_id: UUID, citizen: Citizen, *, now: datetime, by: Actor = "citizen") -> Appointment:
        """Make the held slot an appointment."""
        return await self._run(partial(booking.confirm, hold_id=hold_id, citizen=citizen, now=now, by=by))

    async def move(self, appointment_id: UUID, hold_id: UUID, *, now: datetime, by: Actor = "citizen") -> Appointment:
        """Close the old and open the new."""
        return await self._run(partial(booking.move, appointment_id=appointment_id, hold_id=hold_id, now=now, by=by))

    async def cancel(
        self, appointment_id: UUID, *, reason: Reason, now: datetime, by: Actor = "citizen"
    ) -> Appointment:
        """Cancel; the place is free at once."""
        return await self._run(partial(changes.cancel, appointment_id=appointment_id, reason=reason, now=now, by=by))

    async def switch_to_phone(self, appointment_id: UUID, *, now: datetime) -> Appointment:
        """A video appointment becomes a telephone call."""
        return await self._run(partial(changes.switch_to_phone, appointment_id=appointment_id, now=now))

    async def confirm_attendance(self, appointment_id: UUID) -> Appointment:
        """The citizen said they will come."""
        return await self._run(partial(changes.confirm_attendance, appointment_id=appointment_id))

    async def mark(self, appointment_id: UUID, state: Literal["erogato", "non_presentato"]) -> Appointment:
        """An operator records how it ended."""
        return await self._run(partial(changes.mark, appointment_id=appointment_id, state=state))

    async def get(self, appointment_id: UUID) -> Appointment:
        """One appointment, with its citizen."""
        return await self._read(partial(records.read, appointment_id=appointment_id, with_citizen=True))

    async def movable_until(self, appointment: Appointment) -> datetime | None:
        """Until when the citizen may move or cancel it; None when never."""
        service_id, starts = appointment.slot.service_id, appointment.slot.starts
        return await self._read(partial(rules.movable_until, service_id=service_id, starts=starts))

    async def of_conversation(self, conversation_id: UUID, *, now: datetime) -> Sequence[Appointment]:
        """The coming appointments made or claimed in this conversation, by start."""
        return await self._read(partial(records.of_conversation, conversation_id=conversation_id, now=now))

    async def claim(self, conversation_id: UUID, code: str, surname: str, *, now: datetime) -> Appointment:
        """An appointment found by code and surname."""
        found = await self._run(
            partial(lookup.claim, conversation_id=conversation_id, code=code, surname=surname, now=now)
        )
        if found is None:
            raise NotFoundError
        if isinstance(found, LockedError):
            raise found
        return found

    async def join_waiting_list(
        self, conversation_id: UUID, query: SlotQuery, citizen: Citizen, *, now: datetime
    ) -> Waiting:
        """Wait for a place."""
        return await self._run(
            partial(waiting.join, conversation_id=conversation_id, query=query, citizen=citizen, now=now)
        )

    async def leave_waiting_list(self, conversation_id: UUID) -> int:
        """Stop waiting."""
        return await self._run(partial(waiting.leave, conversation_id=conversation_id, now=clock.now()))

    async def accept_offer(self, offer_id: UUID, *, now: datetime, by: UUID | None = None) -> Appointment:
        """Yes to a place that was offered."""
        return await self._run(partial(waiting.accept, offer_id=offer_id, now=now, by=by))

    async def decline_offer(self, offer_id: UUID) -> None:
        """No to a place that was offered."""
        await self._run(partial(waiting.decline, offer_id=offer_id))
