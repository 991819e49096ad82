"""Messages that ask the same are put together, and those that do not are kept apart."""

import json
import time
from collections import Counter, defaultdict
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from bot.teaching.clustering import CLOSE, Groups, group, rarity
from bot.teaching.examples import read_examples


@lru_cache
def telling() -> dict[str, float]:
    return rarity(text for texts in read_examples(ROOT).texts.values() for text in texts)


@lru_cache
def by_hand() -> list[dict[str, str]]:
    """Messages put together by hand: what the console cannot answer is asked for in thirty ways."""
    lines = (ROOT / "tests/data/review_clusters.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_groups_are_pure_and_few_on_messages_put_together_by_hand() -> None:
    numbers = group([one["text"] for one in by_hand()], telling())
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for one, number in zip(by_hand(), numbers, strict=True):
        found[number][one["group"]] += 1
    purity = sum(counts.most_common(1)[0][1] for counts in found.values()) / len(numbers)
    biggest = Counter[str]()
    for counts in found.values():
        for name, count in counts.items():
            biggest[name] = max(biggest[name], count)
    together = sum(biggest.values()) / len(numbers)
    print(
        f"purity {purity:.3f}, {together:.3f} of each question in one row, {len(found)} rows for {len(biggest)} questions"
    )
    assert purity >= 0.97
    assert together >= 0.7
    assert len(found) <= 2 * len(biggest)


def test_five_thousand_messages_take_seconds_not_minutes() -> None:
    texts = [text for texts in read_examples(ROOT).texts.values() for text in texts][:5000]
    telling()
    started = time.process_time()
    group(texts, telling())
    took = time.process_time() - started
    print(f"{took:.1f} s of processor for {len(texts)} different messages")
    assert took < 10


@pytest.mark.parametrize(
    "said",
    ["Buongiorno, come faccio la DID?", "COME FACCIO LA DID", "cm faccio la did???", "come  faccio la dìd"],
)
def test_the_same_in_other_spelling_is_the_same(said: str) -> None:
    groups: Groups[int] = Groups(telling())
    groups.add(1, "come faccio la did")
    near = groups.nearest(said)
    assert near is not None and near[1] >= CLOSE


def test_what_shares_only_manners_is_apart() -> None:
    texts = [
        "buongiorno vorrei sapere del muletto",
        "buongiorno vorrei sapere della tessera",
        "buongiorno grazie mille",
    ]
    assert len(set(group(texts, telling()))) == 3


def test_a_group_that_does_not_fit_is_passed_over_for_the_next() -> None:
    groups: Groups[str] = Groups(telling())
    groups.add("handled", "patentino del muletto")
    groups.add("open", "corso per il muletto")
    near = groups.nearest("patentino del muletto", lambda key, likeness: key == "open")
    assert near is not None and near[0] == "open"
    assert groups.nearest("patentino del muletto", lambda key, likeness: False) is None


@given(st.lists(st.text(max_size=20), max_size=12))
def test_every_message_is_in_one_group_and_equals_share_theirs(texts: list[str]) -> None:
    numbers = group(texts, {})
    assert len(numbers) == len(texts)
    for first, number in zip(texts, numbers, strict=True):
        assert all(other == number for second, other in zip(texts, numbers, strict=True) if second == first)
