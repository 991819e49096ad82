"""Demand that was not met: its figures in the order of the page, and the latest rows one by one."""

from typing import Any

from sqlalchemy import Text, case, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import services
from bot.demand.tables import unmet_demand
from bot.figures import unmet_answers, unmet_map, unmet_places
from bot.figures.model import Counting
from bot.figures.period import Period, Scope
from bot.figures.unmet import ASKED, centre_asked, of
from bot.storage.tables import messages, parses

_U = unmet_demand.c

FIGURES: dict[str, Counting] = {
    "mappa": unmet_map.map_of_centres,
    "settimane": unmet_map.by_week,
    "centri": unmet_map.by_centre,
    "servizi": unmet_places.by_service,
    "luoghi": unmet_places.by_place,
    "desideri": unmet_places.by_wish,
    "argomenti": unmet_answers.by_topic,
    "parole": unmet_answers.words,
    "centri-settimane": unmet_map.by_centre_and_week,
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
        .select_from(ASKED.outerjoin(services, services.c.id == _U.service_id))
        .where(*of(period, scope))
        .order_by(_U.at.desc(), _U.id)
        .limit(most)
    )
    if kind:
        query = query.where(_U.kind == kind)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
