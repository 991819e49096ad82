"""Which rows of unmet demand a figure is about: its days, and the centre that was asked for."""

from sqlalchemy import ColumnElement, and_, func, select

from bot.agenda.tables import appointments
from bot.demand.tables import unmet_demand
from bot.figures.centres import summaries
from bot.figures.period import Period, Scope

_U = unmet_demand.c


ASKED = unmet_demand.outerjoin(summaries, summaries.c.conversation_id == _U.conversation_id)
"""What every figure of unmet demand is counted from: the rows with the centre of their conversation."""


def centre_asked() -> ColumnElement[str | None]:
    """The centre asked for, else that of the conversation."""
    return func.coalesce(_U.centre, summaries.c.centre)


def of(period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    """The rows of a period that one may see."""
    days = _U.day.between(period.first, period.last)
    return [days, scope.condition(centre_asked())] if scope.is_of_centres else [days]


def booked() -> ColumnElement[int]:
    """Of those without a place, who booked within a week all the same."""
    week = func.make_interval(0, 0, 0, 7)
    after = and_(appointments.c.created_at >= _U.at, appointments.c.created_at < _U.at + week)
    theirs = select(appointments.c.id).where(appointments.c.conversation_id == _U.conversation_id, after)
    return func.count().filter(_U.kind == "no_place", theirs.exists())
