"""All the recognisers over a message, in order: what one has read, the next no longer sees."""

from dataclasses import dataclass
from datetime import datetime

from bot.nlu.when import dates, days, feasts, hours, parts, periods, weekdays, weeks
from bot.nlu.when.items import Item, Rule
from bot.nlu.when.noise import mask_normal, mask_written
from bot.nlu.when.normal import Normal, normalise

READ = "_"

# The particular before the general: "fra due ore" before "alle due", "12 del mese prossimo" before "mese prossimo".
_ORDER: tuple[list[Rule], ...] = (
    weekdays.EARLY_RULES,
    days.RULES,
    parts.RULES[:1],
    hours.RULES,
    feasts.RULES,
    weeks.RULES,
    weekdays.RULES[:-1],
    dates.RULES,
    weekdays.RULES[-1:],
    periods.RULES,
    parts.RULES[1:],
    hours.LATE_RULES,
)


@dataclass(frozen=True)
class Scan:
    """The pieces found, in order, and the normal text they stand in."""

    normal: Normal
    text: str
    items: list[Item]
    now: datetime


def scan(message: str, now: datetime) -> Scan:
    """Finds every piece of a day, an hour or a part of day."""
    normal = normalise(mask_written(message))
    text = mask_normal(normal.text)
    return Scan(normal, text, find(text, now), now)


def find(text: str, now: datetime) -> list[Item]:
    """The pieces of a normal text, noise already blotted out."""
    found: list[Item] = []
    for rules in _ORDER:
        for pattern, build in rules:
            for match in pattern.finditer(text):
                built = build(match, now)
                items = built if isinstance(built, list) else [built] if built else []
                for item in items:
                    found.append(item)
                    text = text[: item.start] + READ * (item.end - item.start) + text[item.end :]
    return sorted(found, key=lambda item: item.start)
