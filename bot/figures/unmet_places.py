"""Places that were not there: of which service, where, when they were wanted."""

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import services
from bot.demand.tables import unmet_demand
from bot.figures.model import Column, Figure, Value, few
from bot.figures.period import Period, Scope
from bot.figures.unmet import ASKED, booked, of

_U = unmet_demand.c


async def by_service(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Places that were not there: of each service, and why."""
    reasons = ("full", "closed", "late", "no_agenda")
    title = func.coalesce(services.c.title, "servizio non ancora scelto")
    query = (
        select(title, func.count(), *(func.count().filter(_U.reason == one) for one in reasons))
        .select_from(ASKED.outerjoin(services, services.c.id == _U.service_id))
        .where(_U.kind == "no_place", *of(period, scope))
        .group_by(title)
        .order_by(func.count().desc(), title)
    )
    hidden = scope.is_of_centres
    return Figure(
        key="servizi",
        title="Posti che mancavano, per servizio",
        columns=(
            Column("Servizio", "text"),
            Column("In tutto"),
            Column("Tutto occupato"),
            Column("Giorno di chiusura"),
            Column("Troppo avanti"),
            Column("Il centro non dà appuntamenti"),
        ),
        rows=[
            (row[0], *(few(count, count, hidden=hidden) for count in row[1:]))
            for row in await connection.execute(query)
        ],
    )


async def by_place(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Places that were not there: in which province, in which centre."""
    query = (
        select(func.coalesce(_U.province, "–"), _U.centre, func.count(), booked())
        .select_from(ASKED)
        .where(_U.kind == "no_place", *of(period, scope))
        .group_by(_U.province, _U.centre)
        .order_by(func.count().desc(), _U.province, _U.centre)
    )
    rows: list[tuple[Value, ...]] = [
        (centre or f"tutta la provincia di {province}" if province != "–" else centre or "tutto il Piemonte", *counts)
        for province, centre, *counts in await connection.execute(query)
    ]
    return Figure(
        key="luoghi",
        title="Posti che mancavano, dove",
        columns=(Column("Dove", "place"), Column("Richieste"), Column("Poi ha prenotato")),
        rows=rows,
    )


async def by_wish(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """When people wanted the place that was not there: weekday, part of the day; one wish may say several."""
    query = select(_U.wish).select_from(ASKED).where(_U.kind == "no_place", *of(period, scope))
    counted: Counter[str] = Counter()
    for wish in (await connection.execute(query)).scalars():
        counted.update(_wished(wish))
    return Figure(
        key="desideri",
        title="Quando lo volevano",
        columns=(Column("Quando", "text"), Column("Richieste")),
        rows=[(name, counted[name]) for name in (*_WEEKDAYS, *_PARTS, *_OTHER) if counted[name]],
    )


_WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
_PARTS = ("mattina", "pomeriggio", "sera")
_OTHER = ("il prima possibile", "senza un giorno preciso")


def _wished(wish: dict[str, Any]) -> set[str]:
    days = [wish["date"]] if wish.get("date") else wish.get("dates") or []
    found = {_WEEKDAYS[date.fromisoformat(day).weekday()] for day in days} | set(wish.get("weekdays") or [])
    part = str(wish.get("part") or "")
    hour = str(wish.get("time") or wish.get("time_from") or "")
    if part or hour:
        early = "mattina" in part or (hour and hour < "13")
        late = "sera" in part or (hour and hour >= "18")
        found.add("mattina" if early else "sera" if late else "pomeriggio")
    if wish.get("asap"):
        found.add("il prima possibile")
    return found & {*_WEEKDAYS, *_PARTS, *_OTHER} or {"senza un giorno preciso"}
