"""Answers changed and topics made: read as a whole, and by the rules of plain language, before anybody sees the proposal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from bot.answers.topics import ASPECT_TITLES, answer_topic
from bot.clock import today
from bot.knowledge import Knowledge
from bot.knowledge.model import Service
from bot.knowledge.readability import gulpease
from bot.knowledge.spelling import fold
from bot.teaching.changes import Change, read
from bot.teaching.examples import look_at, read_examples
from bot.teaching.knowledge_edit import (
    DATA,
    READABLE,
    KnowledgeEditError,
    NewSource,
    ask_source,
    checked_with,
    data_of,
    dated,
    edited,
    set_if_known,
)
from bot.teaching.lessons import Proposal
from bot.teaching.regression import Case, with_cases
from bot.teaching.yaml_edit import dumped, load

LONGEST_ANSWER = 420
FEWEST_EXAMPLES = 8
RESPONSES = "nlu_data/responses.yml"
AUDIENCES: tuple[str, ...] = get_args(Service.model_fields["audience"].annotation)
NEW_EXAMPLES = """\
# Nato nella console: gli esempi crescono con l'uso.
version: "3.1"
nlu:
- intent: faq/{id}
  examples: |
{lines}"""
TEXTS = ("title", "answer", "caveat", "as_of", "owner")
ASPECT_TEXTS = ("who", "amount", "time", "where")
ASPECT_LISTS = ("how", "documents")


def edit_topic(
    root: Path, topic: str, fields: Mapping[str, str | tuple[str, ...]], *, source: NewSource, confirmed: bool
) -> Proposal:
    """Change what is said about a topic.

    `fields` has the names of the form: those of `TEXTS`, `ASPECT_TEXTS` and `ASPECT_LISTS`, and `review_by`; empty is unknown.
    `confirmed`: one of the sources listed says the new words. Raises `KnowledgeEditError`.
    """
    path = f"{DATA}/services/{topic}.yml"
    old = data_of(root, path)
    if not old:
        raise KnowledgeEditError("Questo argomento non c'è più.")
    wanted = {**old, "aspects": dict(old["aspects"])}
    for name in TEXTS:
        set_if_known(wanted, name, str(fields[name]) or None)
    set_if_known(wanted, "review_by", dated(str(fields["review_by"]), "review_by"))
    for name in ASPECT_TEXTS:
        set_if_known(wanted["aspects"], name, str(fields[name]) or None)
    for name in ASPECT_LISTS:
        set_if_known(wanted["aspects"], name, list(fields[name]))
    wanted["sources"] = [*old["sources"], *source.as_data()]
    said = ("title", "answer", "caveat", "aspects")
    ask_source(any(wanted[name] != old[name] for name in said), source, confirmed)
    if wanted == old:
        return Proposal(kind="answer", title="", changes=())
    change = edited(root, path, wanted)
    _check_words(checked_with(root, [change]), topic)
    only_owner = {name for name in wanted if wanted.get(name) != old.get(name)} <= {"owner", "review_by"}
    return Proposal(
        kind="owner" if only_owner else "answer",
        title=f"Responsabile di «{wanted['title']}»" if only_owner else f"Risposta su «{wanted['title']}»",
        changes=(change,),
        intent=f"faq/{topic}",
    )


def _check_words(knowledge: Knowledge, topic: str) -> None:
    """The rules every answer keeps: short, readable, calm. Raises `KnowledgeEditError`."""
    service = knowledge.services[topic]
    if "!" in service.answer:
        raise KnowledgeEditError("Togli i punti esclamativi dalla risposta.", "answer")
    if gulpease(service.answer) < READABLE:
        index = round(gulpease(service.answer))
        told = f"La risposta è difficile da leggere (indice Gulpease {index}, serve almeno {READABLE})"
        raise KnowledgeEditError(f"{told}: usa frasi e parole più corte.", "answer")
    for aspect, title in ASPECT_TITLES.items():
        said = answer_topic(knowledge, topic, aspect=aspect, today=today()).text
        if aspect != "documents" and gulpease(said) < READABLE:
            told = (
                f"«{title}» è difficile da leggere (indice Gulpease {round(gulpease(said))}, serve almeno {READABLE})"
            )
            raise KnowledgeEditError(f"{told}: usa frasi e parole più corte.", aspect)


@dataclass(frozen=True, kw_only=True)
class NewTopic:
    """What the form of a new topic asks."""

    title: str
    category: str
    audience: str
    bookable: bool
    answer: str
    who: str
    how: tuple[str, ...]
    documents: tuple[str, ...]
    as_of: str
    review_by: str
    owner: str
    related: tuple[str, ...]
    source: NewSource
    examples: tuple[str, ...]


def topic_id(title: str) -> str:
    """The name of a topic's files, made from its title."""
    return "-".join(re.findall(r"[a-z0-9]+", fold(title)))[:40].strip("-")


def new_topic(root: Path, topic: NewTopic) -> Proposal:
    """Make a topic with its answer and the ways people ask for it. Raises `KnowledgeEditError`."""
    name = topic_id(topic.title)
    path, asked = f"{DATA}/services/{name}.yml", f"nlu_data/faq/{name}.yml"
    if len(name) < 3:
        raise KnowledgeEditError("Scrivi un titolo con almeno tre lettere.", "title")
    if read(root, path) is not None or read(root, asked) is not None:
        raise KnowledgeEditError(f"C'è già un argomento «{name}»: cambia titolo, o modifica quello.", "title")
    sources = topic.source.as_data()
    if not sources:
        raise KnowledgeEditError("Da dove lo sai? Senza una fonte l'argomento non si può creare.", "fonte")
    if not topic.review_by:
        raise KnowledgeEditError("Scrivi entro quando va ricontrollato.", "review_by")
    if not topic.owner:
        raise KnowledgeEditError("Scrivi chi se ne occupa.", "owner")
    data: dict[str, Any] = {
        "id": name,
        "title": topic.title,
        "category": topic.category,
        "audience": topic.audience,
        "bookable": topic.bookable,
        "answer": topic.answer,
        "aspects": {"who": topic.who, "how": list(topic.how), "documents": list(topic.documents)},
        "caveat": None,
        "legal_reference": None,
        "related": list(topic.related),
        "verification": "sourced",
        "as_of": topic.as_of,
        "sources": sources,
        "owner": topic.owner,
        "review_by": dated(topic.review_by, "review_by"),
    }
    created = Change(path=path, before=None, after=dumped(data, 0))
    knowledge = checked_with(root, [created])
    _check_words(knowledge, name)
    sentences = _new_examples(root, name, topic.examples)
    lines = "".join(f"    - {line}\n" for line in sentences)
    examples = Change(path=asked, before=None, after=NEW_EXAMPLES.format(id=name, lines=lines))
    cases = [Case(text=line, intent=f"faq/{name}", taught=today()) for line in sentences]
    changes = (created, examples, _response(root, name), with_cases(root, cases))
    return Proposal(kind="topic", title=f"Argomento nuovo «{topic.title}»", changes=changes, intent=f"faq/{name}")


def _new_examples(root: Path, name: str, given: Sequence[str]) -> tuple[str, ...]:
    wanted = look_at(read_examples(root), f"faq/{name}", given)
    if wanted.refused:
        raise KnowledgeEditError(wanted.refused[0], "examples")
    if wanted.conflicts:
        line, intent = wanted.conflicts[0]
        told = f"«{line}» è già un esempio di {intent}"
        raise KnowledgeEditError(f"{told}: la stessa frase non può insegnare due cose.", "examples")
    if len(wanted.fresh) < FEWEST_EXAMPLES:
        told = f"Servono almeno {FEWEST_EXAMPLES} frasi diverse: adesso sono {len(wanted.fresh)}."
        raise KnowledgeEditError(told, "examples")
    return wanted.fresh


def _response(root: Path, name: str) -> Change:
    """The line Rasa wants for each topic, in its place in the order of the others."""
    before = read(root, RESPONSES) or ""
    lines = before.split("\n")
    own = f"  utter_faq/{name}: [{{custom: {{topic: {name}}}}}]"
    others = [at for at, line in enumerate(lines) if line.startswith("  utter_faq/")]
    if not others:
        raise KnowledgeEditError(f"{RESPONSES} non ha l'aspetto che conosco: aggiungi l'argomento a mano.")
    place = next((at for at in others if lines[at] > own), others[-1] + 1)
    after = "\n".join([*lines[:place], own, *lines[place:]])
    wanted = load(before)
    wanted["responses"][f"utter_faq/{name}"] = [{"custom": {"topic": name}}]
    if load(after) != wanted:
        raise KnowledgeEditError(f"{RESPONSES} non ha l'aspetto che conosco: aggiungi l'argomento a mano.")
    return Change(path=RESPONSES, before=before, after=after)
