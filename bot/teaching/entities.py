"""What is recognised inside a sentence - place, centre, service, day - and cases that say what should be.

These come from gazetteers and grammar, not from examples: a correction is kept as a case that a new version must get
right, and shows whether it does.
"""

from datetime import date, datetime, time
from pathlib import Path

from bot.clock import ROME, today
from bot.knowledge import get_knowledge
from bot.nlu.entities import find_entities
from bot.nlu.when import spans
from bot.teaching.knowledge_edit import KnowledgeEditError
from bot.teaching.lessons import Proposal
from bot.teaching.regression import Case, with_cases
from bot.teaching.wording import WordingError, checked

KINDS = {"municipality": "comune", "centre": "centro", "service": "servizio", "date": "giorno"}
"""What can be corrected, and what operators call it."""


def recognised(text: str, *, said_on: date) -> list[tuple[str, str]]:
    """What is recognised in a sentence said on that day, of the kinds that can be corrected."""
    at = datetime.combine(said_on, time(9), ROME)
    days = [(kind, value) for kind, value, _, _ in spans(text, now=at)]
    rest = [(one["entity"], str(one["value"])) for one in find_entities(text)]
    found = [pair for pair in rest if pair[0] != "date"] + [pair for pair in days if pair[0] == "date"]
    return list(dict.fromkeys((kind, str(value)) for kind, value in found if kind in KINDS))


def is_right(case: Case) -> bool:
    """Whether what the case wants recognised is, as things are now."""
    found = recognised(case.text, said_on=case.now or case.taught)
    return all(wanted in found for wanted in case.entities or ())


def corrected(root: Path, *, text: str, intent: str, wanted: dict[str, str], said_on: date) -> Proposal:
    """Keep what must be recognised in a sentence. Raises `KnowledgeEditError`."""
    try:
        line = checked(text)
    except WordingError as error:
        raise KnowledgeEditError(str(error), "frase") from None
    knowledge = get_knowledge()
    known = {"municipality": knowledge.by_municipality, "centre": knowledge.centres, "service": knowledge.services}
    for kind, value in wanted.items():
        if kind in known and value not in known[kind]:
            raise KnowledgeEditError(f"Scegli il {KINDS[kind]} dall'elenco.", kind)
        if kind == "date":
            try:
                date.fromisoformat(value)
            except ValueError:
                raise KnowledgeEditError("Scegli il giorno.", kind) from None
    if not wanted:
        raise KnowledgeEditError("Scegli almeno una cosa che doveva riconoscere.", "municipality")
    entities = tuple((kind, wanted[kind]) for kind in KINDS if kind in wanted)
    case = Case(text=line, intent=intent, taught=today(), entities=entities, now=said_on if "date" in wanted else None)
    told = ", ".join(f"{KINDS[kind]} {value}" for kind, value in entities)
    return Proposal(kind="entities", title=f"«{line}»: {told}", changes=(with_cases(root, [case]),), intent=intent)
