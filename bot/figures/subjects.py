"""Figures of what conversations were about and how they went."""

from sqlalchemy import ColumnElement, column, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.figures.model import Column, Figure, few, share, veiled
from bot.figures.period import Period, Scope
from bot.figures.tables import figure_days
from bot.figures.talks import of, with_outcome

_D = figure_days.c
MOST_TOPICS = 200


def _people(scope: Scope) -> ColumnElement[int]:
    """How many people, where it matters that they are few; telling them apart takes its time."""
    return func.count(_D.conversation_id.distinct()) if scope.is_of_centres else func.count()


async def outcomes(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """How conversations went: answered by the assistant alone, with a person, not understood at the end."""
    query = select(_D.outcome, func.count(), _people(scope)).where(*of(figure_days, period, scope)).group_by(_D.outcome)
    known = {row[0]: (row[1], row[2]) for row in await connection.execute(query)}
    total = sum(talks for talks, _ in known.values())
    order = ("answered", "person", "not_understood")
    counts, people = zip(*(known.get(name, (0, 0)) for name in order), strict=True)
    told = veiled(counts, people, hidden=scope.is_of_centres)
    return Figure(
        key="esiti",
        title="Com'è andata",
        columns=(Column("Esito", "talk_outcome"), Column("Conversazioni"), Column("Quota", "share")),
        rows=[
            (name, one, share(one, total) if isinstance(one, int) else None)
            for name, one in zip(order, told, strict=True)
        ],
    )


async def topics(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """What conversations were about; one can be about several."""
    topic = func.unnest(_D.topics).table_valued(column("topic")).render_derived()
    talks, people = func.count(), _people(scope)
    query = (
        select(topic.c.topic, talks, people)
        .select_from(figure_days)
        .join(topic, true())
        .where(*of(figure_days, period, scope))
        .group_by(topic.c.topic)
        .order_by(talks.desc(), topic.c.topic)
        .limit(MOST_TOPICS)
    )
    hidden = scope.is_of_centres
    return Figure(
        key="argomenti",
        title="Argomenti",
        columns=(Column("Argomento", "intent"), Column("Conversazioni")),
        rows=[(row[0], few(row[1], row[2], hidden=hidden)) for row in await connection.execute(query)],
    )


async def misunderstood(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Messages not understood and out of the field, by channel."""
    parsed, failed = func.coalesce(func.sum(_D.parsed), 0), func.coalesce(func.sum(_D.not_understood), 0)
    away = func.coalesce(func.sum(_D.off_topic), 0)
    ended = with_outcome("not_understood")
    query = (
        select(_D.channel, failed, parsed, away, ended)
        .where(*of(figure_days, period, scope))
        .group_by(_D.channel)
        .order_by(failed.desc(), _D.channel)
    )
    return Figure(
        key="non-capiti",
        title="Non capiti",
        columns=(
            Column("Canale", "channel"),
            Column("Messaggi non capiti"),
            Column("Quota dei messaggi letti", "share"),
            Column("Fuori tema"),
            Column("Conversazioni finite così"),
        ),
        rows=[(row[0], row[1], share(row[1], row[2]), row[3], row[4]) for row in await connection.execute(query)],
    )
