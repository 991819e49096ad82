"""Every figure of a period: in the order of the page, each by its name."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.figures import appointments, opinions, people, subjects, talks
from bot.figures.model import Counting, Figure, Total
from bot.figures.period import Period, Scope

AT_ONCE = 2
MEMORY_MB = 64


async def _waiting(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    return (await people.waiting(connection, period, scope))[1]


async def _ratings(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    return (await opinions.ratings(connection, period, scope))[1]


async def _text_messages(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    return (await opinions.text_messages(connection, period, scope))[1]


FIGURES: dict[str, Counting] = {
    "andamento": talks.over_time,
    "canali": talks.by_channel,
    "giorni": talks.by_weekday,
    "ore": talks.by_hour,
    "esiti": subjects.outcomes,
    "argomenti": subjects.topics,
    "non-capiti": subjects.misunderstood,
    "appuntamenti": appointments.by_service,
    "modi": appointments.by_mode,
    "sedi": appointments.by_site,
    "attese": _waiting,
    "richieste": people.endings,
    "domande": people.questions,
    "voti": _ratings,
    "sms": _text_messages,
    "centri": talks.by_centre,
}


GROUPS: dict[str, tuple[str, ...]] = {
    "Quanti scrivono e quando": ("andamento", "canali", "giorni", "ore"),
    "Che cosa chiedono e com'è andata": ("esiti", "argomenti", "non-capiti", "voti"),
    "Appuntamenti": ("appuntamenti", "modi", "sedi"),
    "Persone allo sportello": ("attese", "richieste", "domande"),
    "Centri e costi": ("centri", "sms"),
}
"""The figures as the page has them, under their headings."""


async def counted(
    engine: AsyncEngine, figures: Mapping[str, Counting], period: Period, scope: Scope
) -> dict[str, Figure]:
    """These figures by their names, a few at a time."""
    found: dict[str, Figure] = {}
    waiting = list(figures.items())

    async def work() -> None:
        async with quick(engine) as connection:
            while waiting:
                key, count = waiting.pop(0)
                found[key] = await count(connection, period, scope)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


@asynccontextmanager
async def quick(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for counting: room to sort in memory, no time lost on compiling statements used once."""
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL jit = off"))
        await connection.execute(text(f"SET LOCAL work_mem = '{MEMORY_MB}MB'"))
        yield connection


async def totals(engine: AsyncEngine, period: Period, scope: Scope) -> list[Total]:
    """The numbers of the period, each with that of the period before."""
    async with quick(engine) as connection:
        now = await _totals(connection, period, scope)
        before = await _totals(connection, period.before(), scope)
    known = {one.key: one.now for one in before}
    return [replace(one, before=known.get(one.key)) for one in now]


async def _totals(connection: AsyncConnection, period: Period, scope: Scope) -> list[Total]:
    asked, _ = await people.waiting(connection, period, scope)
    useful, _ = await opinions.ratings(connection, period, scope)
    paid, _ = await opinions.text_messages(connection, period, scope)
    first = await talks.totals(connection, period, scope)
    booked = await appointments.totals(connection, period, scope)
    return [*first, *booked, *asked, useful, *paid]
