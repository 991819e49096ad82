"""Which centre, desk and day a request is about, within the centres of the operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import clock
from bot.agenda.calendar import Desk
from bot.agenda.catalogue import read_desks, read_sites
from bot.agenda.model import Site
from bot.agenda.postgres import PostgresBook
from console.access import operator_of
from console.keys import ENGINE
from console.operators import Operator

View = Literal["settimana", "giorno"]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the page is about. Without a `site` there is none that the operator may see."""

    sites: Mapping[str, Site]
    site: Site | None
    desks: Mapping[int, Desk]
    desk: Desk | None
    day: date
    view: View
    now: datetime

    @property
    def days(self) -> list[date]:
        """The day, or the days of its week from Monday."""
        if self.view == "giorno":
            return [self.day]
        monday = self.day - timedelta(days=self.day.weekday())
        return [monday + timedelta(days=number) for number in range(7)]

    def address(self, path: str = "/calendario", **other: object) -> str:
        """The address of a page about the same, some of it different; None takes a part away."""
        asked: dict[str, Any] = {
            "centro": self.site.id if self.site else None,
            "sportello": self.desk.id if self.desk else None,
            "vista": self.view,
            "giorno": self.day.isoformat(),
        }
        asked |= other
        return f"{path}?{urlencode({key: value for key, value in asked.items() if value is not None})}"

    def shifted(self, steps: int) -> str:
        """The address so many weeks or days further."""
        return self.address(giorno=self.day + timedelta(days=steps * (7 if self.view == "settimana" else 1)))


def book_of(request: web.Request) -> PostgresBook:
    """The agenda."""
    return PostgresBook(request.app[ENGINE])


async def my_sites(connection: AsyncConnection, operator: Operator) -> dict[str, Site]:
    """The sites the operator works for, by title."""
    return {key: one for key, one in (await read_sites(connection)).items() if operator.sees_centre(key)}


async def choose(connection: AsyncConnection, request: web.Request, asked: Mapping[str, Any] | None = None) -> Chosen:
    """What is asked for, or what is nearest: the first centre, the whole of it, this week.

    Raises HTTP 404 for a centre or desk that is not there for this operator.
    """
    query = request.query if asked is None else asked
    sites = await my_sites(connection, operator_of(request))
    named = str(query.get("centro", ""))
    # Where a conversation is about, which may be a centre without appointments.
    near = str(query.get("vicino", ""))
    if named and named not in sites:
        raise web.HTTPNotFound
    site = sites.get(named) or sites.get(near) or next(iter(sites.values()), None)
    now = clock.now()
    day = read_day(str(query.get("giorno", ""))) or now.date()
    desks: dict[int, Desk] = {}
    if site is not None:
        desks = {one.id: one for one in await read_desks(connection, [site.id], from_day=day, inactive=True)}
    number = str(query.get("sportello", ""))
    if number and (not number.isdecimal() or int(number) not in desks):
        raise web.HTTPNotFound
    return Chosen(
        sites=sites,
        site=site,
        desks=desks,
        desk=desks[int(number)] if number else None,
        day=day,
        view="giorno" if query.get("vista") == "giorno" else "settimana",
        now=now,
    )


def read_day(written: str) -> date | None:
    """A day as forms send it, within the years a calendar can show; None for anything else."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
