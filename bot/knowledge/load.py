"""Loading and validating the knowledge: every file, every reference between them."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from bot.knowledge.files import (
    FOLDER,
    KnowledgeError,
    Texts,
    from_knowledge,
    knowledge_folder,
    known_texts,
    read_texts,
    text_of,
)
from bot.knowledge.model import Centre, Municipality, Service

__all__ = [
    "FOLDER",
    "Knowledge",
    "KnowledgeError",
    "get_knowledge",
    "knowledge_folder",
    "load_knowledge",
    "parse_knowledge",
]

Model = TypeVar("Model", Centre, Service, Municipality)
Entry = TypeVar("Entry", Centre, Service)


@dataclass(frozen=True)
class Knowledge:
    """Everything known, by id. Municipalities by their official name, which is unique in Piedmont but for none."""

    services: Mapping[str, Service]
    centres: Mapping[str, Centre]
    municipalities: tuple[Municipality, ...]

    @cached_property
    def by_municipality(self) -> Mapping[str, Municipality]:
        """Municipalities by official name."""
        return {entry.name: entry for entry in self.municipalities}


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """Read and validate all knowledge files of a folder, by default the project's.

    Raises `KnowledgeError` at the first thing that is wrong.
    """
    return parse_knowledge(read_texts(folder or knowledge_folder()))


def parse_knowledge(texts: Texts) -> Knowledge:
    """The knowledge that these files hold.

    Raises `KnowledgeError` at the first thing that is wrong.
    """
    centres = [
        _parse(Centre, entry, f"centres.yml, {_id_of(entry)}") for entry in _entries(texts, "centres.yml", "centres")
    ]
    named = sorted(name for name in texts if name.startswith("services/") and name.endswith(".yml"))
    services = [_parse(Service, read_yaml(texts, name), name.removeprefix("services/")) for name in named]
    knowledge = Knowledge(
        services=_by_id(services, "services"),
        centres=_by_id(centres, "centres.yml"),
        municipalities=tuple(_municipalities(text_of(texts, "municipalities.csv"))),
    )
    _check_references(knowledge)
    return knowledge


@from_knowledge()
def get_knowledge() -> Knowledge:
    """The knowledge of this process, loaded once, and again when `bot.knowledge.fresh` sees that the files changed."""
    return parse_knowledge(known_texts())


def read_yaml(texts: Texts, name: str) -> Any:
    """What a YAML file holds. Raises `KnowledgeError` naming the file."""
    try:
        return yaml.load(text_of(texts, name), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{name}: {error}") from None


def _entries(texts: Texts, name: str, key: str) -> list[Any]:
    content = read_yaml(texts, name)
    entries = content.get(key) if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise KnowledgeError(f"{name}: manca l'elenco {key}")
    return entries


def _id_of(entry: Any) -> Any:
    return entry.get("id") if isinstance(entry, dict) else entry


def _parse(model: type[Model], entry: Any, where: str) -> Model:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise KnowledgeError(f"{where}: {field}: {first['msg']}") from None


def _municipalities(text: str) -> list[Municipality]:
    # The csv module keeps "None", a town near Turin, the string it is.
    return [_municipality(row) for row in csv.DictReader(io.StringIO(text, newline=""))]


def _municipality(row: dict[str, str]) -> Municipality:
    where = f"municipalities.csv, {row.get('municipality')}"
    try:
        entry = {
            **{key: value for key, value in row.items() if key not in ("cpi_id", "nearest_cpi_id")},
            "cpi_ids": tuple(filter(None, row["cpi_id"].split(";"))),
            "nearest_cpi_ids": tuple(filter(None, row["nearest_cpi_id"].split(";"))),
            "cap": tuple(filter(None, row["cap"].split("|"))),
        }
    except (KeyError, AttributeError):
        raise KnowledgeError(f"{where}: la riga non ha tutte le colonne") from None
    return _parse(Municipality, entry, where)


def _by_id(entries: list[Entry], where: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.id in found:
            raise KnowledgeError(f"{where}: l'id {entry.id} compare due volte")
        found[entry.id] = entry
    return found


def _check_references(knowledge: Knowledge) -> None:
    for service in knowledge.services.values():
        for other in service.related:
            if other not in knowledge.services:
                raise KnowledgeError(f"{service.id}.yml: related: {other} non esiste")
    for centre in knowledge.centres.values():
        names = [*(centre.served_municipalities or ()), centre.municipality]
        for name in names:
            if name not in knowledge.by_municipality:
                raise KnowledgeError(f"centres.yml, {centre.id}: il comune {name} non esiste")
        for centre_id in (centre.parent_id, centre.coordinator_id):
            if centre_id and centre_id not in knowledge.centres:
                raise KnowledgeError(f"centres.yml, {centre.id}: il centro {centre_id} non esiste")
    for municipality in knowledge.municipalities:
        for centre_id in (*municipality.cpi_ids, *municipality.nearest_cpi_ids):
            if centre_id not in knowledge.centres:
                raise KnowledgeError(f"municipalities.csv, {municipality.name}: il centro {centre_id} non esiste")
