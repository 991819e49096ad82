"""From predictions to figures: what was right, what the assistant would have done, how true its confidence is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import yaml

from bench.held_out import LENGTHS, Message
from bot.nlu.reading import DECLINED
from bot.settings import ROOT

DEFINITIONS = """\
right            the likeliest intent is the message's own (all intents, out_of_scope included)
first three      it is among the three likeliest
acted right      the assistant acts (confidence at or over the threshold, intent not out_of_scope) and the intent is right
confidently wrong  it acts and the intent is wrong, or the message is out of scope
asked            confidence under the threshold: it shows suggestions instead of answering
wrongly declined the message is in scope, and out_of_scope reaches the threshold
right when acting  acted right / (acted right + confidently wrong)
out of scope     shares of the out-of-scope messages: named so (likeliest intent) and not acted on (named so or asked)
Shares are of all messages unless said. ×N beside a figure is its ratio to the first row of the same table."""

Ranking = Sequence[tuple[str, float]]
"""Full intent names and confidences, likeliest first."""

Outcome = Literal["acted right", "confidently wrong", "asked", "declined", "wrongly declined"]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Shares between 0 and 1; see `DEFINITIONS`."""

    messages: int
    right: float
    first_three: float
    acted_right: float
    confidently_wrong: float
    asked: float
    asked_with_right_offered: float
    wrongly_declined: float
    right_when_acting: float
    out_of_scope_named: float
    out_of_scope_not_acted: float


@dataclass(frozen=True)
class Bin:
    """One row of the reliability table."""

    low: float
    high: float
    messages: int
    confidence: float
    right: float


def configured_threshold() -> float:
    """The confidence below which the assistant asks, from `config.yml`."""
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    return float(next(part["threshold"] for part in pipeline if part["name"] == "FallbackClassifier"))


def outcome(message: Message, ranking: Ranking, threshold: float) -> Outcome:
    """What the assistant would do with the message, judged."""
    intent, confidence = ranking[0]
    if confidence < threshold:
        return "asked"
    if intent in DECLINED:
        return "declined" if message.intent in DECLINED else "wrongly declined"
    return "acted right" if intent == message.intent else "confidently wrong"


def score(messages: Sequence[Message], rankings: Sequence[Ranking], threshold: float) -> Scores:
    """The figures of one variant on these messages."""
    pairs = list(zip(messages, rankings, strict=True))
    outcomes = [outcome(message, ranking, threshold) for message, ranking in pairs]
    counts = Counter(outcomes)
    among = [message.intent in [name for name, _ in ranking[:3]] for message, ranking in pairs]
    offered = [a for a, o, (m, _) in zip(among, outcomes, pairs, strict=True) if o == "asked" and not is_outside(m)]
    outside = [(ranking, o) for (message, ranking), o in zip(pairs, outcomes, strict=True) if is_outside(message)]
    return Scores(
        messages=len(pairs),
        right=share([is_right(*pair) for pair in pairs]),
        first_three=share(among),
        acted_right=counts["acted right"] / len(pairs),
        confidently_wrong=counts["confidently wrong"] / len(pairs),
        asked=counts["asked"] / len(pairs),
        asked_with_right_offered=share(offered),
        wrongly_declined=counts["wrongly declined"] / len(pairs),
        right_when_acting=counts["acted right"] / max(1, counts["acted right"] + counts["confidently wrong"]),
        out_of_scope_named=share([ranking[0][0] in DECLINED for ranking, _ in outside]),
        out_of_scope_not_acted=share([o in ("asked", "declined") for _, o in outside]),
    )


def is_right(message: Message, ranking: Ranking) -> bool:
    return ranking[0][0] == message.intent


def is_outside(message: Message) -> bool:
    return message.intent in DECLINED


def share(truths: Sequence[bool]) -> float:
    """How many are true, between 0 and 1; 0 of none."""
    return sum(truths) / len(truths) if truths else 0.0


def interval(part: float, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    z = 1.96
    centre = (part + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(part * (1 - part) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return centre - half, centre + half


def reliability(messages: Sequence[Message], rankings: Sequence[Ranking]) -> list[Bin]:
    """Ten bins of confidence: how sure it was, how often right."""
    rows: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for message, ranking in zip(messages, rankings, strict=True):
        confidence = ranking[0][1]
        rows[min(9, int(confidence * 10))].append((confidence, is_right(message, ranking)))
    return [
        Bin(index / 10, (index + 1) / 10, len(row), sum(c for c, _ in row) / len(row), share([r for _, r in row]))
        for index, row in enumerate(rows)
        if row
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance between confidence and share right, weighted by messages."""
    return sum(b.messages * abs(b.confidence - b.right) for b in bins) / sum(b.messages for b in bins)


def confusions(
    messages: Sequence[Message], rankings: Sequence[Ranking], threshold: float, most: int
) -> list[tuple[str, str, int, int]]:
    """(meant, understood, how often, how often of these it acted), most frequent first."""
    all_, acted = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for message, ranking in zip(messages, rankings, strict=True):
        if not is_right(message, ranking):
            pair = (message.intent, ranking[0][0])
            all_[pair] += 1
            acted[pair] += outcome(message, ranking, threshold) == "confidently wrong"
    ordered = sorted(all_, key=lambda pair: (-all_[pair], -acted[pair], pair))
    return [(*pair, all_[pair], acted[pair]) for pair in ordered[:most]]


def by_length(messages: Sequence[Message], rankings: Sequence[Ranking], threshold: float) -> list[tuple[str, Scores]]:
    """The figures of each bin of `LENGTHS` that has messages."""
    found = []
    for low, high in LENGTHS:
        chosen = [i for i, message in enumerate(messages) if low <= message.words <= high]
        if chosen:
            title = f"{low}-{high} words" if high < 1000 else f"{low}+ words"
            found.append((title, score([messages[i] for i in chosen], [rankings[i] for i in chosen], threshold)))
    return found
