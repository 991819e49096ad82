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
    """One thing to look after: what, and where it is kept."""

    kind: Kind
    where: str
    what: str


def findings(knowledge: Knowledge, *, today: date, max_age_days: int) -> Iterator[Finding]:
    """Everything missing, older than `max_age_days` or unverified, centres first."""
    for centre in knowledge.centres.values():
        yield from _of_centre(centre, today, max_age_days)
    for service in knowledge.services.values():
        yield from _of_service(service, today, max_age_days)
    guessed = [entry for entry in knowledge.municipalities if entry.basis == "nearest"]
    if guessed:
        yield Finding("da verificare", "municipalities.csv", f"{len(guessed)} comuni hanno solo il centro più vicino")


def _of_centre(centre: Centre, today: date, max_age_days: int) -> Iterator[Finding]:
    where = f"centro {centre.id}"
    if centre.kind == "cpi":
        for field, name in EXPECTED_OF_CENTRES.items():
            if not getattr(centre, field):
                yield Finding("manca", where, name)
    if centre.existence == "unconfirmed":
        yield Finding("da verificare", where, "non si sa se esiste")
    for field, name in EXPECTED_OF_CENTRES.items():
        if getattr(centre, field) and not centre.verified.get(field, False):
            yield Finding("da verificare", where, name)
    if centre.as_of is None:
        yield Finding("vecchio", where, "senza data")
    elif is_stale(centre.as_of, today=today, max_age_days=max_age_days):
        yield Finding("vecchio", where, f"del {in_words(centre.as_of)}")


def _of_service(service: Service, today: date, max_age_days: int) -> Iterator[Finding]:
    where = f"servizio {service.id}"
    if service.verification == "partly_sourced":
        yield Finding("da verificare", where, "qualche dettaglio non ha una fonte piemontese")
    if is_stale(service.as_of, today=today, max_age_days=max_age_days):
        yield Finding("vecchio", where, f"del {in_words(service.as_of)}")
    undated = sum(source.date is None for source in service.sources)
    if undated == len(service.sources):
        yield Finding("manca", where, "la data di ogni fonte")
