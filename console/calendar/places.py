"""Free places for a form to choose among: of a centre, a service and a way, from a day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from bot.agenda.model import Mode, Service, SlotQuery
from bot.agenda.slot_values import value_of
from bot.clock import ROME
from channels.appointment_pages.choices import SLOTS_SOUGHT, Day, days_of
from console.calendar.chosen import book_of, read_day


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is looked for and, once it was, what was found. `from_hour`: to be chosen already, when it is free."""

    site_id: str
    service: Service | None = None
    service_id: str
    mode: str
    from_day: date | None
    from_hour: str
    desk_id: int | None
    now: datetime
    conversation: UUID | None = None  # of the person it is for
    modes: Sequence[Mode] = ()
    days: Sequence[Day] = field(default_factory=list)
    more: date | None = None  # the day from which there are others
    chosen: str = ""

    @property
    def first_field(self) -> str:
        """The form's first choice, for an error to point at."""
        return self.days[0].choices[0].id if self.days else "dal"


def read_sought(form: Mapping[str, Any], now: datetime) -> Sought:
    """What a form or an address asks for."""
    desk = str(form.get("sportello", ""))
    return Sought(
        site_id=str(form.get("centro", "")),
        service_id=str(form.get("servizio", "")),
        mode=str(form.get("modo", "")),
        from_day=read_day(str(form.get("dal", "") or form.get("giorno", ""))),
        from_hour=str(form.get("ora", "")),
        desk_id=int(desk) if desk.isdecimal() and len(desk) < 10 else None,
        now=now,
        conversation=read_id(str(form.get("conversazione", ""))),
    )


def read_id(written: str) -> UUID | None:
    """An id as forms send it; None for anything else."""
    try:
        return UUID(written)
    except ValueError:
        return None


async def sought_places(request: web.Request, sought: Sought, services: Mapping[str, Service]) -> Sought:
    """With what was found; nothing when no service is named. The way is the one asked for if the service has it."""
    service = services.get(sought.service_id)
    if service is None:
        return sought
    mode = next((one for one in service.modes if one == sought.mode), service.modes[0])
    query = SlotQuery(
        service_id=service.id, site_ids=(sought.site_id,), now=sought.now, modes=(mode,), first_day=sought.from_day
    )
    slots = await book_of(request).free_slots(query, limit=SLOTS_SOUGHT, by="operator")
    if sought.desk_id is not None:
        # That desk is tried first; whichever of the site has the place is the one that gets it.
        slots = [replace(one, desk_id=sought.desk_id) for one in slots]
    days, more = days_of(slots, today=sought.now.date(), with_mode=False)
    at = [one for one in slots if one.starts.astimezone(ROME).strftime("%-H:%M") == sought.from_hour]
    chosen = next((one for one in at if one.starts.astimezone(ROME).date() == sought.from_day), None)
    ids = {choice.value: choice.id for day in days for choice in day.choices}
    return replace(
        sought,
        service=service,
        mode=mode,
        modes=service.modes,
        days=days,
        more=more,
        chosen=ids.get(value_of(chosen), "") if chosen else "",
    )
