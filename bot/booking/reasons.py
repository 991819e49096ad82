"""What an appointment is for, in the words of people who do not name a service: topics of the knowledge."""

import re

from bot.nlu.assent import plain_words

# First match first: the narrow before the wide.
_TOPICS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "collocamento-mirato",
        re.compile(r"\b(?:invalid\w+|disabil\w+|handicap|collocamento mirato|legge 68|l 68|categori[ae] protett\w)\b"),
    ),
    (
        "servizi-imprese",
        re.compile(
            r"\b(?:assumere|mia (?:azienda|ditta|impresa)|nostra (?:azienda|ditta|impresa)|(?:per|di) (?:un )?(?:azienda|impresa|ditta)|cerco (?:personale|un operaio|dipendenti)|datore)\b"
        ),
    ),
    ("tirocini", re.compile(r"\b(?:tirocini\w*|stage|stagist\w*|apprendist\w*)\b")),
    (
        "adi",
        re.compile(
            r"\b(?:adi|assegno (?:di )?inclusione|sfl|supporto formazione|reddito|sussidi\w*|naspi|disoccupazione agricola)\b"
        ),
    ),
    (
        "cv-colloquio",
        re.compile(
            r"\b(?:cv|c v|curriculum|curr?ic+ul\w+|colloqui\w?|orientament\w+|orientar\w+|cambiare (?:lavoro|mestiere)|cors[oi]|formazione)\b"
        ),
    ),
    ("patto-servizio", re.compile(r"\b(?:patto|gol|firmare)\b")),
    (
        "did",
        re.compile(
            r"\b(?:did|iscri\w+|licenziat\w+|disoccupat\w+|disoccupazione|perso il lavoro|segnarmi|dichiarazione|primo appuntamento|accoglienza)\b"
        ),
    ),
    (
        "offerte-lavoro",
        re.compile(
            r"\b(?:(?:cerc\w+|trov\w+) (?:un )?(?:lavoro|impiego|posto)|offert\w|annunc\w+|candidat\w+|ricerca (?:del )?lavoro|lavoro)\b"
        ),
    ),
)


_AFTER_CORRECTION = re.compile(r"\b(?:anzi|ma|invece|bensi|volevo dire|intendevo)\b")


def corrected_topics(text: str) -> tuple[str, ...]:
    """The reason put in the place of another: "anzi per la DID". Not the wide "lavoro", which is in every sentence."""
    return tuple(
        topic for topic in topics_in(_AFTER_CORRECTION.split(plain_words(text))[-1]) if topic != "offerte-lavoro"
    )


def topics_in(text: str) -> tuple[str, ...]:
    """The topics a reason points at, likeliest first; one is enough to choose a service."""
    plain = plain_words(text)
    return tuple(topic for topic, pattern in _TOPICS if pattern.search(plain))[:1]
