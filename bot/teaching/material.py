"""What a model is trained on: a copy of the project's files, taken at one moment and found whole."""

import asyncio
import re
import shutil
from pathlib import Path

from bot.knowledge import load_knowledge
from bot.knowledge.files import FOLDER
from bot.launch.model import fingerprint
from bot.settings import Settings
from bot.teaching.errors import ModelError

PARTS = ("config.yml", "domain.yml", "nlu_data", FOLDER.as_posix())
TRIES, PAUSE_SECONDS = 40, 0.25
_INTENT = re.compile(r"^\s*-?\s*intent:\s*['\"]?([\w/.-]+)", re.MULTILINE)
_EXAMPLE = re.compile(r"^\s+- \S", re.MULTILINE)
_RESPONSE = re.compile(r"^\s+utter_faq/([\w.-]+):", re.MULTILINE)


async def copy_material(settings: Settings, folder: Path) -> Settings:
    """Copy what a model is made from into `folder`; settings that name the copy.

    A lesson that is being written is waited for: the copy is of one moment. Raises `ModelError` when files keep changing.
    """
    for _ in range(TRIES):
        before = await asyncio.to_thread(fingerprint, settings)
        await asyncio.to_thread(_copy, settings.project_dir, folder)
        copied = settings.model_copy(update={"project_dir": folder})
        await asyncio.sleep(PAUSE_SECONDS)
        if before == await asyncio.to_thread(fingerprint, copied) == await asyncio.to_thread(fingerprint, settings):
            return copied
    raise ModelError("I file continuano a cambiare: riprova quando nessuno li sta scrivendo.")


def _copy(project: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        source, target = project / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)


def check_material(project: Path) -> None:
    """Every topic that a model of these files would name has an answer, so that none is named before it can be given.

    Raises `ModelError`, and `KnowledgeError` for a knowledge file that is wrong.
    """
    topics, answers = topics_in(project), load_knowledge(project / FOLDER).services.keys()
    named = set(_RESPONSE.findall((project / "nlu_data" / "responses.yml").read_text(encoding="utf-8")))
    for missing in sorted(topics - answers):
        raise ModelError(f"L'argomento «{missing}» ha esempi ma non ha una risposta in {FOLDER}/services.")
    for missing in sorted(topics - named):
        raise ModelError(f"L'argomento «{missing}» ha esempi ma manca in nlu_data/responses.yml.")


def topics_in(project: Path) -> set[str]:
    """The topics that have examples, without `faq/`."""
    found = (_INTENT.findall(path.read_text(encoding="utf-8")) for path in _example_files(project))
    return {intent.removeprefix("faq/") for intents in found for intent in intents if intent.startswith("faq/")}


def examples_in(project: Path) -> int:
    """How many examples there are."""
    return sum(len(_EXAMPLE.findall(path.read_text(encoding="utf-8"))) for path in _example_files(project))


def _example_files(project: Path) -> list[Path]:
    return [path for path in sorted((project / "nlu_data").rglob("*.yml")) if path.parent.name != "rules"]
