"""What the knowledge lacks: facts missing, stale or unverified, for whoever keeps it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.knowledge.dates import in_words, is_stale
from bot.knowledge.load import Knowledge
from bot.knowledge.model import Centre, Service

Kind = Literal["manca", "vecchio", "da verificare"]

EXPECTED_OF_CENTRES = {"address": "indirizzo", "phone": "telefono", "email": "e-mail", "opening_hours": "orari"}


@dataclass(frozen=True)
class Finding:
    """One thing to look after: what, and where it is kept; the centre or topic it is about and who keeps that."""

    kind: Kind
    where: str
    what: str
    about: Centre | Service | None = None

    @property
    def owner(self) -> str | None:
        """Who keeps it true, when somebody was named."""
        return self.about.owner if self.about else None


def findings(knowledge: Knowledge, *, today: date, max_age_days: int) -> Iterator[Finding]:
    """Everything missing, unverified, past its day of review or older than `max_age_days`, centres first."""
    for centre in knowledge.centres.values():
        for kind, what in _of_centre(centre, today, max_age_days):
            yield Finding(kind, f"centro {centre.id}", what, centre)
    for service in knowledge.services.values():
        for kind, what in _of_service(service, today, max_age_days):
            yield Finding(kind, f"servizio {service.id}", what, service)
    guessed = [entry for entry in knowledge.municipalities if entry.basis == "nearest"]
    if guessed:
        yield Finding("da verificare", "municipalities.csv", f"{len(guessed)} comuni hanno solo il centro più vicino")


def _of_centre(centre: Centre, today: date, max_age_days: int) -> Iterator[tuple[Kind, str]]:
    if centre.kind == "cpi":
        for field, name in EXPECTED_OF_CENTRES.items():
            if not getattr(centre, field):
                yield "manca", name
    if centre.existence == "unconfirmed":
        yield "da verificare", "non si sa se esiste"
    for field, name in EXPECTED_OF_CENTRES.items():
        if getattr(centre, field) and not centre.verified.get(field, False):
            yield "da verificare", name
    if centre.as_of is None and centre.review_by is None:
        yield "vecchio", "senza data"
    else:
        yield from _age(centre, today, max_age_days)


def _of_service(service: Service, today: date, max_age_days: int) -> Iterator[tuple[Kind, str]]:
    if service.verification == "partly_sourced":
        yield "da verificare", "qualche dettaglio non ha una fonte piemontese"
    yield from _age(service, today, max_age_days)
    undated = sum(source.date is None for source in service.sources)
    if undated == len(service.sources):
        yield "manca", "la data di ogni fonte"


def _age(entry: Centre | Service, today: date, max_age_days: int) -> Iterator[tuple[Kind, str]]:
    if is_stale(entry.as_of, today=today, max_age_days=max_age_days, review_by=entry.review_by):
        day = entry.review_by
        due = f"da rivedere entro il {in_words(day.isoformat())}" if day else f"del {in_words(entry.as_of or '')}"
        yield "vecchio", due
