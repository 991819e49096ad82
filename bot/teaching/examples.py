"""The examples in `nlu_data/`: what is there already, under which intent, and how more are added.

Only lines are added to a file, so that everything else in it stays as it was written.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT
from bot.teaching.changes import Change, read
from bot.teaching.wording import WordingError, checked, same

FOLDERS = ("nlu_data/faq", "nlu_data/intents")
JUDGED_BY = ("nlu_data/calibration.jsonl",)
HELD_OUT = "tests/data"
MOST_AT_ONCE = 60


class ExamplesError(Exception):
    """The training files cannot be read or added to; the message names the file."""


@dataclass(frozen=True)
class Examples:
    """All training examples of a project. `files` names the file of each intent.

    `judged`: the sentences the understanding is judged by, each in its one spelling (`wording.same`); none may be learned.
    """

    files: dict[str, str]
    texts: dict[str, tuple[str, ...]]
    judged: frozenset[str]

    @cached_property
    def intent_of(self) -> dict[str, str]:
        """The intent under which a sentence stands, by the sentence in its one spelling."""
        return {same(text): intent for intent, texts in self.texts.items() for text in texts}


@dataclass(frozen=True)
class Wanted:
    """What became of sentences somebody wants to add: those to add, those there already, and why others are refused."""

    fresh: tuple[str, ...]
    known: tuple[str, ...]
    conflicts: tuple[tuple[str, str], ...]  # sentence and the intent that has it
    refused: tuple[str, ...]  # sentences for whoever wanted them


def read_examples(root: Path) -> Examples:
    """Read all training files. Raises `ExamplesError`."""
    files: dict[str, str] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.yml")):
            name = path.relative_to(root).as_posix()
            for intent, examples in _examples_of(name, read(root, name) or "").items():
                files[intent] = name
                texts[intent] = examples
    return Examples(files, texts, _judged(root))


def _examples_of(name: str, text: str) -> dict[str, tuple[str, ...]]:
    try:
        data: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
        return {
            entry["intent"]: tuple(line[1:].strip() for line in entry["examples"].splitlines() if line.startswith("-"))
            for entry in data["nlu"]
        }
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ExamplesError(f"{name}: non si legge ({type(error).__name__})") from None


def _judged(root: Path) -> frozenset[str]:
    held_out = root / HELD_OUT if (root / HELD_OUT).is_dir() else ROOT / HELD_OUT
    paths = [root / name for name in JUDGED_BY] + sorted(held_out.glob("understand_*.jsonl"))
    return frozenset(
        same(json.loads(line)["text"])
        for path in paths
        if path.exists()
        for line in path.read_text(encoding="utf-8").splitlines()
    )


def look_at(examples: Examples, intent: str, sentences: Sequence[str]) -> Wanted:
    """Sort out sentences meant for an intent, which may be a new one."""
    fresh: dict[str, str] = {}
    known: list[str] = []
    conflicts: list[tuple[str, str]] = []
    refused: list[str] = []
    for sentence in sentences:
        try:
            line = checked(sentence)
        except WordingError as error:
            refused.append(str(error))
            continue
        spelling = same(line)
        has = examples.intent_of.get(spelling)
        if spelling in examples.judged:
            refused.append(f"«{line}»: è una frase con cui misuriamo il modello, non si può insegnare.")
        elif has == intent or spelling in fresh:
            known.append(line)
        elif has is not None:
            conflicts.append((line, has))
        else:
            fresh[spelling] = line
    if len(fresh) > MOST_AT_ONCE:
        refused.append(f"Sono {len(fresh)} frasi: al massimo {MOST_AT_ONCE} per volta.")
    return Wanted(tuple(fresh.values()), tuple(known), tuple(conflicts), tuple(refused))


def added(root: Path, examples: Examples, intent: str, sentences: Sequence[str]) -> Change:
    """The change that adds sentences, already checked, at the end of an intent's examples. Raises `ExamplesError`."""
    if intent not in examples.files:
        raise ExamplesError(f"{intent}: non ha un file di esempi")
    name = examples.files[intent]
    before = read(root, name) or ""
    after = _with_lines(name, before, intent, sentences)
    wanted = _examples_of(name, before)
    wanted[intent] = (*wanted[intent], *sentences)
    if _examples_of(name, after) != wanted:
        raise ExamplesError(f"{name}: non so aggiungere queste frasi senza cambiare il resto")
    return Change(path=name, before=before, after=after)


def _with_lines(name: str, text: str, intent: str, sentences: Sequence[str]) -> str:
    lines = text.split("\n")
    head = re.compile(rf"^- intent:\s*[\"']?{re.escape(intent)}[\"']?\s*$")
    start = next((at for at, line in enumerate(lines) if head.match(line)), None)
    if start is None:
        raise ExamplesError(f"{name}: non trovo gli esempi di {intent}")
    last = start
    for at in range(start + 1, len(lines)):
        if lines[at].startswith("- "):
            break
        if lines[at].lstrip().startswith("- "):
            last = at
    indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())] if last > start else "    "
    new = [f"{indent}- {sentence}" for sentence in sentences]
    return "\n".join([*lines[: last + 1], *new, *lines[last + 1 :]])
