"""Days named from today: "oggi", "dopodomani", "fra tre giorni", "tra due settimane", "entro dieci giorni"."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.nlu.when.calendar import ROME, add_months, monday
from bot.nlu.when.items import Item, Rule, day_item, on, past_item, rule, span
from bot.nlu.when.lexicon import ANY_NUMBER, LAST, WD, count
from bot.nlu.when.reading import Part, Reading

_OFFSETS = {"oggi": 0, "domani": 1, "dopodomani": 2, "domanilaltro": 2}


def _today(found: re.Match[str], now: datetime) -> Item:
    word = found["word"].replace(" ", "")
    day = now.date() + timedelta(days=_OFFSETS[word])
    if word == "domani" and now.hour < 4:
        # Said in the small hours, "domani" is often the day that is about to break.
        return day_item(found, on(day, now.date()))
    return replace(day_item(found, on(day)), ahead=day > now.date())


def _with_part(found: re.Match[str], now: datetime) -> Item:
    parts: dict[str, tuple[int, Part]] = {
        "stamattina": (0, "mattina"),
        "stasera": (0, "sera"),
        "domattina": (1, "mattina"),
    }
    offset, part = parts[found["word"]]
    part = "prima_mattina" if found["early"] else part
    return replace(day_item(found, [Reading(date=now.date() + timedelta(days=offset), part=part)]), ahead=offset > 0)


def _this_part(found: re.Match[str], now: datetime) -> Item:
    part: Part = (
        "mattina" if found["part"].startswith("matt") else "sera" if found["part"].startswith("ser") else "pomeriggio"
    )
    return day_item(found, [Reading(date=now.date(), part=part)])


def _weeks_on(found: re.Match[str], now: datetime) -> Item:
    weeks = 2 if found["weeks"] in ("15", "quindici") else 1
    return day_item(found, on(now.date() + timedelta(days=_OFFSETS[found["word"]], weeks=weeks)))


def _week_of(day: date) -> Reading:
    return span(monday(day), monday(day) + timedelta(days=6))


def _in_days(today: date, number: int) -> tuple[Reading, ...]:
    customary = {8: 7, 15: 14}  # "fra otto giorni" is a week, "fra quindici" two
    return on(*(today + timedelta(days=n) for n in (number, customary.get(number)) if n))


def _later(found: re.Match[str], now: datetime) -> Item | list[Item] | None:
    number, unit, today = count(found["n"]), found["unit"], now.date()
    if not number and found["n"] not in ("mezz", "mezza"):
        return None
    if unit.startswith(("or", "min")):
        return _later_today(found, now)
    if unit.startswith("gi"):
        return replace(day_item(found, _in_days(today, number)), ahead=True)
    if unit.startswith("se"):
        day = today + timedelta(weeks=number, days=4 if found["half"] else 0)
        return replace(day_item(found, [*on(day), _week_of(day)], "period"), ahead=True)
    if unit.startswith("me"):
        day = add_months(today, number) + timedelta(days=15 if found["half"] else 0)
        return replace(day_item(found, [*on(day), _week_of(day)], "period"), ahead=True)
    return None


def _later_today(found: re.Match[str], now: datetime) -> Item | None:
    number = count(found["n"])
    fractions = {"mezz": 30, "mezza": 30, "un quarto": 15, "tre quarti": 45}
    minutes = fractions.get(found["n"]) or number * (60 if found["unit"].startswith("or") else 1)
    minutes += 30 if "half" in found.re.groupindex and found["half"] else 0
    if number in (24, 48, 72) and found["unit"].startswith("or"):
        return day_item(found, on(now.date() + timedelta(hours=number)))
    # Real minutes: the clock may change in between.
    then = (now.replace(tzinfo=ROME).astimezone(UTC) + timedelta(minutes=minutes)).astimezone(ROME)
    return day_item(found, [Reading(date=then.date(), time=then.time().replace(second=0, microsecond=0))])


# The count people mean first, and between which it may be.
_VAGUE = {
    "un paio di": (2, 2, 3),
    "qualche": (3, 2, 7),
    "una decina di": (10, 9, 11),
    "una quindicina di": (15, 14, 15),
}


def _vague_later(found: re.Match[str], now: datetime) -> Item:
    today, step = now.date(), 7 if found["unit"].startswith("se") else 1
    likely, low, high = _VAGUE[found["n"]]
    if found["n"] == "qualche":
        return day_item(found, [span(today + timedelta(days=low * step), today + timedelta(days=min(high * step, 28)))])
    middle, first, last = (today + timedelta(days=number * step) for number in (likely, low, high))
    return day_item(found, [*on(middle, first), span(first, last)])


def _two_counts(found: re.Match[str], now: datetime) -> Item:
    step = 7 if found["unit"].startswith("se") else 1
    days = [now.date() + timedelta(days=count(found[name]) * step) for name in ("n", "m")]
    return day_item(found, [Reading(dates=tuple(days))] if step == 1 else [*on(*days), span(*days)])


def _within(found: re.Match[str], now: datetime) -> Item:
    number, unit, today = count(found["n"]), found["unit"], now.date()
    last = (
        add_months(today, number)
        if unit.startswith("me")
        else today + timedelta(days=number * (7 if unit.startswith("se") else 1))
    )
    return day_item(found, [span(None if found["verb"].startswith(("entro", "nel giro")) else today, last)])


_N = rf"(?P<n>{ANY_NUMBER})"
_UNIT = r"(?P<unit>giorni|giorno|settimane|settimana|sett\b|mesi|mese)"

RULES: list[Rule] = [
    rule(
        r"\bl altro ieri\b|\baltroieri\b|\bieri(?: l altro)?(?: mattina| sera| pomeriggio)?\b|\bavantieri\b|\bierisera\b",
        past_item,
    ),
    rule(
        rf"\b{WD} {LAST}\b|\b{LAST} {WD}\b|\b(?:settimana|mese|anno|estate|inverno) {LAST}\b|\b{LAST} (?:settimana|mese|anno)\b"
        rf"|\b(?:{ANY_NUMBER}|qualche|un paio di|una decina di|pochi) (?:giorni|giorno|settimane|settimana|sett|mesi|mese|anni|anno|ore|ora"
        r"|minuti) (?:e mezzo )?fa\b|\b(?:tempo|poco) fa\b|\bl altr[ao] (?:settimana|mese|anno)\b(?! ancora)",
        past_item,
    ),
    rule(r"\b(?P<word>oggi|domani) a (?P<weeks>otto|8|quindici|15)(?: giorni)?\b", _weeks_on),
    rule(r"\b(?P<word>stamattina|stasera|domattina)\b(?P<early> (?:molto )?presto\b)?", _with_part),
    rule(r"\b(?:quest[ao]|oggi in) (?P<part>mattin[ao]|mattinata|pomeriggio|sera|serata)\b", _this_part),
    rule(r"\b(?P<word>dopo ?domani|domani l altro|domani|oggi)(?: in giornata| stesso)?\b", _today),
    rule(r"\b(?:in|entro (?:la )?)giornata\b", lambda found, now: day_item(found, on(now.date()))),
    rule(rf"\b(?:tra|fra|da qui a) {_N} (?:o|e|-) (?P<m>{ANY_NUMBER}) {_UNIT}", _two_counts),
    rule(
        rf"\b(?P<verb>entro(?: massimo| i prossimi| le prossime)?|nel giro di|ne[il]l?[le]?e? prossim[ie]) {_N} {_UNIT}",
        _within,
    ),
    rule(
        rf"\b(?:tra|fra|da oggi a|da qui a) {_N} (?P<unit>giorni|giorno|settimane|settimana|sett\b|mesi|mesetto|mese|ore|oretta|ora|minuti|minuto)(?P<half> e mezz[ao])?\b",
        _later,
    ),
    rule(r"\b(?:tra|fra) (?P<n>mezz|mezza) (?P<unit>ora|oretta)\b", _later),
    rule(r"\b(?:tra|fra) (?P<n>un quarto|tre quarti) d (?P<unit>ora)\b", _later_today),
    rule(rf"\b(?:tra|fra) (?P<n>un paio di|qualche|una decina di|una quindicina di) {_UNIT}", _vague_later),
]
