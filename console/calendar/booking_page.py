"""Booking for a citizen, at the counter or on the telephone: the same hold and confirmation as in the chat."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.agenda import booking, notices, on_behalf
from bot.agenda.catalogue import read_services
from bot.agenda.holds import release
from bot.agenda.model import (
    Appointment,
    Citizen,
    Hold,
    NotBookableError,
    NotFoundError,
    Service,
    SlotTakenError,
)
from bot.agenda.places import Claim, read_claim
from bot.agenda.slot_values import slot_of
from bot.privacy.answers import is_phone, read_answer
from bot.settings import get_settings
from channels.elsewhere import answers_by_sms
from console import audit
from console.access import needs, operator_of
from console.calendar.changes_page import NO_PLACE, NOT_BOOKABLE, TAKEN
from console.calendar.chosen import Chosen, book_of, choose
from console.calendar.places import read_id, read_sought, sought_places
from console.calendar.visit import subject_of, transactions_of
from console.keys import ENGINE
from console.pages import redirect, render
from console.transcripts.conversation_page import PANELS
from console.transcripts.reading import about_conversation

routes = web.RouteTableDef()
PANELS += ["calendar_panel.html"]
ALREADY = "Questa persona ha già un appuntamento per questo servizio, o a quell'ora. Cercalo e spostalo."
LAPSED = "Il posto non era più tenuto per te, e intanto l'ha preso un'altra persona. Scegline un altro."
NO_NAME = "Scrivi nome e cognome, solo con le lettere."
NO_CONTACT = "Scrivi un numero di telefono o un'e-mail valida."
NO_PHONE = "Per un appuntamento al telefono serve un numero."
NO_TAX_CODE = "Per questo servizio serve il codice fiscale: controlla le 16 lettere e cifre."
NO_CONSENT = "Senza consenso ai dati non si può prenotare."


@routes.get("/calendario/prenota", name="calendar_book")
@needs("operatore")
async def choose_place(request: web.Request) -> web.StreamResponse:
    """Service, way and day; then the free places."""
    async with request.app[ENGINE].connect() as connection:
        chosen, services = await choose(connection, request), await read_services(connection)
    return await _places(request, chosen, services, request.query)


async def _places(
    request: web.Request,
    chosen: Chosen,
    services: Mapping[str, Service],
    asked: Mapping[str, Any],
    *,
    status: int = 200,
    error: str = "",
) -> web.Response:
    if chosen.site is None:
        raise web.HTTPNotFound
    sought = read_sought({**asked, "centro": chosen.site.id}, chosen.now)
    if sought.desk_id not in (None, *chosen.desks):
        raise web.HTTPNotFound
    await _must_be_theirs(request, sought.conversation)
    sought = await sought_places(request, sought, services)
    values = {"chosen": chosen, "services": services, "sought": sought, "error": error}
    field = sought.first_field if error else ""
    return render(request, "calendar_book.html", status=status, error_field=field, **values)


async def _must_be_theirs(request: web.Request, conversation_id: UUID | None) -> None:
    """The conversation of the person is one the operator may see. Raises HTTP 404."""
    if conversation_id is not None:
        async with request.app[ENGINE].begin() as connection:
            if await about_conversation(connection, conversation_id, operator_of(request)) is None:
                raise web.HTTPNotFound


@routes.post("/calendario/prenota", name="calendar_hold")
@needs("operatore")
async def hold_place(request: web.Request) -> web.StreamResponse:
    """Hold the place chosen while name and contact are asked for."""
    form = await request.post()
    async with request.app[ENGINE].connect() as connection:
        chosen, services = await choose(connection, request, form), await read_services(connection)
    service = services.get(str(form.get("servizio", "")))
    slot = slot_of(str(form.get("posto", "")), service) if service else None
    conversation_id = read_id(str(form.get("conversazione", "")))
    await _must_be_theirs(request, conversation_id)
    if service is None or slot is None or chosen.site is None or slot.site_id != chosen.site.id:
        return await _places(request, chosen, services, form, status=422, error=NO_PLACE)
    try:
        held = await book_of(request).hold(uuid4(), slot, now=chosen.now, by="operator")
    except SlotTakenError:
        return await _places(request, chosen, services, form, status=409, error=TAKEN)
    except NotBookableError:
        return await _places(request, chosen, services, form, status=409, error=NOT_BOOKABLE)
    return _person(request, chosen, service, held.slot, hold=held, conversation=conversation_id)


def _person(request: web.Request, chosen: Chosen, service: Service, slot: Any, **more: Any) -> web.Response:
    """The form for the person's data."""
    values: dict[str, Any] = {"form": {}, "status": 200, "hold": None, "conversation": None} | more
    desk = chosen.desks.get(slot.desk_id)
    sms = get_settings().twilio_sms_from is not None
    return render(
        request, "calendar_person.html", chosen=chosen, service=service, slot=slot, desk=desk, sms=sms, **values
    )


def _hold_of(form: Mapping[str, Any]) -> UUID:
    """The hold that the form carries."""
    try:
        return UUID(str(form.get("posto_tenuto", "")))
    except ValueError:
        raise web.HTTPBadRequest from None


@routes.post("/calendario/prenota/conferma", name="calendar_confirm")
@needs("operatore")
async def confirm(request: web.Request) -> web.StreamResponse:
    """Make the appointment; the same form again leads to the same appointment."""
    form = await request.post()
    hold_id = _hold_of(form)
    async with request.app[ENGINE].connect() as connection:
        made = await booking.made_of(connection, hold_id)
        claim = await read_claim(connection, hold_id)
        services = await read_services(connection)
        site_id = made.slot.site_id if made else claim.slot.site_id if claim else str(form.get("centro", ""))
        chosen = await choose(connection, request, {"centro": site_id})
    if made is not None:
        return redirect(f"/calendario/appuntamenti/{made.id}?fatto=prenotato")
    service = services.get(claim.slot.service_id) if claim else None
    if claim is None or service is None:
        return await _places(request, chosen, services, form, status=409, error=LAPSED)
    return await _confirmed(request, chosen, services, service, claim, form)


async def _confirmed(
    request: web.Request,
    chosen: Chosen,
    services: Mapping[str, Service],
    service: Service,
    claim: Claim,
    form: Mapping[str, Any],
) -> web.StreamResponse:
    conversation_id = read_id(str(form.get("conversazione", "")))
    await _must_be_theirs(request, conversation_id)
    citizen, error, field = read_person(form, service, claim.slot.mode)
    if citizen is None:
        held = Hold(id=claim.id, slot=claim.slot, expires_at=claim.expires_at or chosen.now)
        more = {"status": 422, "error": error, "error_field": field, "form": dict(form), "hold": held}
        more["conversation"] = conversation_id
        return _person(request, chosen, service, claim.slot, **more)
    try:
        reminders = bool(form.get("promemoria"))
        made = await _booked(request, claim.id, citizen, reminders=reminders, conversation_id=conversation_id)
    except (SlotTakenError, NotFoundError):
        again = {"servizio": service.id, "modo": claim.slot.mode, "centro": claim.slot.site_id}
        return await _places(request, chosen, services, again, status=409, error=LAPSED)
    except NotBookableError as refused:
        again = {"servizio": service.id, "modo": claim.slot.mode, "centro": claim.slot.site_id}
        error = ALREADY if refused.rule == "already_booked" else NOT_BOOKABLE
        return await _places(request, chosen, services, again, status=409, error=error)
    return redirect(f"/calendario/appuntamenti/{made.id}?fatto=prenotato")


def read_person(form: Mapping[str, Any], service: Service, mode: str) -> tuple[Citizen | None, str, str]:
    """The person of a form; or None, what is wrong, and in which field."""
    name = read_answer("name", str(form.get("nome", "")))
    if name is None:
        return None, NO_NAME, "nome"
    contact = read_answer("contact", str(form.get("contatto", "")))
    if contact is None:
        return None, NO_CONTACT, "contatto"
    if mode == "phone" and not is_phone(contact):
        return None, NO_PHONE, "contatto"
    tax_code = read_answer("codice_fiscale", str(form.get("codice_fiscale", "")))
    if service.needs_codice_fiscale and tax_code is None:
        return None, NO_TAX_CODE, "codice_fiscale"
    if not form.get("consenso"):
        return None, NO_CONSENT, "consenso"
    return Citizen(name=name, contact=contact, codice_fiscale=tax_code), "", ""


async def _booked(
    request: web.Request, hold_id: UUID, citizen: Citizen, *, reminders: bool, conversation_id: UUID | None
) -> Appointment:
    async def work(connection: AsyncConnection) -> Appointment:
        if made := await booking.made_of(connection, hold_id):
            return made
        now = clock.now()
        made = await on_behalf.book(connection, hold_id, citizen, conversation_id=conversation_id, now=now)
        by_sms = reminders and await answers_by_sms(connection, replace(made, citizen=citizen))
        if by_sms or conversation_id is not None:
            await notices.note(connection, [made.id], "booked", now=now)
        detail: dict[str, Any] = {"centro": made.slot.site_id, "promemoria": bool(by_sms)}
        await audit.record(connection, operator_of(request), "appuntamento prenotato", subject_of(made.id), **detail)
        return made

    return await transactions_of(request).run(work)


@routes.post("/calendario/prenota/lascia", name="calendar_release")
@needs("operatore")
async def give_back(request: web.Request) -> web.StreamResponse:
    """The place is not needed after all."""
    form = await request.post()
    hold_id = _hold_of(form)
    async with request.app[ENGINE].begin() as connection:
        claim = await read_claim(connection, hold_id)
        if claim is not None:
            await choose(connection, request, {"centro": claim.slot.site_id})
            await release(connection, hold_id)
    return redirect("/calendario?fatto=lasciato" + (f"&centro={claim.slot.site_id}" if claim else ""))
