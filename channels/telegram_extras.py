"""What goes with a message on Telegram besides its words: a centre on the map, an appointment for the calendar, a file."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import clock
from bot.agenda.ics import citizen_calendar
from bot.agenda.model import AppointmentBook
from bot.agenda.page_tokens import read_page_token
from bot.answers.centres import describe
from bot.conversations.attachments import Attachment, linked, read_attachment
from bot.knowledge import get_knowledge
from bot.knowledge.files import from_knowledge
from channels.appointment_pages.visit import visit_to
from channels.appointments import chain_of

CALENDAR_PAGE = "/calendario.ics"
CALENDAR_FILE = "appuntamento.ics"
ONLY_MUNICIPALITY = "il punto segna il comune, non l'ufficio"


@dataclass(frozen=True, kw_only=True)
class Venue:
    """A centre as Telegram shows it on a map."""

    title: str
    address: str
    lat: float
    lon: float


def venue_of(url: str) -> Venue | None:
    """The centre that a map link of ours leads to."""
    return _venues().get(url)


@from_knowledge()
def _venues() -> dict[str, Venue]:
    found = {}
    for centre in get_knowledge().centres.values():
        for link in describe(centre, today=clock.today()).links:
            exact = centre.coords_precision != "municipality"
            address = f"{centre.address}, {centre.municipality}"
            found[link.url] = Venue(
                title=centre.name,
                # Of most offices only the municipality's position is known: a pin must not promise more.
                address=address if exact else f"{address} ({ONLY_MUNICIPALITY})",
                lat=centre.lat,
                lon=centre.lon,
            )
    return found


async def calendar_of(book: AppointmentBook, url: str) -> bytes | None:
    """The calendar file that a link of ours leads to, or None when it leads elsewhere.

    Raises `PageTokenError`, `AgendaError`.
    """
    path = urlsplit(url).path
    if not path.endswith(CALENDAR_PAGE):
        return None
    token = path.removesuffix(CALENDAR_PAGE).rpartition("/")[2]
    visit = await visit_to(book, read_page_token(token))
    chain = await chain_of(book, visit.appointment)
    return citizen_calendar(visit.appointment, visit.service, visit.site, chain=chain, now=visit.now)


async def attachment_of(engine: AsyncEngine, url: str) -> Attachment | None:
    """The file that a link of ours leads to, or None when it leads elsewhere. Raises `SealError`."""
    attachment_id = linked(url)
    if attachment_id is None:
        return None
    async with engine.connect() as connection:
        return await read_attachment(connection, attachment_id)
