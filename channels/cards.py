"""What a reply's links are about, as data a client can show as a card: a centre, an appointment.

Worked out when the message is handed over, from the addresses of its links: nothing more is stored.
"""

import re
from typing import Any
from urllib.parse import quote_plus, urlsplit

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.agenda.model import AppointmentBook, BookUnavailableError, NotFoundError
from bot.agenda.page_tokens import PageTokenError, read_page_token
from bot.conversations.model import Message
from bot.knowledge import get_knowledge
from bot.knowledge.files import from_knowledge
from bot.knowledge.model import Centre
from channels.appointment_pages.visit import visit_to

log = structlog.get_logger()

_PAGE = re.compile(r"/appuntamenti/([\w-]+)")
MAP_HOST = "www.openstreetmap.org"


async def card_of(book: AppointmentBook, message: Message) -> dict[str, Any] | None:
    """The card of a message, or None: most have none."""
    for link in message.links:
        parts = urlsplit(link["url"])
        if parts.hostname == MAP_HOST and (centre := _centres_by_map().get(parts.query)):
            return _centre(centre, link["url"])
        if page := _PAGE.fullmatch(parts.path):
            return await _appointment(book, page[1], link["url"])
    return None


@from_knowledge()
def _centres_by_map() -> dict[str, Centre]:
    """Centres by the query of the map's address that answers give for them."""
    found: dict[str, Centre] = {}
    for centre in get_knowledge().centres.values():
        if centre.address:
            street = re.sub(r"\s*\(.*\)", "", centre.address)
            found.setdefault(f"query={quote_plus(f'{street}, {centre.municipality}')}", centre)
    return found


def _centre(centre: Centre, url: str) -> dict[str, Any]:
    place = " ".join(filter(None, (centre.cap, centre.municipality)))
    return {
        "kind": "centre",
        "title": re.sub(r"\s*\(.*\)", "", centre.name),
        "address": f"{centre.address}, {place}",
        "map": url,
        "phone": centre.phone,
        "email": centre.email if not centre.email_use else None,
    }


async def _appointment(book: AppointmentBook, token: str, url: str) -> dict[str, Any] | None:
    """The appointment as it is now; without an agenda there is no card, and the links are still there."""
    try:
        facts = (await visit_to(book, read_page_token(token))).facts
    except (PageTokenError, NotFoundError, BookUnavailableError, SQLAlchemyError, KeyError) as error:
        log.warning("no card", reason=type(error).__name__)
        return None
    return {
        "kind": "appointment",
        "title": facts.service,
        "phase": facts.phase,
        "when": facts.when,
        "mode": facts.mode,
        "place_label": facts.place_label,
        "place": facts.place,
        "code": facts.code,
        "page": url,
        "calendar": f"{url}/calendario.ics" if facts.phase == "coming" else None,
        "join": f"{url}/entra" if facts.video else None,
        "opens": facts.opens if facts.video and facts.opens_in else None,
    }
