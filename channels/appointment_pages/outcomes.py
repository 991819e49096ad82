"""What a page says when an appointment is no longer to come, and when something goes wrong."""

import re
from functools import wraps
from uuid import uuid4

import structlog
from aiohttp import web
from sqlalchemy.exc import DBAPIError

from bot.agenda.model import Appointment, BookUnavailableError, NotFoundError
from bot.agenda.page_tokens import PageTokenError, page_token
from channels.appointment_pages.facts import Facts, Phase
from channels.appointment_pages.render import html, problem
from channels.problems import Handler, Problem

log = structlog.get_logger()

CLOSED: dict[Phase, tuple[str, tuple[str, ...]]] = {
    "moved": ("Questo appuntamento è stato spostato", ("Vale il nuovo appuntamento, con lo stesso codice.",)),
    "cancelled": ("Hai disdetto questo appuntamento", ("Il posto è già libero per altri. Grazie di averlo detto.",)),
    "cancelled_by_us": (
        "Abbiamo disdetto questo appuntamento",
        ("Ci dispiace. Puoi prenotare di nuovo, o chiamare il numero verde.",),
    ),
    "missed": (
        "Non ci siamo visti",
        ("Può capitare. Se ti serve ancora, prenota un altro giorno.",),
    ),
    "past": ("Questo appuntamento è passato", ("Speriamo che sia andato bene. Se ti serve altro, scrivi nella chat.",)),
}
"""Heading and sentences of each phase other than coming."""

NEW_OFFER = frozenset({"cancelled", "cancelled_by_us", "missed"})
OFF_CALENDAR = frozenset({"cancelled", "cancelled_by_us"})


def closed_page(appointment: Appointment, facts: Facts, base: str) -> web.Response:
    """The page of an appointment that is not to come."""
    heading, sentences = CLOSED[facts.phase]
    return html(
        "closed.html",
        facts=facts,
        heading=heading,
        sentences=sentences,
        next_page=f"/appuntamenti/{page_token(appointment.moved_to)}" if appointment.moved_to else "",
        book_again=facts.phase in NEW_OFFER,
        off_calendar=facts.phase in OFF_CALENDAR,
        base=base,
        sample=appointment.sample,
    )


def as_page(handler: Handler) -> Handler:
    """A handler whose failures are pages in plain Italian, as what it answers is."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (PageTokenError, NotFoundError):
            return not_found()
        except Problem as refused:
            return _refused(refused)
        except web.HTTPRequestEntityTooLarge:
            return _refused(Problem(413, "body_too_large", "the request body is over the limit"))
        except (BookUnavailableError, DBAPIError) as error:
            return _away(request, error)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            number = uuid4().hex[:12]
            log.exception("page failed", id=number, route=str(request.match_info.route.name))
            sentences = ("Riprova fra poco.", "Se non passa, chiama il numero verde.")
            return problem(500, "C'è stato un problema", *sentences, number=number)

    return answer


def not_found() -> web.Response:
    """The page for an address that leads to no appointment."""
    return problem(
        404,
        "Non trovo questo appuntamento",
        "Forse l'indirizzo è incompleto. Aprilo di nuovo dal messaggio che hai ricevuto.",
        "Se non funziona, chiama il numero verde.",
    )


def _refused(refused: Problem) -> web.Response:
    if refused.status == 429:
        sentences = ("Da questa rete arrivano molte richieste insieme.", "Aspetta qualche secondo e riprova.")
        return problem(429, "Aspetta un momento", *sentences, retry_after=refused.retry_after)
    return problem(refused.status, "Qualcosa non va", "Torna indietro e riprova.")


def _away(request: web.Request, error: Exception) -> web.Response:
    number = uuid4().hex[:12]
    # The reason may quote values of the statement: only the kind is kept.
    kind = re.sub(r"\W", "", type(error).__name__)
    log.warning("agenda away", id=number, reason=kind, route=str(request.match_info.route.name))
    return problem(
        503,
        "L'agenda non risponde",
        "Non abbiamo cambiato niente: quello che hai prenotato vale.",
        "Riprova fra qualche minuto.",
        number=number,
        retry_after=30,
    )
