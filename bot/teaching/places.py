"""Names people give to places, added to the gazetteer."""

import re
from pathlib import Path

from bot.knowledge import get_knowledge
from bot.knowledge.load import parse_knowledge
from bot.knowledge.places.gazetteer import key, read_gazetteer, words_of
from bot.knowledge.spelling import fold
from bot.teaching.changes import Change, read
from bot.teaching.knowledge_edit import DATA, KnowledgeEditError, data_of, texts_with
from bot.teaching.lessons import Proposal
from bot.teaching.yaml_edit import YamlEditError, changed

FILE = f"{DATA}/places.yml"
KINDS = {
    "short_names": "nome breve o altro modo di scriverlo",
    "hamlets": "frazione o quartiere",
    "dialect_names": "nome in piemontese o in un'altra lingua",
    "former_names": "nome di una volta",
}
"""Parts of the file, and what operators call them."""
_NAME = re.compile(r"[^\W\d_][\w' .’-]{1,49}")
_ORDINARY = ("frequent_words", "never_places", "first_names", "everyday_words", "not_misspelt")


def add_name(root: Path, *, name: str, municipality: str, kind: str) -> Proposal:
    """Let a name stand for a municipality. Raises `KnowledgeEditError` for ordinary words and names that are there."""
    name = " ".join(name.split())
    if not _NAME.fullmatch(name):
        raise KnowledgeEditError("Scrivi il nome del posto: da 2 a 50 lettere.", "nome")
    if municipality not in get_knowledge().by_municipality:
        raise KnowledgeEditError("Scegli un comune del Piemonte dall'elenco.", "comune")
    if kind not in KINDS:
        raise KnowledgeEditError("Scegli che nome è.", "genere")
    before = read(root, FILE) or ""
    data = data_of(root, FILE)
    if any(fold(name) == fold(str(word)) for group in _ORDINARY for word in data[group]):
        raise KnowledgeEditError(
            f"«{name}» è una parola di tutti i giorni: se valesse come posto, ingannerebbe.", "nome"
        )
    if fold(name) in map(fold, get_knowledge().by_municipality):
        raise KnowledgeEditError(f"«{name}» è già il nome di un comune.", "nome")
    if fold(name) in (fold(str(one)) for group in KINDS for one in data[group].get(municipality, [])):
        raise KnowledgeEditError(f"«{name}» vale già per {municipality}.", "nome")
    data[kind] = {**data[kind], municipality: [*data[kind].get(municipality, []), name]}
    try:
        change = Change(path=FILE, before=before, after=changed(before, data))
    except YamlEditError as error:
        raise KnowledgeEditError(f"{FILE}: {error}.") from None
    _check_meaning(root, change, name, municipality)
    return Proposal(kind="place", title=f"«{name}» vale per {municipality}", changes=(change,))


def _check_meaning(root: Path, change: Change, name: str, municipality: str) -> None:
    """Whether the name would then be understood so: others may have it already."""
    texts = texts_with(root, [change])
    entry = read_gazetteer(texts, parse_knowledge(texts)).names.get(key(words_of(name)))
    if entry is None or municipality not in entry.municipalities:
        told = f" ({', '.join(entry.municipalities)})" if entry and entry.municipalities else ""
        raise KnowledgeEditError(f"«{name}» vuole già dire un altro posto{told}: non posso aggiungerlo.", "nome")
