"""A project that is trained in seconds: the real one with few examples of each intent, for the small encoder."""

import json
import shutil
from pathlib import Path

from bot.knowledge.files import FOLDER
from bot.settings import ROOT

EXAMPLES = 10
CALIBRATION = 60


def make_small_project(folder: Path) -> Path:
    """Config, domain, rules and knowledge as they are; of examples the first few."""
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / FOLDER, folder / FOLDER)
    shutil.copytree(ROOT / "nlu_data" / "rules", folder / "nlu_data" / "rules")
    shutil.copy(ROOT / "nlu_data" / "responses.yml", folder / "nlu_data" / "responses.yml")
    lines = (ROOT / "nlu_data" / "calibration.jsonl").read_text(encoding="utf-8").splitlines()
    step = max(1, len(lines) // CALIBRATION)
    (folder / "nlu_data" / "calibration.jsonl").write_text("\n".join(lines[::step]) + "\n", encoding="utf-8")
    for group in ("faq", "intents"):
        (folder / "nlu_data" / group).mkdir()
        for path in sorted((ROOT / "nlu_data" / group).glob("*.yml")):
            few = list(_few(path.read_text(encoding="utf-8").splitlines(keepends=True)))
            (folder / "nlu_data" / group / path.name).write_text("".join(few), encoding="utf-8")
    return folder


def _few(lines: list[str]) -> list[str]:
    kept, examples = [], 0
    for line in lines:
        if line.startswith("- intent:"):
            examples = 0
        elif line.startswith("    - "):
            examples += 1
            if examples > EXAMPLES:
                continue
        kept.append(line)
    return kept


def add_examples(project: Path, intent: str, examples: list[str]) -> None:
    """Teach by hand, as an operator's lesson does: examples at the end of the intent's file, and regression cases."""
    group, name = ("faq", intent.removeprefix("faq/")) if intent.startswith("faq/") else ("intents", intent)
    path = project / "nlu_data" / group / f"{name}.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.rstrip("\n") + "\n" + "".join(f"    - {one}\n" for one in examples), encoding="utf-8")
    with (project / "nlu_data" / "regression.jsonl").open("a", encoding="utf-8") as lines:
        for one in examples:
            told = {"text": one, "intent": intent, "taught": "2026-11-22"}
            lines.write(json.dumps(told, ensure_ascii=False) + "\n")
