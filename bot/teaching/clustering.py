"""Messages that ask the same, put together: first those that read the same, then those that share their telling words.

A word tells the more the fewer of the training examples have it. Each message goes to the group whose words it shares
most, if it shares enough; else it begins a group. No model is loaded: the console stays light.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeVar

from bot.teaching.wording import same

ENOUGH = 0.35
"""Likeness, of 0 to 1, from which on two texts count as asking the same."""
CLOSE = 0.85
"""From here on what was decided about one is decided about the other."""
_STEM = 6
_MASKED = re.compile(r"\[[^\]]*\]|‹[^›]*›")
_SAID_BESIDE = frozenset(
    "buongiorno buonasera buonanotte salve ciao grazie mille prego scusi scusa scusate gentile gentili egregi spett cordiali "
    "saluti saluto distinti perfavore favore cortesia a ad al alla allo ai alle agli da dal dalla di del della dello dei "
    "delle in nel nella con su sul sulla per tra fra il lo la i gli le l un uno una e ed o ma se che chi mi ti si ci vi ne "
    "io tu lui lei noi voi loro mio mia miei mie tuo sua suo è e' sono sei siamo ho hai ha abbiamo avete hanno vorrei voglio "
    "posso puo potete potrei devo deve sapere sapete dire dirmi cosa come quando dove perche poi anche gia ancora qui questo "
    "questa quello quella essere avere fare fatto stato stata".split()
)

Key = TypeVar("Key", bound=Hashable)


@lru_cache(maxsize=50_000)
def features(text: str) -> tuple[str, ...]:
    """What of a text is compared: stems of its words, and pairs of words that follow each other."""
    words = [word for word in re.findall(r"\w+", same(_MASKED.sub(" ", text))) if not word.isdigit()]
    telling = [word[:_STEM] for word in words if word not in _SAID_BESIDE]
    if not telling:
        telling = words or ["…"]
    pairs = [f"{first} {second}" for first, second in pairwise(telling)]
    return (*telling, *pairs)


def rarity(examples: Iterable[str]) -> dict[str, float]:
    """How much each feature tells, learned from a large collection of texts; for `Groups`."""
    counts: Counter[str] = Counter()
    total = 0
    for text in examples:
        counts.update(set(features(text)))
        total += 1
    return {feature: math.log((1 + total) / (1 + count)) for feature, count in counts.items()}


def _any(key: object, likeness: float) -> bool:
    return True


class Groups(Generic[Key]):
    """Groups of texts, found by the words they share."""

    def __init__(self, telling: Mapping[str, float]) -> None:
        self._telling = telling
        self._unknown = max(telling.values(), default=1.0) * 0.8
        self._sums: dict[Key, dict[str, float]] = {}
        self._lengths: dict[Key, float] = {}
        self._having: dict[str, set[Key]] = defaultdict(set)
        self._spelt: dict[str, set[Key]] = defaultdict(set)

    def add(self, key: Key, text: str) -> None:
        """Put a text into a group, new or not; the same spelling counts once."""
        spelling = same(text)
        if key in self._spelt[spelling]:
            return
        self._spelt[spelling].add(key)
        sums = self._sums.setdefault(key, {})
        for feature, weight in self._vector(text).items():
            sums[feature] = sums.get(feature, 0.0) + weight
            self._having[feature].add(key)
        self._lengths[key] = math.sqrt(sum(weight * weight for weight in sums.values()))

    def nearest(self, text: str, fits: Callable[[Key, float], bool] = _any) -> tuple[Key, float] | None:
        """The likest group that `fits`, and how like (1: it has the very text, of 0 to 1); None when none does."""
        likeness: dict[Key, float] = defaultdict(float)
        for feature, weight in self._vector(text).items():
            for key in self._having.get(feature, ()):
                likeness[key] += weight * self._sums[key][feature] / self._lengths[key]
        for key in self._spelt.get(same(text), ()):
            likeness[key] = 1.0
        for key in sorted(likeness, key=lambda one: -likeness[one]):
            if fits(key, min(likeness[key], 1.0)):
                return key, min(likeness[key], 1.0)
        return None

    def _vector(self, text: str) -> dict[str, float]:
        counts = Counter(features(text))
        weights = {
            feature: self._telling.get(feature, self._unknown) * (0.5 if " " in feature else 1.0) for feature in counts
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}


def group(texts: Sequence[str], telling: Mapping[str, float], *, enough: float = ENOUGH) -> list[int]:
    """The number of the group of each text; texts that come often are looked at first, since groups form round them."""
    often = Counter(map(same, texts))
    order = sorted(range(len(texts)), key=lambda at: (-often[same(texts[at])], at))
    groups: Groups[int] = Groups(telling)
    numbers = [0] * len(texts)
    for at in order:
        near = groups.nearest(texts[at], lambda _, likeness: likeness >= enough)
        numbers[at] = near[0] if near else at
        groups.add(numbers[at], texts[at])
    return numbers
