"""Places: hand-written messages, read as a citizen would mean them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.load import get_knowledge
from bot.knowledge.places import PlaceReading, read_place, reading_as_json
from bot.knowledge.spelling import strip_accents

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "places.jsonl").read_text(encoding="utf-8").splitlines()
]


def _read(case: dict[str, Any]) -> PlaceReading:
    return read_place(case["text"], expected=case.get("expected", False))


def _is_silently_wrong(case: dict[str, Any], reading: PlaceReading) -> bool:
    wrong_town = reading.municipality is not None and reading.municipality != case["municipality"]
    return wrong_town or (reading.outside and not case["outside"])


def _is_right(case: dict[str, Any], reading: PlaceReading) -> bool:
    asks_for_nothing = bool(reading.candidates) and not case["candidates"]
    return (
        reading.municipality == case["municipality"]
        and set(case["candidates"]) <= set(reading.candidates)
        and reading.province == case["province"]
        and reading.outside == case["outside"]
        and not asks_for_nothing
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:60])
def test_a_message_is_never_taken_for_the_wrong_place(case: dict[str, Any]) -> None:
    reading = _read(case)
    assert not _is_silently_wrong(case, reading), reading


def test_at_least_97_percent_of_the_messages_are_read_fully_right() -> None:
    missed = [case["text"] for case in CASES if not _is_right(case, _read(case))]
    assert len(missed) <= 0.03 * len(CASES), missed


def test_the_messages_are_many_and_name_real_municipalities() -> None:
    names = get_knowledge().by_municipality.keys()
    assert len(CASES) >= 400
    for case in CASES:
        assert {*case["candidates"], *filter(None, [case["municipality"]])} <= names, case["text"]


@pytest.mark.parametrize(
    "pattern",
    ["abito a {}", "Sono residente nel comune di {}, vorrei un appuntamento", "VIVO A {}", "sono di {}"],
)
def test_every_municipality_is_found_by_its_full_name(pattern: str) -> None:
    for town in get_knowledge().municipalities:
        name = town.name.upper() if pattern.isupper() else strip_accents(town.name).lower()
        reading = read_place(pattern.format(name))
        assert reading.municipality == town.name or town.name in reading.candidates, (pattern, town.name, reading)
        assert reading.municipality in (None, town.name)
        assert not reading.outside


@pytest.mark.parametrize(
    "pattern", ["lavoro a {}", "sono nato a {}", "il cpi di {}", "via {} 12", "prima stavo a {}", "non abito a {}"]
)
def test_no_municipality_counts_where_nobody_lives(pattern: str) -> None:
    counted = [
        town.name for town in get_knowledge().municipalities if read_place(pattern.format(town.name)).municipality
    ]
    assert counted == []


def test_a_post_code_of_one_municipality_is_that_municipality() -> None:
    assert read_place("il mio cap è 12051").municipality == "Alba"


def test_a_centre_asked_about_is_mentioned_and_no_domicile() -> None:
    reading = read_place("CPI Rivoli")
    assert reading.municipality is None
    assert [(m.start, m.end, m.municipalities) for m in reading.mentions] == [(4, 10, ("Rivoli",))]


def test_an_ambiguous_mention_carries_all_it_may_mean() -> None:
    mention = read_place("abito a S. Maurizio").mentions[0]
    assert set(mention.municipalities) == {"San Maurizio Canavese", "San Maurizio d'Opaglio"}
    assert (mention.start, mention.end) == (8, 19)


def test_a_street_is_no_mention() -> None:
    assert read_place("la sede di via Nizza 12").mentions == ()


def test_an_ordinary_word_counts_alone_only_when_a_place_was_asked_for() -> None:
    assert read_place("Ponti").municipality is None
    assert read_place("Ponti", expected=True).municipality == "Ponti"


@pytest.mark.parametrize("text", ["", "   ", "?", "\n", "😀", "a" * 5000, "( AT )", "via", "non", "12051 " * 50])
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_place(text).outside is False


def test_the_reading_is_given_as_json() -> None:
    assert reading_as_json("abito a Bra") == {
        "text": "abito a Bra",
        "municipality": "Bra",
        "candidates": [],
        "province": "CN",
        "outside": False,
    }


def test_a_sentence_is_read_in_less_than_three_milliseconds() -> None:
    text = "buongiorno abito a Gassino e volevo capire se devo venire a Torrino oppure a Chivasso perché ognuno mi dice altro"
    read_place(text)
    # The time of this process alone: the machine has other work.
    start = time.process_time()
    for n in range(100):
        read_place(f"{text} {n}")
    assert (time.process_time() - start) / 100 < 0.003
