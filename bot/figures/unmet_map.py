"""Unmet demand by week and centre."""

from collections import Counter

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demand.tables import unmet_demand
from bot.figures.model import Column, Figure
from bot.figures.period import Period, Scope
from bot.figures.unmet import ASKED, booked, centre_asked, of

_U = unmet_demand.c
KIND_ORDER = ("no_place", "no_answer", "off_topic", "no_hours")
MOST_WEEKS = 14


def _kinds() -> list[ColumnElement[int]]:
    return [func.count().filter(_U.kind == kind) for kind in KIND_ORDER]


_KIND_COLUMNS = (
    Column("Nessun posto"),
    Column("Nessuna risposta"),
    Column("Fuori tema"),
    Column("Orari non noti"),
)


async def by_week(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each week from Monday, those without anything left out."""
    week = cast(func.date_trunc("week", _U.day), Date)
    query = (
        select(week, func.count(), *_kinds()).select_from(ASKED).where(*of(period, scope)).group_by(week).order_by(week)
    )
    return Figure(
        key="settimane",
        title="Settimana per settimana",
        columns=(Column("Settimana dal", "day"), Column("In tutto"), *_KIND_COLUMNS),
        rows=[tuple(row) for row in await connection.execute(query)],
        by="columns",
    )


async def by_centre(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each centre: what was not there, and who booked all the same."""
    centre = centre_asked().label("centre")
    query = (
        select(centre, func.count(), *_kinds(), booked())
        .select_from(ASKED)
        .where(*of(period, scope))
        .group_by(centre)
        .order_by(func.count().desc(), centre)
    )
    return Figure(
        key="centri",
        title="Centro per centro",
        columns=(Column("Centro", "centre"), Column("In tutto"), *_KIND_COLUMNS, Column("Poi ha prenotato")),
        rows=[tuple(row) for row in await connection.execute(query)],
    )


async def by_centre_and_week(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each centre in each week, for those who plan the desks."""
    centre, week = centre_asked().label("centre"), cast(func.date_trunc("week", _U.day), Date)
    query = (
        select(centre, week, func.count(), *_kinds())
        .select_from(ASKED)
        .where(*of(period, scope))
        .group_by(centre, week)
        .order_by(centre.asc().nulls_last(), week)
    )
    return Figure(
        key="centri-settimane",
        title="Centro, settimana e che cosa mancava",
        columns=(Column("Centro", "centre"), Column("Settimana dal", "day"), Column("In tutto"), *_KIND_COLUMNS),
        rows=[tuple(row) for row in await connection.execute(query)],
        drawn=None,
    )


async def map_of_centres(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """A column a week, or a month where weeks would be many: everything that was not there, centre by centre."""
    step = "week" if period.days <= MOST_WEEKS * 7 else "month"
    centre, start = centre_asked().label("centre"), cast(func.date_trunc(step, _U.day), Date)
    query = select(centre, start, func.count()).select_from(ASKED).where(*of(period, scope)).group_by(centre, start)
    counted = {(row[0], row[1]): int(row[2]) for row in await connection.execute(query)}
    starts = sorted({at for _, at in counted})
    totals: Counter[str | None] = Counter()
    for (name, _), count in counted.items():
        totals[name] += count
    order = sorted(totals, key=lambda name: (-totals[name], name or ""))
    return Figure(
        key="mappa",
        title="Centro per centro, settimana per settimana" if step == "week" else "Centro per centro, mese per mese",
        columns=(Column("Centro", "centre"), *(Column(f"dal {at:%d/%m}") for at in starts), Column("In tutto")),
        rows=[(name, *(counted.get((name, at), 0) for at in starts), totals[name]) for name in order],
        drawn=None,
    )
