"""Figures of appointments: booked, moved, cancelled when that happened; held and missed on the day they were for."""

from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import appointments, services
from bot.figures.model import FEW, Column, Figure, Kind, Total, few, share
from bot.figures.period import Period, Scope

_A = appointments.c
What = Literal["booked", "moved", "cancelled", "cancelled_by_us", "held", "missed"]
WHATS: tuple[What, ...] = get_args(What)
TITLES: dict[What, str] = {
    "booked": "Presi",
    "moved": "Spostati",
    "cancelled": "Disdetti dal cittadino",
    "cancelled_by_us": "Disdetti da noi",
    "held": "Fatti",
    "missed": "Mancati",
}
_REAL = ~and_(_A.sample, _A.conversation_id.is_(None))
"""The people a sample calendar makes up have no conversation: they are nobody's appointments."""


def _counts(period: Period) -> list[ColumnElement[int]]:
    """How often each thing happened; the order is that of `WHATS`."""
    first, after = period.moments()
    happened: dict[What, tuple[ColumnElement[bool], ColumnElement[Any]]] = {
        "booked": (_A.moved_from.is_(None), _A.created_at),
        "moved": (_A.moved_from.is_not(None), _A.created_at),
        "cancelled": (_A.state == "disdetto_cittadino", _A.changed_at),
        "cancelled_by_us": (_A.state == "disdetto_operatore", _A.changed_at),
        "held": (_A.state == "erogato", _A.starts),
        "missed": (_A.state == "non_presentato", _A.starts),
    }
    return [
        func.count().filter(happened[what][0], happened[what][1] >= first, happened[what][1] < after).label(what)
        for what in WHATS
    ]


def _touched(period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    first, after = period.moments()
    times = (_A.created_at, _A.changed_at, _A.starts)
    return [_REAL, or_(*(and_(at >= first, at < after) for at in times)), scope.condition(_A.site_id)]


async def totals(connection: AsyncConnection, period: Period, scope: Scope) -> list[Total]:
    """Booked, and of those whose time came how many were missed."""
    row = (await connection.execute(select(*_counts(period)).where(*_touched(period, scope)))).one()
    hidden = scope.is_of_centres
    missed = few(row.missed, row.missed, hidden=hidden)
    told = missed == row.missed and not (hidden and 0 < row.held < FEW)
    return [
        Total(key="booked", title="Appuntamenti presi", now=row.booked, better="more"),
        Total(
            key="missed",
            title="Appuntamenti mancati",
            kind="share",
            now=share(row.missed, row.missed + row.held) if told else None,
            better="less",
        ),
    ]


async def by_service(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """What happened to appointments of each service."""
    return await _by(connection, period, scope, key="appuntamenti", title="Appuntamenti per servizio", what="text")


async def by_mode(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """What happened to appointments by video, by telephone, in person."""
    return await _by(connection, period, scope, key="modi", title="Appuntamenti per modo", what="mode")


async def by_site(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """What happened to appointments of each centre; of few only that they are few."""
    return await _by(connection, period, scope, key="sedi", title="Appuntamenti per centro", what="centre")


async def _by(connection: AsyncConnection, period: Period, scope: Scope, *, key: str, title: str, what: Kind) -> Figure:
    named: ColumnElement[Any] = {"text": services.c.title, "mode": _A.mode, "centre": _A.site_id}[what]
    counts = _counts(period)
    query = (
        select(named, *counts)
        .select_from(appointments.join(services, services.c.id == _A.service_id))
        .where(*_touched(period, scope))
        .group_by(named)
        .order_by(counts[0].desc(), named)
    )
    hidden = scope.is_of_centres or what == "centre"
    rows = []
    for row in await connection.execute(query):
        if any(row[1:]):
            told = [few(count, count, hidden=hidden and place > 0) for place, count in enumerate(row[1:])]
            rows.append((row[0], *told))
    names: dict[Kind, str] = {"text": "Servizio", "mode": "Modo", "centre": "Centro"}
    columns = (Column(names[what], what), *(Column(TITLES[one]) for one in WHATS))
    return Figure(key=key, title=title, columns=columns, rows=rows)
