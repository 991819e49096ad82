"""Carrying out a change of the calendar: where people are booked, first the question what is to become of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.catalogue import read_services, read_sites
from bot.agenda.model import Appointment, NotFoundError, Service
from bot.agenda.notices import Notice, those_who_can_be_told
from bot.agenda.opening import Answer, Decision, OverlapError, PeopleBookedError, all_site_ids, change
from bot.agenda.proposals import other_places
from bot.agenda.tables import appointments, desks
from bot.answers.changed import told
from console import audit
from console.access import operator_of
from console.calendar.chosen import Chosen
from console.calendar.opening_forms import FormError, Plan
from console.calendar.visit import transactions_of
from console.calendar.words import person_of
from console.keys import ENGINE
from console.pages import render

DECISIONS: tuple[Decision, ...] = ("keep", "cancel")
MOST_SHOWN = 200
OWN_FIELDS = frozenset({"csrf", "decisione", "visto"})


@dataclass(frozen=True, kw_only=True)
class Person:
    """One who is booked where nobody would receive them. `told`: whether there is a conversation to write to."""

    appointment: Appointment
    service: Service
    where: str
    told: bool


async def carry_out(request: web.Request, plan: Plan, chosen: Chosen, form: Any, action: str) -> web.Response | None:
    """Make the change, or give the page that asks. `action`: where the form goes. Raises `FormError`, HTTP 404."""
    answer = _answer(form, plan)

    async def work(connection: AsyncConnection) -> None:
        site_ids = plan.site_ids if plan.site_ids is not None else await all_site_ids(connection)
        affected = await change(connection, site_ids, plan.change, now=chosen.now, answer=answer, days=plan.days)
        subject = subject_of(plan, chosen)
        detail = {"persone": len(affected), "decisione": answer.decision if affected and answer else ""}
        note = "; ".join(one for one in (plan.what, plan.told) if one)
        await audit.record(connection, operator_of(request), "orari cambiati", subject, note=note, **detail)

    try:
        await transactions_of(request).run(work)
    except PeopleBookedError as refused:
        again = answer is not None
        return await _ask(request, plan, chosen, form, action, refused.affected, again=again)
    except OverlapError:
        raise FormError("A quell'ora lo sportello riceve già.", f"{form.get('azione')}-dalle") from None
    except NotFoundError:
        raise web.HTTPNotFound from None
    return None


def subject_of(plan: Plan, chosen: Chosen) -> str:
    """The calendar a change is about, in the audit log."""
    return f"calendario:{chosen.site.id if plan.site_ids and chosen.site else 'tutti'}"


def _answer(form: Any, plan: Plan) -> Answer | None:
    decision = next((one for one in DECISIONS if one == form.get("decisione")), None)
    if decision is None:
        return None
    try:
        shown = frozenset(UUID(str(one)) for one in form.getall("visto", []))
    except ValueError:
        raise web.HTTPBadRequest from None
    return Answer(decision=decision, shown=shown, reason=plan.told)


async def _ask(
    request: web.Request,
    plan: Plan,
    chosen: Chosen,
    form: Any,
    action: str,
    affected: Sequence[Appointment],
    *,
    again: bool,
) -> web.Response:
    async with request.app[ENGINE].begin() as connection:
        people = await _people(connection, affected[:MOST_SHOWN])
        words = await _words(connection, people, plan, chosen)
        subject = subject_of(plan, chosen)
        await audit.record(connection, operator_of(request), "lettura", subject, persone=len(people))
    values: dict[str, Any] = {
        "plan": plan,
        "people": people,
        "ids": [one.id for one in affected],
        "words": words,
        "untold": sum(not one.told for one in people),
        "kept": [(key, value) for key, value in form.items() if key not in OWN_FIELDS],
        "again": again,
        "action": action,
        "chosen": chosen,
    }
    return render(request, "calendar_decide.html", **values)


async def _people(connection: AsyncConnection, affected: Sequence[Appointment]) -> list[Person]:
    services, sites = await read_services(connection, blocked=True), await read_sites(connection)
    named = {row.id: row.title for row in await connection.execute(select(desks.c.id, desks.c.title))}
    several = len({one.slot.site_id for one in affected}) > 1
    ids = [one.id for one in affected]
    told = await those_who_can_be_told(connection, ids)
    sealed = select(appointments.c.id, appointments.c.citizen).where(appointments.c.id.in_(ids))
    people = {row.id: person_of(row.citizen) for row in await connection.execute(sealed)}
    found = []
    for one in affected:
        site, desk = sites[one.slot.site_id].title, named[one.slot.desk_id]
        found.append(
            Person(
                appointment=replace(one, citizen=people.get(one.id)),
                service=services[one.slot.service_id],
                where=f"{site}, {desk}" if several else desk,
                told=one.id in told,
            )
        )
    return found


async def _words(connection: AsyncConnection, people: Sequence[Person], plan: Plan, chosen: Chosen) -> str:
    """What the first of them would read; the others the same of theirs."""
    first = next((one for one in people if one.told), None)
    if first is None:
        return ""
    slot = first.appointment.slot
    site = (await read_sites(connection))[slot.site_id]
    # As the calendar is now: whether a place is still there afterwards is looked at when they are told.
    proposals = await other_places(connection, slot, now=chosen.now, not_on=plan.days)
    notice = Notice(id=0, kind="cancelled", appointment=first.appointment, reason=plan.told, before=None)
    said = told(notice, first.service, site, proposals=proposals, now=chosen.now)
    return " ".join([said.text, *(f"[{button.title}]" for button in said.buttons)])
