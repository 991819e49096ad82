"""Loading and validating the knowledge: every file, every reference between them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from bot.knowledge.model import Centre, Municipality, Service
from bot.settings import get_settings

FOLDER = Path("bot", "knowledge", "data")
"""Where the files are, inside the project's folder."""

Model = TypeVar("Model", Centre, Service, Municipality)
Entry = TypeVar("Entry", Centre, Service)


class KnowledgeError(Exception):
    """A knowledge file is missing or wrong; the message names the file, the entry and the field."""


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


def knowledge_folder() -> Path:
    """The folder of the knowledge files."""
    return get_settings().project_dir / FOLDER


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """Read and validate all knowledge files of a folder, by default the project's.

    Raises `KnowledgeError` at the first thing that is wrong.
    """
    folder = folder or knowledge_folder()
    centres = [
        _parse(Centre, entry, f"centres.yml, {entry.get('id')}") for entry in _yaml(folder / "centres.yml")["centres"]
    ]
    services = [_parse(Service, _yaml(path), path.name) for path in sorted((folder / "services").glob("*.yml"))]
    knowledge = Knowledge(
        services=_by_id(services, "services"),
        centres=_by_id(centres, "centres.yml"),
        municipalities=tuple(_municipalities(folder / "municipalities.csv")),
    )
    _check_references(knowledge)
    return knowledge


@lru_cache
def get_knowledge() -> Knowledge:
    """The knowledge of this process, loaded once."""
    return load_knowledge()


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise KnowledgeError(f"{path.name}: non si legge ({error.strerror})") from None
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{path.name}: {error}") from None


def _parse(model: type[Model], entry: Any, where: str) -> Model:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise KnowledgeError(f"{where}: {field}: {first['msg']}") from None


def _municipalities(path: Path) -> list[Municipality]:
    # The csv module keeps "None", a town near Turin, the string it is.
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            _parse(
                Municipality,
                {
                    **{key: value for key, value in row.items() if key not in ("cpi_id", "nearest_cpi_id")},
                    "cpi_ids": tuple(filter(None, row["cpi_id"].split(";"))),
                    "nearest_cpi_ids": tuple(filter(None, row["nearest_cpi_id"].split(";"))),
                    "cap": tuple(filter(None, row["cap"].split("|"))),
                },
                f"municipalities.csv, {row['municipality']}",
            )
            for row in csv.DictReader(lines)
        ]


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
