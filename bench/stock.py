"""Rasa as it comes: the project `rasa init` would give, with our examples and one plain answer for each intent."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT

LABEL_SLASH = "__"
"""Stands for the slash of `faq/did`: without it Rasa would take the first half for the intent."""

TAKEN = frozenset({"restart", "back", "session_start"})
"""Names Rasa has rules of its own for."""

OWN_THRESHOLD, OWN_AMBIGUITY = 0.3, 0.1
"""What `rasa init` gives its FallbackClassifier."""

COUNT_VECTORS: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
FALLBACK: dict[str, Any] = {
    "name": "FallbackClassifier",
    "threshold": OWN_THRESHOLD,
    "ambiguity_threshold": OWN_AMBIGUITY,
}


def diet_pipeline(epochs: int) -> list[dict[str, Any]]:
    """The default pipeline of Rasa 3.6 (rasa/engine/recipes/config_files/default_config.yml)."""
    return [
        *COUNT_VECTORS,
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True},
        {"name": "EntitySynonymMapper"},
        {"name": "ResponseSelector", "epochs": epochs, "constrain_similarities": True},
        FALLBACK,
    ]


def light_pipeline() -> list[dict[str, Any]]:
    """The same count vectors under Rasa's own logistic regression."""
    return [*COUNT_VECTORS, {"name": "LogisticRegressionClassifier"}, FALLBACK]


def project_files(pipeline: list[dict[str, Any]]) -> dict[str, str]:
    """The files of the project, by name."""
    examples = training_examples()
    labels = [label_of(intent) for intent, _ in examples]
    rules = [
        {"rule": label, "steps": [{"intent": label}, {"action": f"utter_{label}"}]}
        for label in [*labels, "nlu_fallback"]
    ]
    policies: list[dict[str, Any]] = [
        {"name": "MemoizationPolicy"},
        {"name": "RulePolicy"},
        {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": 100},
        {"name": "TEDPolicy", "max_history": 5, "epochs": 100, "constrain_similarities": True},
    ]
    config = {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "it",
        "pipeline": pipeline,
        "policies": policies,
    }
    domain = {
        "version": "3.1",
        "intents": labels,
        "responses": {f"utter_{label}": [{"text": f"Risposta su {label}."}] for label in [*labels, "nlu_fallback"]},
    }
    nlu = [{"intent": label_of(intent), "examples": listed} for intent, listed in examples]
    return {
        "config.yml": to_yaml(config),
        "domain.yml": to_yaml(domain),
        "data/nlu.yml": to_yaml({"version": "3.1", "nlu": nlu}),
        "data/rules.yml": to_yaml({"version": "3.1", "rules": rules}),
        "credentials.yml": "rest:\n",
        "endpoints.yml": "# Nothing: the tracker store in memory, no action server.\n{}\n",
    }


def training_examples() -> list[tuple[str, str]]:
    """(full intent name, its examples as Rasa writes them) of all of `nlu_data/`."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "nlu_data").rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", ()):
            if "intent" in block:
                found[block["intent"]] = found.get(block["intent"], "") + block["examples"]
    return list(found.items())


def label_of(intent: str) -> str:
    """The name of an intent in the stock project."""
    return (LABEL_SLASH if intent in TAKEN else "") + intent.replace("/", LABEL_SLASH)


def intent_of(label: str) -> str:
    """The full name of an intent of ours."""
    return label.replace(LABEL_SLASH, "/").removeprefix("/")


def project_key(files: dict[str, str]) -> str:
    """Twenty hexadecimal digits that change with any file or with the version of Rasa."""
    digest = hashlib.sha256(version("rasa").encode())
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:20]


def write_project(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def to_yaml(content: object) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000)
