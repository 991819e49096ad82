"""The calendar of a desk, for the operators' own calendar programs: an address with a secret, no login.

It says code, service and way of each appointment, never a name.
"""

import hashlib
from datetime import datetime, timedelta

from aiohttp import web

from bot import clock
from bot.agenda.catalogue import read_service
from bot.agenda.feeds import feed_of
from bot.agenda.ics import desk_calendar
from bot.agenda.model import NotFoundError
from channels.appointment_pages.render import calendar_file
from channels.webchat import ENGINE, client_address, take

PAST_SHOWN = timedelta(days=30)
UNKNOWN = "Questo indirizzo non è di nessun calendario. Forse è stato cambiato: chiedi quello nuovo."


async def feed(request: web.Request) -> web.Response:
    """A desk's appointments of the last 30 days and to come; 304 when the client has them already."""
    take(request, "ip", client_address(request))
    try:
        body = await _calendar(request.app, request.match_info["secret"], _midnight() - PAST_SHOWN)
    except NotFoundError:
        return web.Response(status=404, text=UNKNOWN, headers={"Cache-Control": "no-store"})
    tag = hashlib.sha256(body).hexdigest()[:32]
    known = {one.value for one in request.if_none_match or ()}
    answer = web.Response(status=304) if known & {tag, "*"} else calendar_file(body, attachment=False)
    # May be kept by the one who has the address, and is asked for again each time.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.etag = tag
    return answer


async def _calendar(app: web.Application, secret: str, since: datetime) -> bytes:
    async with app[ENGINE].connect() as connection:
        found = await feed_of(connection, secret, since=since)
        titles = {}
        for service_id in {one.slot.service_id for one in found.appointments}:
            service = await read_service(connection, service_id)
            titles[service_id] = service[0].title if service else service_id
    return desk_calendar(f"{found.site_title}: {found.desk_title}", found.appointments, titles)


def _midnight() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


routes = [web.get("/agenda/{secret}.ics", feed, name="agenda_feed")]
