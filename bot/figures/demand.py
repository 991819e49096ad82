"""Figures of demand that was not met: what the assistant had to say it does not have, by week, centre, service, topic."""

import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import appointments, services
from bot.demand.tables import unmet_demand
from bot.figures.centres import centre_of
from bot.figures.model import FEW, Column, Figure, Value, few
from bot.figures.period import Period, Scope
from bot.knowledge.spelling import fold
from bot.privacy.masking import mask
from bot.storage.tables import messages, parses

_U = unmet_demand.c
KIND_ORDER = ("no_place", "no_answer", "off_topic", "no_hours")
MOST_READ = 20_000
MOST_WORDS = 60
MOST_WEEKS = 14
LEAST_LETTERS = 4
STOP = frozenset(
    """
    come cosa sono posso vorrei voglio devo quando dove quale quali quanto quanti perche anche ancora della delle degli
    dello dalla dalle nella nelle alla alle questo questa questi queste quello quella essere avere fare fatto grazie ciao
    buongiorno salve buonasera miei mie loro molto solo sempre pero allora invece oppure senza dopo prima adesso oggi
    domani hanno abbiamo siete siamo sapere dire dice detto avete puoi potete serve servono qualcuno nessuno niente tutto
    """.split()
)
"""Words that say nothing about what was asked."""


def centre_asked() -> ColumnElement[str | None]:
    """The centre asked for, else that of the conversation."""
    return func.coalesce(_U.centre, centre_of(_U.conversation_id))


def of(period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    """The rows of a period that one may see."""
    days = _U.day.between(period.first, period.last)
    return [days, scope.condition(centre_asked())] if scope.is_of_centres else [days]


def _kinds() -> list[ColumnElement[int]]:
    return [func.count().filter(_U.kind == kind) for kind in KIND_ORDER]


def _booked() -> ColumnElement[int]:
    """Of those without a place, who booked within a week all the same."""
    week = func.make_interval(0, 0, 0, 7)
    after = and_(appointments.c.created_at >= _U.at, appointments.c.created_at < _U.at + week)
    theirs = select(appointments.c.id).where(appointments.c.conversation_id == _U.conversation_id, after)
    return func.count().filter(_U.kind == "no_place", theirs.exists())


_KIND_COLUMNS = (
    Column("Nessun posto"),
    Column("Nessuna risposta"),
    Column("Fuori tema"),
    Column("Orari non noti"),
)


async def by_week(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Each week from Monday, those without anything left out."""
    week = cast(func.date_trunc("week", _U.day), Date)
    query = select(week, func.count(), *_kinds()).where(*of(period, scope)).group_by(week).order_by(week)
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
        select(centre, func.count(), *_kinds(), _booked())
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
    query = select(centre, start, func.count()).where(*of(period, scope)).group_by(centre, start)
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


async def by_service(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Places that were not there: of each service, and why."""
    reasons = ("full", "closed", "late", "no_agenda")
    title = func.coalesce(services.c.title, "servizio non ancora scelto")
    query = (
        select(title, func.count(), *(func.count().filter(_U.reason == one) for one in reasons))
        .select_from(unmet_demand.outerjoin(services, services.c.id == _U.service_id))
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
        select(func.coalesce(_U.province, "–"), _U.centre, func.count(), _booked())
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
    query = select(_U.wish).where(_U.kind == "no_place", *of(period, scope))
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


async def by_topic(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """What there was no answer to: the likeliest topic of what was not understood, and details that are missing."""
    # What nothing resembled has no topic.
    query = (
        select(
            _U.topic,
            func.count(),
            func.count().filter(_U.reason == "not_understood"),
            func.count().filter(_U.reason == "no_aspect"),
        )
        .where(_U.kind == "no_answer", *of(period, scope))
        .group_by(_U.topic)
        .order_by(func.count().desc(), _U.topic)
    )
    hidden = scope.is_of_centres
    return Figure(
        key="argomenti",
        title="Risposte che mancavano, per argomento",
        columns=(
            Column("Argomento più vicino", "intent"),
            Column("In tutto"),
            Column("Non capita due volte"),
            Column("Manca il dettaglio"),
        ),
        rows=[
            (row[0] or "nessuno", *(few(count, count, hidden=hidden) for count in row[1:]))
            for row in await connection.execute(query)
        ],
    )


async def words(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Words of messages without an answer, by how many people wrote them; rarer ones than five people's are left out."""
    asked = select(_U.conversation_id).where(_U.kind.in_(("no_answer", "off_topic")), *of(period, scope)).distinct()
    query = (
        select(messages.c.conversation_id, messages.c.text)
        .join(parses, parses.c.message_id == messages.c.id)
        .where(messages.c.conversation_id.in_(asked), parses.c.fallback)
        .limit(MOST_READ)
    )
    writers: dict[str, set[object]] = defaultdict(set)
    for conversation_id, text in await connection.execute(query):
        for word in told_words(text):
            writers[word].add(conversation_id)
    counted = [(word, len(people)) for word, people in writers.items() if len(people) >= FEW]
    return Figure(
        key="parole",
        title="Parole di chi non ha avuto risposta",
        columns=(Column("Parola", "text"), Column("Persone")),
        rows=sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:MOST_WORDS],
        note=f"Solo le parole scritte da almeno {FEW} persone: così nessun nome finisce qui.",
    )


def told_words(text: str) -> set[str]:
    """The words of a message that may tell what it is about, folded; personal data masked before."""
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", mask(text))
    return {word for word in re.findall(r"[a-z]+", fold(plain)) if len(word) >= LEAST_LETTERS} - STOP


Counting = Callable[[AsyncConnection, Period, Scope], Awaitable[Figure]]
FIGURES: dict[str, Counting] = {
    "mappa": map_of_centres,
    "settimane": by_week,
    "centri": by_centre,
    "servizi": by_service,
    "luoghi": by_place,
    "desideri": by_wish,
    "argomenti": by_topic,
    "parole": words,
    "centri-settimane": by_centre_and_week,
}


async def latest(connection: AsyncConnection, period: Period, scope: Scope, *, kind: str, most: int) -> list[Any]:
    """The last ones of a kind, or of all: what was missing, and the conversation as long as it is kept."""
    failed = (
        select(messages.c.text)
        .join(parses, parses.c.message_id == messages.c.id)
        .where(messages.c.conversation_id == _U.conversation_id, parses.c.fallback)
        .order_by(messages.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    said = case((_U.kind.in_(("no_answer", "off_topic")), failed), else_=cast(None, Text))
    query = (
        select(unmet_demand, centre_asked().label("about"), services.c.title.label("service"), said.label("said"))
        .outerjoin(services, services.c.id == _U.service_id)
        .where(*of(period, scope))
        .order_by(_U.at.desc(), _U.id)
        .limit(most)
    )
    if kind:
        query = query.where(_U.kind == kind)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
