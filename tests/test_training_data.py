"""The training data: enough of it, no two alike, nothing shared with the messages it is judged by."""

import json
from collections import Counter
from functools import lru_cache

import pytest
import yaml

from bot.nlu.text import expand
from bot.settings import ROOT
from bot.teaching.topics import FEWEST_EXAMPLES, NEW_EXAMPLES

FREQUENT = {"faq/did", "faq/naspi-discoll", "faq/offerte-lavoro", "find_centre", "book_appointment", "centre_hours"}
MINIMUM, MINIMUM_FREQUENT, MINIMUM_OUT_OF_SCOPE = 60, 100, 400


@lru_cache
def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for folder in ("faq", "intents"):
        for path in sorted((ROOT / "nlu_data" / folder).glob("*.yml")):
            for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
                lines = entry["examples"].splitlines()
                assert all(line.startswith("- ") for line in lines), path
                found[entry["intent"]] = [line[2:].strip() for line in lines]
    return found


def begun_in_the_console() -> set[str]:
    """Topics operators made: their examples come with use."""
    first = NEW_EXAMPLES.splitlines()[0]
    paths = (ROOT / "nlu_data" / "faq").glob("*.yml")
    return {f"faq/{path.stem}" for path in paths if path.read_text(encoding="utf-8").startswith(first)}


def messages(path: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]


def test_every_intent_of_the_domain_has_examples() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    from_buttons = {"ask_topic", "show_source", "choose_place", "none_of_these", "choose", "call_back"}
    from_buttons |= {"confirm_attendance", "accept_offer", "decline_offer"}
    by_rule = {"ask_aspect", "nlu_fallback"}
    plain = {intent for intent in domain["intents"] if isinstance(intent, str)} - from_buttons - by_rule
    assert {intent for intent in examples() if not intent.startswith("faq/")} == plain


@pytest.mark.parametrize("intent", sorted(examples()))
def test_an_intent_has_enough_examples(intent: str) -> None:
    if intent in begun_in_the_console():
        assert len(examples()[intent]) >= FEWEST_EXAMPLES
        return
    least = MINIMUM_OUT_OF_SCOPE if intent == "out_of_scope" else MINIMUM_FREQUENT if intent in FREQUENT else MINIMUM
    assert len(examples()[intent]) >= least


def test_no_example_stands_twice_or_under_two_intents() -> None:
    seen = Counter(expand(text) for texts in examples().values() for text in texts)
    twice = [text for text, count in seen.items() if count > 1]
    # The same few words typed with and without accents fold into one; real copies would be far more.
    assert len(twice) <= len(seen) * 0.01, twice[:20]


@pytest.mark.parametrize("path", ["tests/data/understand_test.jsonl", "nlu_data/calibration.jsonl"])
def test_messages_to_judge_by_are_not_training_examples(path: str) -> None:
    learned = {expand(text) for texts in examples().values() for text in texts}
    long = [entry["text"] for entry in messages(path) if len(entry["text"].split()) > 5]
    assert [text for text in long if expand(text) in learned] == []


def test_the_two_sets_to_judge_by_share_nothing() -> None:
    judged = {
        expand(entry["text"])
        for entry in messages("tests/data/understand_test.jsonl")
        if len(entry["text"].split()) > 3
    }
    calibration = {expand(entry["text"]) for entry in messages("nlu_data/calibration.jsonl")}
    assert judged & calibration == set()


@pytest.mark.parametrize("path", ["tests/data/understand_test.jsonl", "nlu_data/calibration.jsonl"])
def test_messages_to_judge_by_have_known_intents(path: str) -> None:
    assert {entry["intent"] for entry in messages(path)} <= set(examples())
