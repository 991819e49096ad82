"""Knowledge files changed in their text: nothing else in them moves."""

import difflib
import random
from collections import Counter
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings import ROOT
from bot.teaching.yaml_edit import YamlEditError, changed, dumped, load

DATA = ROOT / "bot/knowledge/data"
FILES = sorted([*DATA.glob("*.yml"), *DATA.glob("services/*.yml")])
SERVICES = sorted(DATA.glob("services/*.yml"))


@lru_cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def lines_changed(before: str, after: str) -> list[str]:
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in list(told)[2:] if line[0] in "+-"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_that_says_what_it_should_stays_as_it_is(path: Path) -> None:
    assert changed(text_of(path), load(text_of(path))) == text_of(path)


def texts_in(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in texts_in(inner, (*at, key))]
    if isinstance(value, list):
        return [found for key, inner in enumerate(value) for found in texts_in(inner, (*at, key))]
    return [at] if isinstance(value, str) and len(value.split()) > 2 else []


def put(data: Any, at: tuple[Any, ...], value: Any) -> Any:
    data = deepcopy(data)
    inner = data
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return data


def got(data: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        data = data[key]
    return data


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_one_word_changed_is_one_line_changed(path: Path) -> None:
    data = load(text_of(path))
    places = texts_in(data)
    if path.parent == DATA:
        places = random.Random(7).sample(places, min(len(places), 12))
    for at in places:
        words = got(data, at).split()
        words[len(words) // 2] = "cambiata"
        after = changed(text_of(path), put(data, at, " ".join(words)))
        lines = lines_changed(text_of(path), after)
        assert len(lines) == 2 and "cambiata" in lines[1], (at, lines)


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=150).map(
    lambda text: " ".join(text.split())
)


@given(path=st.sampled_from(SERVICES), value=VALUES, seed=st.integers(0, 1000))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_can_stand_anywhere_and_says_itself(path: Path, value: str, seed: int) -> None:
    data = load(text_of(path))
    at = random.Random(seed).choice(texts_in(data))
    try:
        after = changed(text_of(path), put(data, at, value))
    except YamlEditError:
        return
    assert load(after) == put(data, at, value)
    kept = [line for line in text_of(path).splitlines() if line.startswith("#")]
    assert all(line in after for line in kept)


@given(value=st.lists(VALUES.filter(bool), min_size=0, max_size=6), path=st.sampled_from(SERVICES))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_lists_grow_shrink_and_empty(path: Path, value: list[str]) -> None:
    data = load(text_of(path))
    for key in ("how", "documents"):
        wanted = put(data, ("aspects", key), value)
        assert load(changed(text_of(path), wanted)) == wanted


def test_a_step_added_and_one_gone_are_one_line_each() -> None:
    text = text_of(DATA / "services/did.yml")
    data = load(text)
    steps = data["aspects"]["how"]
    for wanted in ([*steps[:2], "Un passo nuovo.", *steps[2:]], steps[1:], [*steps, "Alla fine: controlla."]):
        after = changed(text, put(data, ("aspects", "how"), wanted))
        assert len(lines_changed(text, after)) == 1


def test_what_was_unknown_is_written_and_made_unknown_again() -> None:
    text = text_of(DATA / "centres.yml")
    data = load(text)
    number = next(at for at, one in enumerate(data["centres"]) if one["id"] == "torino-sud")
    hours = [
        {"days": None, "from": None, "to": None, "by_appointment": True, "note": "Riceve il martedì: su appuntamento."}
    ]
    wanted = put(put(data, ("centres", number, "phone"), "011 0000000"), ("centres", number, "opening_hours"), hours)
    after = changed(text, wanted)
    new, old = Counter(after.splitlines()), Counter(text.splitlines())
    assert sum((new - old).values()) == 7
    assert sorted(old - new) == ["  opening_hours: null", "  phone: null"]
    assert changed(after, data) == text


def test_a_source_is_added_after_the_others_and_a_key_at_the_end() -> None:
    text = text_of(DATA / "services/did.yml")
    data = load(text)
    source = {"title": "Circolare: una prova", "url": None, "date": "2026-03-02"}
    after = changed(text, {**data, "sources": [*data["sources"], source], "owner": "Anna Prova"})
    assert after.startswith(text)
    assert after.removeprefix(text) == (
        "  - title: 'Circolare: una prova'\n    url: null\n    date: '2026-03-02'\nowner: Anna Prova\n"
    )


def test_a_name_of_a_place_is_one_line() -> None:
    text = text_of(DATA / "places.yml")
    data = load(text)
    wanted = put(data, ("short_names", "Acqui Terme"), ["Acqui", "Aqui"])
    assert lines_changed(text, changed(text, wanted)) == ["-  Acqui Terme: [Acqui]", "+  Acqui Terme: [Acqui, Aqui]"]


def test_comments_after_a_value_stay() -> None:
    text = "# top\na: >-\n  uno due\n  tre\n\n# before b\nb: [x]  # end\nc: 1\n"
    assert changed(text, {"a": "uno due quattro", "b": ["x", "y"], "c": 2}) == (
        "# top\na: >-\n  uno due\n  quattro\n\n# before b\nb: [x, y]  # end\nc: 2\n"
    )


def test_no_key_goes() -> None:
    with pytest.raises(YamlEditError):
        changed("a: 1\nb: 2\n", {"a": 1})


@given(
    st.dictionaries(
        st.text("abc", min_size=1), VALUES | st.none() | st.booleans() | st.lists(VALUES.filter(bool)), min_size=1
    ),
    st.booleans(),
)
def test_what_is_made_new_says_what_it_should(data: dict[str, Any], folded: bool) -> None:
    assert load(dumped(data, 0, folded=folded)) == data
