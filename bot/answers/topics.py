"""The answer about one knowledge entry: short first, then one aspect at a time, then where it comes from."""

from datetime import date
from typing import Any

from bot.answers.sentences import say
from bot.conversations.model import Button, Link, Reply
from bot.dialogue.payloads import make_payload
from bot.knowledge import Knowledge
from bot.knowledge.dates import in_words, is_stale
from bot.knowledge.model import Service
from bot.settings import get_settings

# What each aspect is called on its button, in the order the buttons stand.
ASPECT_TITLES = {
    "who": "Chi può",
    "how": "Come si fa",
    "documents": "Documenti",
    "amount": "Quanto",
    "time": "Tempi e scadenze",
    "where": "Dove",
    "caveat": "Da sapere",
}
MAX_BUTTONS = 6
MAX_RELATED = 2
MAX_CHARS_WITH_CAVEAT = 340

STALE = "Questa informazione è del {date}: chiedi conferma al numero verde {freephone}."
NO_SUCH_ASPECT = "Su questo punto non ho un'informazione sicura. Chiama il numero verde {freephone}."
NO_DOCUMENTS = "Non risultano documenti da portare. Per sicurezza chiedi al numero verde {freephone}."


def answer_topic(knowledge: Knowledge, topic: str, *, aspect: str | None, today: date) -> Reply:
    """The reply about `topic`, or about one aspect of it.

    Raises `KeyError` for a topic that is not known.
    """
    service = knowledge.services[topic]
    text = _aspect_text(service, aspect) if aspect else service.answer
    if aspect is None and service.caveat and len(text) + len(service.caveat) < MAX_CHARS_WITH_CAVEAT:
        text = f"{text} {service.caveat}"
    max_age = get_settings().knowledge_max_age_days
    if is_stale(service.as_of, today=today, max_age_days=max_age, review_by=service.review_by):
        text = f"{text} {say(STALE, date=in_words(service.as_of))}"
    return Reply(text=text, buttons=_buttons(knowledge, service, aspect))


def knows_aspect(knowledge: Knowledge, topic: str, aspect: str | None) -> bool:
    """Whether there is something to say about this aspect of a topic; no aspect is the whole of it."""
    return aspect in (None, "documents") or bool(_value(knowledge.services[topic], aspect))


def source_of(knowledge: Knowledge, topic: str) -> Reply:
    """Where the answer comes from and of when it is, with the addresses."""
    service = knowledge.services[topic]
    first = service.sources[0]
    text = f"Questa scheda è aggiornata a {in_words(service.as_of)}. La fonte principale è: {first.title}."
    if service.verification == "partly_sourced":
        text += " Qualche dettaglio è generale: chiedi conferma al centro."
    links = tuple(Link(title=source.title, url=source.url) for source in service.sources if source.url)
    return Reply(text=text, links=links)


def topic_button(knowledge: Knowledge, topic: str) -> Button:
    """The button that asks about a topic."""
    return Button(title=knowledge.services[topic].title, payload=make_payload("ask_topic", topic=topic))


def _value(service: Service, aspect: str) -> Any:
    return service.caveat if aspect == "caveat" else getattr(service.aspects, aspect)


def _aspect_text(service: Service, aspect: str) -> str:
    value = _value(service, aspect)
    if aspect == "documents":
        return f"Ti servono: {'; '.join(value)}." if value else say(NO_DOCUMENTS)
    if aspect == "how":
        return "\n".join(f"{number}. {step}" for number, step in enumerate(value, 1))
    return value or say(NO_SUCH_ASPECT)


def _buttons(knowledge: Knowledge, service: Service, aspect: str | None) -> tuple[Button, ...]:
    offered = [
        Button(title=title, payload=make_payload("ask_topic", topic=service.id, aspect=name))
        for name, title in ASPECT_TITLES.items()
        if name != aspect and _value(service, name)
    ]
    booking = (
        [Button(title="Prenota un appuntamento", payload=make_payload("book_appointment"))] if service.bookable else []
    )
    related = [topic_button(knowledge, other) for other in service.related[:MAX_RELATED]]
    source = [Button(title="Fonte e data", payload=make_payload("show_source", topic=service.id))]
    room = MAX_BUTTONS - len(booking) - len(source)
    kept = offered[:room]
    return tuple(kept + booking + related[: max(0, room - len(kept))] + source)
