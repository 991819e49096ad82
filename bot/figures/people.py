"""Figures of requests for a person: how long people waited, how long it took, how it ended; and of questions left."""

from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import now
from bot.conversations.desk_tables import handoffs, promises
from bot.figures.centres import within
from bot.figures.model import FEW, Column, Figure, Total, share, veiled
from bot.figures.period import Period, Scope
from bot.settings import get_settings

_H, _P = handoffs.c, promises.c
_WAIT = cast(func.extract("epoch", _H.taken_at - _H.requested_at), Float) / 60
_HANDLING = cast(func.extract("epoch", _H.ended_at - _H.taken_at), Float) / 60
ASKED = ("asked", "not_understood", "complaint")


def _in_time() -> ColumnElement[bool]:
    return and_(_H.taken_at.is_not(None), get_settings().handoff_patience >= _WAIT)


def _requests(period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    first, after = period.moments()
    of = within(scope, _H.conversation_id) if scope.is_of_centres else None
    mine = [_H.reason.in_(ASKED), _H.requested_at >= first, _H.requested_at < after]
    return mine if of is None else [*mine, of]


def _middle(value: ColumnElement[Any], at: float, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.percentile_cont(at).within_group(case((condition, value)))


async def waiting(connection: AsyncConnection, period: Period, scope: Scope) -> tuple[list[Total], Figure]:
    """What citizens asked a person for: how many, taken in time, waits and handling in minutes."""
    taken, closed = _H.taken_at.is_not(None), and_(_H.taken_at.is_not(None), _H.ended_at.is_not(None))
    counted = or_(_H.state != "withdrawn", taken)
    query = select(
        func.count().label("asked"),
        func.count().filter(taken).label("taken"),
        func.count().filter(_in_time()).label("in_time"),
        func.count().filter(counted, or_(_H.state != "waiting", taken)).label("due"),
        _middle(_WAIT, 0.5, taken).label("wait"),
        _middle(_WAIT, 0.9, taken).label("wait90"),
        _middle(_HANDLING, 0.5, closed).label("handling"),
        _middle(_HANDLING, 0.9, closed).label("handling90"),
    ).where(*_requests(period, scope))
    row = (await connection.execute(query)).one()
    minutes = f"{get_settings().handoff_patience:g}"
    told = not scope.is_of_centres or row.asked >= FEW
    kept = (lambda value: value) if told else (lambda _: None)
    totals = [
        Total(key="asked", title="Richieste di una persona", now=row.asked),
        Total(
            key="in_time",
            title=f"Prese entro {minutes} minuti",
            kind="share",
            now=kept(share(row.in_time, row.due)),
            better="more",
        ),
        Total(key="wait", title="Attesa mediana", kind="minutes", now=kept(row.wait), better="less"),
    ]
    figure = Figure(
        key="attese",
        title="Attese e durate",
        columns=(
            Column("Che cosa", "text"),
            Column("Richieste"),
            Column("Mediana", "minutes"),
            Column("Nove su dieci entro", "minutes"),
        ),
        rows=[
            ("Attesa di una persona", row.taken, kept(row.wait), kept(row.wait90)),
            ("Conversazione con la persona", row.taken, kept(row.handling), kept(row.handling90)),
        ],
        drawn=2,
    )
    return totals, figure


async def endings(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """How requests for a person ended; those that wait or are being answered are told apart."""
    how = case((_H.state == "closed", func.coalesce(_H.outcome, "closed")), else_=_H.state)
    query = select(how, func.count(), func.count(_H.conversation_id.distinct())).where(*_requests(period, scope))
    rows = (await connection.execute(query.group_by(how).order_by(func.count().desc(), how))).all()
    told = veiled([row[1] for row in rows], [row[2] for row in rows], hidden=scope.is_of_centres)
    return Figure(
        key="richieste",
        title="Come sono finite le richieste di una persona",
        columns=(Column("Esito", "request_outcome"), Column("Richieste")),
        rows=[(row[0], value) for row, value in zip(rows, told, strict=True)],
    )


async def questions(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Questions left for a person, by how they ended, and how many in time."""
    first, after = period.moments()
    late = or_(and_(_P.done_at.is_(None), _P.due_at < now()), _P.done_at > _P.due_at)
    how = func.coalesce(_P.outcome, "open")
    query = select(how, func.count(), func.count().filter(late)).group_by(how)
    query = query.where(_P.asked_at >= first, _P.asked_at < after).order_by(func.count().desc(), how)
    if scope.is_of_centres:
        query = query.where(within(scope, _P.conversation_id))
    rows = (await connection.execute(query)).all()
    told = veiled([row[1] for row in rows], [row[1] for row in rows], hidden=scope.is_of_centres)
    return Figure(
        key="domande",
        title="Domande lasciate",
        columns=(Column("Esito", "question_outcome"), Column("Domande"), Column("In ritardo")),
        rows=[
            (row[0], value, row[2] if isinstance(value, int) else None) for row, value in zip(rows, told, strict=True)
        ],
    )
