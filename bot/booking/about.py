"""Questions about the very appointment being made: how long, how much, where, what to bring, what the name is for."""

import re
from collections.abc import Callable

from bot.agenda.words import moment_words
from bot.answers import appointments as words
from bot.answers.topics import answer_topic
from bot.booking.cues import is_question
from bot.booking.desk import Desk
from bot.booking.state import State, slot_from_json
from bot.conversations.model import Reply
from bot.knowledge.names import named_services
from bot.nlu.assent import plain_words

LONGEST = 10
_LENGTH = re.compile(
    r"\b(?:quanto (?:dura|durera|tempo (?:dura|ci vuole|ci mette|serve))|quanti minuti|durata|e lung[ao])\b"
)
_PRICE = re.compile(r"\b(?:cost\w+|pag(?:a|are|o)|gratis|gratuit\w+|prezzo|tariff\w+)\b")
_LATER = re.compile(
    r"\b(?:posso|si puo|potro|riesco a|potrei)\b.*\b(?:disdir\w+|annull\w+|spost\w+|cambi\w+|modific\w+|cancell\w+)\b"
)
_WHEN = re.compile(
    r"\b(?:a che ora|che ora|che giorno|quand|quando) (?:era|e|sarebbe|ho detto|avevi detto|hai detto)\b(?! il mio)"
)
_WHERE = re.compile(
    r"\b(?:dove (?:devo|si|e|sarebbe|bisogna|vengo|vado|dovrei)|in che (?:via|posto|sede)|qual e l indirizzo|che indirizzo)\b"
)
_BRING = re.compile(
    r"\b(?:(?:cosa|che|quali) (?:\w+ ){0,2}(?:port\w+|document\w+|serv\w+|preparare)|document\w+ (?:serv\w+|devo|da portare)|devo portare)\b"
)
_PRIVATE = re.compile(
    r"\b(?:perche|a cosa|a che cosa|che ve ne fate|cosa ve ne fate|come mai|chi (?:vede|legge|usa|ha)|come usate|e sicuro|obbligatorio)\b.*\b(?:nome|cognome|numero|telefono|mail|email|dati|"
    r"contatto|codice fiscale|informazioni|cellulare)\b"
)


def answer_about(desk: Desk, state: State, text: str) -> Reply | None:
    """The answer, if the message asks one of these of the talk under way and names no other service."""
    if state.flow != "book" or not is_question(text) or state.service not in desk.services:
        return None
    plain = plain_words(text)
    service = desk.services[state.service]
    if len(plain.split()) > LONGEST or any(named.id not in service.topics for named in named_services(text)):
        return None
    return next((said for pattern, answer in _ANSWERS if pattern.search(plain) and (said := answer(desk, state))), None)


def _length(desk: Desk, state: State) -> Reply:
    service = desk.services[state.service or ""]
    return Reply(text=words.LASTS.format(minutes=int(service.duration.total_seconds() // 60)))


def _price(desk: Desk, state: State) -> Reply:
    return Reply(text=words.FREE)


def _later(desk: Desk, state: State) -> Reply:
    until = desk.services[state.service or ""].movable_until
    if until is None:
        return Reply(text=words.NOT_LATER)
    hours = int(until.total_seconds() // 3600)
    return Reply(text=words.LATER.format(until="un'ora" if hours == 1 else f"{hours} ore"))


def _when(desk: Desk, state: State) -> Reply | None:
    if state.slot is None:
        return None
    return Reply(text=f"{words.capital(moment_words(slot_from_json(state.slot).starts, today=desk.today))}.")


def _where(desk: Desk, state: State) -> Reply | None:
    if not state.slot or state.mode is None:
        return None
    site = desk.sites[slot_from_json(state.slot).site_id]
    if state.mode != "in_person":
        return Reply(text=words.NOWHERE_TO_GO)
    return Reply(text=f"{words.place_of(site, state.mode)}.")


def _bring(desk: Desk, state: State) -> Reply | None:
    topics = desk.services[state.service or ""].topics
    if not topics or topics[0] not in desk.knowledge.services:
        return None
    return answer_topic(desk.knowledge, topics[0], aspect="documents", today=desk.today)


def _private(desk: Desk, state: State) -> Reply:
    return Reply(text=words.WHY_PRIVATE)


_ANSWERS: tuple[tuple[re.Pattern[str], Callable[[Desk, State], Reply | None]], ...] = (
    (_PRIVATE, _private),
    (_LATER, _later),
    (_LENGTH, _length),
    (_PRICE, _price),
    (_WHEN, _when),
    (_WHERE, _where),
    (_BRING, _bring),
)
