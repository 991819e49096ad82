"""Figures of conversations: how many, when, on which channel, how they went, about what.

A conversation here is what one person writes on one channel on one Italian day (definitions.py).
"""

from typing import Any

from sqlalchemy import Date, case, cast, column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from bot.figures.model import FEW, Column, Figure, Total, few, share
from bot.figures.period import Period, Scope
from bot.figures.tables import figure_days, figure_hours

_D, _H = figure_days.c, figure_hours.c


def of(table: Any, period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    """The rows of a period in which citizens wrote."""
    days = table.c.day.between(period.first, period.last)
    return [days, table.c.citizen > 0, scope.condition(table.c.centre)]


def with_outcome(name: str) -> ColumnElement[int]:
    """How many conversations went so."""
    return func.count().filter(_D.outcome == name)


_COUNTS = (
    func.count().label("talks"),
    func.count(_D.conversation_id.distinct()).label("people"),
    func.coalesce(func.sum(_D.citizen), 0).label("citizen"),
)


async def totals(connection: AsyncConnection, period: Period, scope: Scope) -> list[Total]:
    """The numbers at the top of the page, without those of the period before."""
    failed = func.coalesce(func.sum(_D.not_understood), 0)
    query = select(
        *_COUNTS,
        func.coalesce(func.sum(_D.parsed), 0).label("parsed"),
        failed.label("failed"),
        with_outcome("answered").label("answered"),
    ).where(*of(figure_days, period, scope))
    row = (await connection.execute(query)).one()
    told = not scope.is_of_centres or row.people >= FEW
    return [
        Total(key="talks", title="Conversazioni", now=row.talks),
        Total(key="people", title="Persone", now=row.people),
        Total(key="messages", title="Messaggi dei cittadini", now=row.citizen),
        Total(
            key="contained",
            title="Concluse senza una persona",
            kind="share",
            now=share(row.answered, row.talks) if told else None,
            better="more",
        ),
        Total(
            key="failed",
            title="Messaggi non capiti",
            kind="share",
            now=share(row.failed, row.parsed) if told else None,
            better="less",
        ),
    ]


async def over_time(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Conversations by day, week or month, those without any included."""
    step = period.step()
    start = cast(func.date_trunc(step, _D.day), Date)
    said = func.coalesce(func.sum(_D.citizen), 0).label("citizen")
    talks = select(start.label("start"), func.count().label("talks"), said)
    counted = talks.where(*of(figure_days, period, scope)).group_by(start).subquery()
    first = func.date_trunc(step, cast(period.first, Date))
    every = func.generate_series(first, cast(period.last, Date), func.make_interval(*_STEPS[step]))
    days = select(cast(every.column_valued("at"), Date).label("start")).subquery()
    query = (
        select(days.c.start, *(func.coalesce(counted.c[name], 0) for name in ("talks", "citizen")))
        .outerjoin(counted, counted.c.start == days.c.start)
        .order_by(days.c.start)
    )
    name = {"day": "Giorno", "week": "Settimana dal", "month": "Mese dal"}[step]
    return Figure(
        key="andamento",
        title="Conversazioni nel tempo",
        columns=(Column(name, "day"), Column("Conversazioni"), Column("Messaggi dei cittadini")),
        rows=[tuple(row) for row in await connection.execute(query)],
        by="columns",
    )


_STEPS = {"day": (0, 0, 0, 1), "week": (0, 0, 1), "month": (0, 1)}


async def by_channel(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each channel: conversations, people, messages each way, how they went."""
    # Each person's days first, then the channels: quicker than telling people apart in each channel.
    names = ("citizen", "assistant", "operator")
    person = (
        select(
            _D.channel,
            func.count().label("talks"),
            *(func.sum(_D[name]).label(name) for name in names),
            with_outcome("answered").label("answered"),
        )
        .where(*of(figure_days, period, scope))
        .group_by(_D.channel, _D.conversation_id)
        .subquery()
    )
    talks = func.sum(person.c.talks)
    query = (
        select(
            person.c.channel,
            talks,
            func.count(),
            *(func.sum(person.c[name]) for name in names),
            func.sum(person.c.answered),
            talks,
        )
        .group_by(person.c.channel)
        .order_by(talks.desc(), person.c.channel)
    )
    rows = [(row[0], *map(int, row[1:6]), share(int(row[6]), int(row[7]))) for row in await connection.execute(query)]
    return Figure(
        key="canali",
        title="Canali",
        columns=(
            Column("Canale", "channel"),
            Column("Conversazioni"),
            Column("Persone"),
            Column("Messaggi dei cittadini"),
            Column("Messaggi dell'assistente"),
            Column("Messaggi degli operatori"),
            Column("Concluse senza una persona", "share"),
        ),
        rows=rows,
    )


async def by_hour(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each hour of the day on Italian clocks: citizens' messages on each weekday, and in all."""
    weekday = func.extract("isodow", _H.day)
    each = [func.coalesce(func.sum(_H.citizen).filter(weekday == number), 0) for number in range(1, 8)]
    counted = (
        select(_H.hour, func.sum(_H.citizen).label("total"), *(one.label(f"d{n}") for n, one in enumerate(each, 1)))
        .where(*of(figure_hours, period, scope))
        .group_by(_H.hour)
        .subquery()
    )
    hours = func.generate_series(0, 23).table_valued(column("hour")).render_derived()
    names = ["total", *(f"d{number}" for number in range(1, 8))]
    query = (
        select(hours.c.hour, *(func.coalesce(counted.c[name], 0) for name in names))
        .select_from(hours)
        .outerjoin(counted, counted.c.hour == hours.c.hour)
        .order_by(hours.c.hour)
    )
    days = ("lun", "mar", "mer", "gio", "ven", "sab", "dom")
    return Figure(
        key="ore",
        title="A che ora scrivono",
        columns=(Column("Ora", "hour"), Column("Messaggi dei cittadini"), *(Column(day) for day in days)),
        rows=[tuple(int(value) for value in row) for row in await connection.execute(query)],
        by="columns",
    )


async def by_weekday(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each weekday: conversations and messages."""
    weekday = func.extract("isodow", _D.day)
    said = func.coalesce(func.sum(_D.citizen), 0)
    query = select(weekday, func.count(), said).where(*of(figure_days, period, scope)).group_by(weekday)
    known = {int(row[0]): tuple(row[1:]) for row in await connection.execute(query)}
    return Figure(
        key="giorni",
        title="In che giorno scrivono",
        columns=(
            Column("Giorno", "weekday"),
            Column("Conversazioni"),
            Column("Messaggi dei cittadini"),
        ),
        rows=[(number, *known.get(number, (0, 0))) for number in range(1, 8)],
    )


async def by_centre(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each centre: conversations and how they went; of few people only that they are few."""

    def people(outcome: str) -> ColumnElement[int]:
        return func.count(case((_D.outcome == outcome, _D.conversation_id)).distinct())

    query = (
        select(
            _D.centre,
            *_COUNTS,
            with_outcome("answered"),
            with_outcome("person"),
            people("person"),
            with_outcome("not_understood"),
            people("not_understood"),
        )
        .where(*of(figure_days, period, scope))
        .group_by(_D.centre)
        .order_by(func.count().desc(), _D.centre)
    )
    rows = []
    for centre, talks, persons, citizen, answered, asked, askers, failed, failing in await connection.execute(query):
        known = centre is not None
        row = (
            few(talks, persons, hidden=known),
            few(persons, persons, hidden=known),
            few(citizen, persons, hidden=known),
            few(asked, askers, hidden=known),
            few(failed, failing, hidden=known),
        )
        hidden = any(not isinstance(one, int) for one in row)
        rows.append((centre, *row, None if hidden else share(answered, talks)))
    return Figure(
        key="centri",
        title="Centri",
        columns=(
            Column("Centro", "centre"),
            Column("Conversazioni"),
            Column("Persone"),
            Column("Messaggi dei cittadini"),
            Column("Passate a una persona"),
            Column("Non capite"),
            Column("Concluse senza una persona", "share"),
        ),
        rows=rows,
    )
