"""Moving and cancelling an appointment on the citizen's behalf; they are told by the worker, on their channel."""

from typing import Any
from uuid import uuid4

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda import on_behalf
from bot.agenda.holds import hold
from bot.agenda.model import Appointment, NotBookableError, NotFoundError, OperatorReason, Slot, SlotTakenError
from bot.agenda.notices import Notice
from bot.agenda.on_behalf import TOLD_AS
from bot.agenda.proposals import other_places
from bot.agenda.slot_values import slot_of
from bot.agenda.words import OPERATOR_REASONS
from bot.answers.changed import told
from console import audit
from console.access import needs, operator_of
from console.calendar.appointment_page import PATH
from console.calendar.places import read_sought, sought_places
from console.calendar.visit import Visit, subject_of, transactions_of, visit_to
from console.keys import ENGINE
from console.pages import redirect, render

routes = web.RouteTableDef()
TAKEN = "Quel posto è stato preso proprio adesso. Scegline un altro."
NO_PLACE = "Scegli un posto."
NO_REASON = "Scegli il motivo."
OVERLAPS = "A quell'ora la persona ha già un altro appuntamento. Scegli un'altra ora."
NOT_BOOKABLE = "Quel posto non si può prenotare. Scegline un altro."


@routes.get(PATH + "/sposta", name="calendar_move")
@needs("operatore")
async def choose_place(request: web.Request) -> web.StreamResponse:
    """Free places of the same service and centre."""
    async with request.app[ENGINE].begin() as connection:
        visit = await visit_to(connection, request)
    return await _places(request, visit) if visit.changeable else redirect(visit.path)


async def _places(request: web.Request, visit: Visit, *, status: int = 200, error: str = "") -> web.Response:
    slot = visit.appointment.slot
    fixed = {"centro": slot.site_id, "servizio": slot.service_id}
    asked = {"modo": slot.mode} | dict(request.query) | fixed
    sought = await sought_places(request, read_sought(asked, visit.now), {slot.service_id: visit.service})
    field = sought.first_field if error else ""
    values: dict[str, Any] = {"visit": visit, "sought": sought, "error": error, "error_field": field}
    return render(request, "calendar_move.html", status=status, **values)


@routes.post(PATH + "/sposta", name="calendar_moved")
@needs("operatore")
async def move(request: web.Request) -> web.StreamResponse:
    """Take the place and give the old one back, in one transaction."""
    form = await request.post()
    async with request.app[ENGINE].begin() as connection:
        visit = await visit_to(connection, request)
    if not visit.changeable:
        return redirect(visit.path)
    slot = slot_of(str(form.get("posto", "")), visit.service)
    if slot is None or slot.site_id != visit.appointment.slot.site_id:
        return await _places(request, visit, status=422, error=NO_PLACE)
    try:
        moved = await _moved(request, visit, slot)
    except SlotTakenError:
        return await _places(request, visit, status=409, error=TAKEN)
    except NotBookableError as refused:
        error = OVERLAPS if refused.rule == "already_booked" else NOT_BOOKABLE
        return await _places(request, visit, status=409, error=error)
    except NotFoundError:
        return redirect(visit.path)
    return redirect(f"/calendario/appuntamenti/{moved.id}?fatto=spostato")


async def _moved(request: web.Request, visit: Visit, slot: Slot) -> Appointment:
    holder, appointment_id = uuid4(), visit.appointment.id

    async def work(connection: AsyncConnection) -> Appointment:
        held = await hold(connection, holder, slot, now=visit.now, by="operator")
        moved = await on_behalf.move(connection, appointment_id, held.id, now=visit.now)
        detail = {"nuovo": str(moved.id), "inizio": moved.slot.starts.isoformat()}
        await audit.record(
            connection, operator_of(request), "appuntamento spostato", subject_of(appointment_id), **detail
        )
        return moved

    return await transactions_of(request).run(work)


@routes.get(PATH + "/disdici", name="calendar_cancel")
@needs("operatore")
async def ask_cancel(request: web.Request) -> web.StreamResponse:
    """The reasons, and what the citizen will read for each."""
    async with request.app[ENGINE].begin() as connection:
        visit = await visit_to(connection, request)
        return await _ask(connection, request, visit) if visit.changeable else redirect(visit.path)


async def _ask(connection: AsyncConnection, request: web.Request, visit: Visit, **more: Any) -> web.Response:
    places = await other_places(connection, visit.appointment.slot, now=visit.now)
    words = {one: read_words(visit, one, places) for one in OPERATOR_REASONS}
    return render(request, "calendar_cancel.html", visit=visit, reasons=OPERATOR_REASONS, words=words, **more)


def read_words(visit: Visit, reason: OperatorReason, places: list[Slot]) -> str:
    """What the citizen reads when it is cancelled for that reason."""
    asked = reason == "richiesta"
    notice = Notice(
        id=0,
        kind="cancelled_on_request" if asked else "cancelled",
        appointment=visit.appointment,
        reason=TOLD_AS[reason],
        before=None,
    )
    said = told(notice, visit.service, visit.site, proposals=[] if asked else places, now=visit.now)
    return " ".join([said.text, *(f"[{button.title}]" for button in said.buttons)])


@routes.post(PATH + "/disdici", name="calendar_cancelled")
@needs("operatore")
async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel for the reason chosen."""
    given = str((await request.post()).get("motivo", ""))
    reason = next((one for one in OPERATOR_REASONS if one == given), None)
    if reason is None:
        async with request.app[ENGINE].begin() as connection:
            visit = await visit_to(connection, request)
            return await _ask(connection, request, visit, status=422, error=NO_REASON, error_field="motivo-richiesta")

    async def work(connection: AsyncConnection) -> Visit:
        visit = await visit_to(connection, request)
        if visit.changeable:
            appointment_id = visit.appointment.id
            await on_behalf.cancel(connection, appointment_id, reason=reason, now=visit.now)
            detail = {"motivo": reason}
            await audit.record(
                connection, operator_of(request), "appuntamento disdetto", subject_of(appointment_id), **detail
            )
        return visit

    visit = await transactions_of(request).run(work)
    return redirect(f"{visit.path}?fatto=disdetto" if visit.changeable else visit.path)
