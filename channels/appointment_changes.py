"""What a citizen changes on the page of an appointment: another place, no appointment, a call instead of a video."""

from contextlib import suppress
from datetime import date
from urllib.parse import parse_qsl

from aiohttp import web

from bot.agenda.model import (
    Mode,
    NotBookableError,
    NotFoundError,
    NotMovableError,
    Slot,
    SlotQuery,
    SlotTakenError,
)
from bot.agenda.slot_values import slot_of
from bot.agenda.words import REASONS
from channels.appointment_pages.choices import SLOTS_SOUGHT, days_of
from channels.appointment_pages.visit import Visit, visit_to, visited

NO_PLACE = "Scegli un giorno e un'ora."
TAKEN = "Quel posto è stato preso proprio adesso. Scegline un altro."
OVERLAPS = "A quell'ora hai già un altro appuntamento. Scegli un'altra ora."
NOT_BOOKABLE = "Quel posto non si può più prenotare. Scegline un altro."
NO_REASON = "Scegli il motivo. Se preferisci non dirlo, scegli «Altro motivo»."
MOST_FIELDS = 20


@visited
async def choose_place(request: web.Request, visit: Visit) -> web.Response:
    """The free places by day, in the same way and at the same centre; in another way when there are none."""
    if not visit.facts.can_change:
        return visit.back()
    return await _places(visit, from_day=_day(request.query.get("dal", "")))


@visited
async def move(request: web.Request, visit: Visit) -> web.Response:
    """Take the chosen place and give the old one back; the same again leads to the same new appointment."""
    if not visit.facts.can_change:
        return visit.back("spostato", to=visit.appointment.moved_to) if visit.appointment.moved_to else visit.back()
    slot = slot_of((await read_form(request)).get("posto", ""), visit.service)
    from_day = _day(request.query.get("dal", ""))
    if slot is None or slot.site_id != visit.appointment.slot.site_id:
        return await _places(visit, from_day=from_day, error=NO_PLACE, status=422)
    try:
        return await _moved(visit, slot)
    except SlotTakenError:
        error = TAKEN
    except NotBookableError as refused:
        error = OVERLAPS if refused.rule == "already_booked" else NOT_BOOKABLE
    except (NotFoundError, NotMovableError):
        return visit.back()
    # Perhaps the same was sent twice, and the other was faster.
    again = await visit_to(visit.book, visit.appointment.id)
    if again.appointment.moved_to:
        return again.back("spostato", to=again.appointment.moved_to)
    return await _places(again, from_day=from_day, error=error, status=409)


async def _moved(visit: Visit, slot: Slot) -> web.Response:
    hold = await visit.book.hold(visit.holder, slot, now=visit.now)
    try:
        new = await visit.book.move(visit.appointment.id, hold.id, now=visit.now)
    except (SlotTakenError, NotBookableError, NotMovableError, NotFoundError):
        await visit.book.release(hold.id)
        raise
    return visit.back("spostato", to=new.id)


async def _places(visit: Visit, *, from_day: date | None, error: str = "", status: int = 200) -> web.Response:
    slot = visit.appointment.slot
    # The same way first; any other only when there is none left at all.
    slots = await _free(visit, (slot.mode,), from_day)
    other_modes = not slots and not (from_day and await _free(visit, (slot.mode,), None))
    if other_modes:
        slots = await _free(visit, (), from_day)
    days, more = days_of(slots, today=visit.now.date(), with_mode=other_modes)
    return visit.page(
        "move.html",
        status=status,
        days=days,
        more=more.isoformat() if more else "",
        later=from_day.isoformat() if from_day else "",
        other_modes=other_modes,
        error=error,
        error_field=days[0].choices[0].id if days else "",
    )


async def _free(visit: Visit, modes: tuple[Mode, ...], from_day: date | None) -> list[Slot]:
    slot = visit.appointment.slot
    query = SlotQuery(
        service_id=visit.service.id, site_ids=(slot.site_id,), now=visit.now, modes=modes, first_day=from_day
    )
    return await visit.book.free_slots(query, limit=SLOTS_SOUGHT)


@visited
async def ask_cancel(request: web.Request, visit: Visit) -> web.Response:
    """The question before cancelling, with the reasons."""
    return visit.page("cancel.html", reasons=REASONS) if visit.facts.can_change else visit.back()


@visited
async def cancel(request: web.Request, visit: Visit) -> web.Response:
    """Cancel for the reason chosen."""
    if not visit.facts.can_change:
        return visit.back()
    reason = (await read_form(request)).get("motivo", "")
    if reason not in REASONS:
        field = f"motivo-{next(iter(REASONS))}"
        return visit.page("cancel.html", status=422, reasons=REASONS, error=NO_REASON, error_field=field)
    # When it is too late its page says what it is now.
    with suppress(NotFoundError, NotMovableError):
        await visit.book.cancel(visit.appointment.id, reason=reason, now=visit.now)
    return visit.back()


@visited
async def ask_phone(request: web.Request, visit: Visit) -> web.Response:
    """The question before a video appointment becomes a call."""
    if not visit.facts.can_phone:
        return visit.back()
    return visit.page("phone.html", has_phone=_has_phone(visit))


@visited
async def switch_to_phone(request: web.Request, visit: Visit) -> web.Response:
    """A call instead of the video, up to the hour itself."""
    if not visit.facts.can_phone or not _has_phone(visit):
        return visit.back("telefono" if visit.appointment.slot.mode == "phone" else "")
    try:
        await visit.book.switch_to_phone(visit.appointment.id, now=visit.now)
    except (NotFoundError, NotMovableError, NotBookableError):
        return visit.back()
    return visit.back("telefono")


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of a form; whatever is no form is an empty one."""
    try:
        return dict(parse_qsl((await request.read()).decode(errors="replace"), max_num_fields=MOST_FIELDS))
    except (ValueError, web.RequestPayloadError):
        return {}


def _has_phone(visit: Visit) -> bool:
    contact = visit.appointment.citizen.contact if visit.appointment.citizen else ""
    return bool(contact) and "@" not in contact


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
