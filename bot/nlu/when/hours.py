"""Hours: "alle 3", "h 9", "15.30", "un quarto alle dieci", "verso le undici", "dopo le 17", "tra le 10 e le 12"."""

import re
from datetime import datetime

from bot.nlu.when.items import Clock, Hour, Item, Rule, rule
from bot.nlu.when.lexicon import MONTH, NUMBER, UNITS

_MIDDAY = {"mezzogiorno": 12, "mezzanotte": 0, "mezzodi": 12}


def _part_said(words: str | None) -> str:
    for start, part in (
        ("matt", "mattina"),
        ("pom", "pomeriggio"),
        ("ser", "sera"),
        ("nott", "notte"),
        ("pm", "pomeriggio"),
        ("am", "mattina"),
    ):
        if words and start in words:
            return part
    return ""


def _hour(found: re.Match[str], suffix: str) -> Hour | None:
    """The hour of the groups h, m, e or b (added), l (lacking) with that suffix."""
    word = found[f"h{suffix}"]
    if len(word) in (3, 4) and word.isdigit():
        hour, minute = int(word[:-2]), int(word[-2:])
    else:
        hour, minute = _MIDDAY.get(word, -1), 0
        hour = hour if hour >= 0 else int(word) if word.isdigit() else 1 if word == "una" else NUMBER[word]
    minute += int(found[f"m{suffix}"] or 0) + _minutes(found[f"e{suffix}"] or found[f"b{suffix}"])
    certain = word in _MIDDAY or (word.startswith("0") and len(word) == 2 and hour >= 7)
    lacking = _minutes(found[f"l{suffix}"])
    if lacking:
        hour, minute, certain = (12 if hour == 1 else (hour - 1) % 24), 60 - lacking, certain or hour in (1, 12)
    return Hour(hour % 24, minute, certain) if hour <= 24 and minute < 60 else None


def _minutes(words: str | None) -> int:
    if not words:
        return 0
    if "tre quarti" in words or "3/4" in words:
        return 45
    if "quarto" in words:
        return 15
    if "mezz" in words:
        return 30
    word = words.split()[0]
    return int(word) if word.isdigit() else NUMBER[word]


def _item(found: re.Match[str], clock: Clock) -> Item:
    start, end = found.span("item") if "item" in found.re.groupindex else found.span()
    return Item(start, end, "time", clock=clock)


def _at(found: re.Match[str], _now: datetime) -> Item | None:
    hour = _hour(found, "")
    about = bool(found["about"]) or "circa" in found[0] or "piu o meno" in found[0]
    return _item(found, Clock(at=hour, about=about, part=_part_said(found["part"]))) if hour else None


def _from(found: re.Match[str], _now: datetime) -> Item | None:
    hour = _hour(found, "")
    return _item(found, Clock(first=hour, part=_part_said(found["part"]))) if hour else None


def _until(found: re.Match[str], _now: datetime) -> Item | None:
    hour = _hour(found, "")
    return _item(found, Clock(last=hour, part=_part_said(found["part"]))) if hour else None


def _between(found: re.Match[str], _now: datetime) -> Item | None:
    first, last = _hour(found, ""), _hour(found, "2")
    return _item(found, Clock(first=first, last=last, part=_part_said(found["part"]))) if first and last else None


def _between_digits(found: re.Match[str], now: datetime) -> Item | None:
    """ "10.06 alle 9.45" is a day and its hour, "10.30 alle 11.30" from one to the other."""
    dated = "alle" in found[0] and "." in found[0] and 1 <= int(found["m"]) <= 12 and int(found["h"]) > 0
    return None if dated else _between(found, now)


def _either(found: re.Match[str], _now: datetime) -> list[Item] | None:
    first, last = _hour(found, ""), _hour(found, "2")
    if not first or not last:
        return None
    middle = found.start("or")
    part = _part_said(found["part"])
    return [
        Item(found.start(), middle, "time", clock=Clock(at=first, part=part)),
        Item(found.end("or"), found.end(), "time", clock=Clock(at=last, part=part)),
    ]


def _minutes_to(found: re.Match[str], _now: datetime) -> Item | None:
    """ "Un quarto alle dieci"."""
    hour = _hour(found, "")
    if not hour or hour.minute:
        return None
    before = Hour((hour.hour - 1) % 24, 60 - _minutes(found["to"]), hour.certain or hour.hour == 1)
    if hour.hour == 1:
        before = Hour(12, before.minute, certain=True)
    return _item(found, Clock(at=before, part=_part_said(found["part"])))


_WORDS = "|".join(sorted((w for w in NUMBER if NUMBER[w] <= 24), key=len, reverse=True))
_MINUTE_WORDS = "|".join(sorted((w for w in NUMBER if NUMBER[w] <= 59), key=len, reverse=True))
_MINUTE = rf"(?:mezz[ao]|un quarto|tre quarti|3/4|{_MINUTE_WORDS}|[0-5]\d|5)"
_BARE_MINUTE = r"(?:15|20|30|40|45|50|quindici|venti|trenta|quaranta|quarantacinque|cinquanta|mezz[ao])"


def _clock(suffix: str = "") -> str:
    """The pattern of an hour with its minutes, groups named with the suffix."""
    return (
        rf"(?P<h{suffix}>[01]?\d[0-5]\d(?!\d)|[012]?\d|una|mezzogiorno|mezzodi|mezzanotte|{_WORDS})\b(?:"
        rf" ?(?:: ?|[.,]|h ?)(?P<m{suffix}>[0-5]\d)(?!\d| ?{MONTH})(?: ?h\b)?"
        rf"| (?:e (?P<e{suffix}>{_MINUTE})|(?P<b{suffix}>{_BARE_MINUTE}))\b(?: minuti)?(?! ?{MONTH}|[/-]\d)"
        rf"| meno (?P<l{suffix}>{_MINUTE})\b(?: minuti)?"
        rf"| ?h\b)?(?: in punto)?"
    )


def _digits(suffix: str = "", *, sign: str = ":") -> str:
    """The pattern of an hour in digits with its minutes, written together."""
    return rf"(?P<h{suffix}>[012]?\d){sign}(?P<m{suffix}>[0-5]\d)(?P<e{suffix}>)(?P<b{suffix}>)(?P<l{suffix}>)"


_DAY_PART = r"(?: ?(?P<part>(?:(?:di|del|della|la|al|in|nel) )?(?:mattina|mattino|mattinata|pomeriggio|sera|notte)\b|pm\b|am\b|p\.m\.|a\.m\.))?"
_NO_PART = "(?P<part>)"
_ONE = r"(?=una\b)"
_NOON = r"(?=mezz)"
_THE = rf"(?:le ore |l ora |le |l {_ONE}|ore |h ?\.? ?)"
_ATS = rf"(?:alle ore |all ore |alle h |alle |all {_ONE}|ore ?[.:]? ?|ora |h ?\.? ?|dell {_ONE}|delle ore )"
_ABOUT = (
    r"(?P<about>(?:verso|sulle?|intorno a(?:lle|ll)?|attorno a(?:lle|ll)?|circa (?:alle|le|all|a)|piu o meno (?:alle|le|all)|quasi alle"
    rf"|(?:tipo|indicativamente|diciamo) (?:alle|le|all|verso le))(?: (?:le ore|le|l {_ONE}|ore))? ?)"
)
_AFTERWARDS = (
    rf"(?:(?:un po |poco |subito )?dopo (?:le ore |le |l {_ONE}|ore |alle |{_NOON})|non prima (?:delle (?:ore )?|dell {_ONE}|di {_NOON})"
    rf"|passate le |oltre le |(?:a partire )?(?:dalle ore |dalle |dall {_ONE}|da {_NOON}))"
)
_BEFOREHAND = (
    rf"(?:(?:un po |poco )?prima (?:delle ore |delle |dell {_ONE}|di {_NOON})|entro (?:le ore |le |l {_ONE}|ore |{_NOON})"
    rf"|fino (?:alle ore |alle |all {_ONE}|a {_NOON})|non oltre (?:le |l {_ONE})|non (?:dopo|piu tardi) (?:le |delle |dell {_ONE}|l {_ONE}|di {_NOON})"
    rf"|(?:finire|finiamo|finirei|uscire|essere via|essere fuori) (?:per |entro |prima delle |alle )(?:le |{_NOON})"
    r"|(?:al )?massimo (?:alle |le |all |entro le |per le )|max (?:alle |le ))"
)
_NO_UNIT = rf"(?! ?(?:{UNITS}|{MONTH})\b)(?! ?[°%€])(?![\d/]|[.,:]\d)"
_CIRCA = r"(?: circa| piu o meno| o giu di li)?"
_TO = rf"(?: ?- ?(?:{_THE})?| (?:fino )?(?:alle ore |alle |all {_ONE}|a {_NOON}))"
# "le 11" says an hour only where the sentence lets it; "le 2 domande" does not.
_AFTER_LE = (
    r"(?= ?(?:[.,;!?)_]|$|(?:o|e(?! (?:mezz|un quarto|tre quarti|\d|dieci|quindici|venti|trenta|quaranta))|sono|in punto|di|del|va|vanno|grazie|per|se|mi|posso|vengo|anche|circa|ok|a|perfetto|sarebbe|sarebbero"
    r"|andrebbe|andrebbero|non|no|si|sì|purtroppo|perche|meglio|ci|arrivo|saro|siamo)\b))"
)

RULES: list[Rule] = [
    rule(
        rf"\b(?:tra|fra) (?:{_THE}|{_NOON}){_clock()} e (?:{_THE}|{_NOON})?{_clock('2')}{_DAY_PART}{_NO_UNIT}", _between
    ),
    rule(
        rf"\b(?:dalle (?:ore )?|dall {_ONE}|da {_NOON}){_clock()}(?: (?:di|del|della) (?:mattina|mattino|pomeriggio))?{_TO}{_clock('2')}{_DAY_PART}{_NO_UNIT}",
        _between,
    ),
    rule(rf"\b{_ATS}{_clock()} ?[-/] ?(?:{_THE})?{_clock('2')}{_DAY_PART}{_NO_UNIT}", _between),
    rule(
        rf"(?<![\d/.,-]){_digits(sign='[:.]')} ?(?:[-/]|alle) ?{_digits('2', sign='[:.]')}{_DAY_PART}{_NO_UNIT}",
        _between_digits,
    ),
    rule(
        rf"\b(?:{_ATS}|{_ABOUT}){_clock()}(?P<or> (?:o|oppure) (?:{_ATS}|{_THE})?){_clock('2')}{_DAY_PART}{_NO_UNIT}",
        _either,
    ),
    rule(
        r"\b(?<!le )(?<!il )(?<!ore )(?<!di )(?<!to )(?<!ica )(?<!rno )(?P<item>(?:(?:a|per|verso) )?"
        rf"(?P<to>un quarto|dieci|venti|cinque|venticinque) (?:alle |all {_ONE}|a {_NOON}){_clock()}{_DAY_PART})",
        _minutes_to,
    ),
    rule(rf"\b{_BEFOREHAND}{_clock()}{_DAY_PART}{_NO_UNIT}", _until),
    rule(rf"\b{_AFTERWARDS}{_clock()}{_DAY_PART}{_NO_UNIT}(?: in (?:poi|avanti|su))?", _from),
    rule(rf"\b{_ABOUT}{_clock()}{_DAY_PART}{_CIRCA}{_NO_UNIT}", _at),
    rule(rf"\b(?P<about>){_ATS}{_clock()}{_DAY_PART}{_CIRCA}{_NO_UNIT}", _at),
    rule(rf"\b(?P<about>)(?:a |per )?{_NOON}{_clock()}{_NO_PART}{_CIRCA}", _at),
]
LATE_RULES: list[Rule] = [
    rule(
        r"\b(?:finisc\w+|finire|finito|esco|stacco|smonto)(?: (?:turno|lavoro|di lavorare|ore))*"
        rf" (?P<item>(?P<h>[012]?\d)\b(?P<m>)(?P<e>)(?P<b>)(?P<l>)(?P<part>)){_NO_UNIT}",
        _from,
    ),
    rule(
        rf"\b(?<!tutte )(?<!tutti )(?<!una )(?P<about>)(?:delle|dell(?= una)|le|l(?= una)) {_clock()}{_DAY_PART}{_CIRCA}{_NO_UNIT}{_AFTER_LE}",
        _at,
    ),
    rule(rf"(?<![\d/.,-])(?P<about>){_digits(sign=r'(?:[:.]| ?h ?|,(?=00|15|30|45))')}{_DAY_PART}{_NO_UNIT}", _at),
    rule(rf"(?<![\d/.,-])(?P<about>)(?P<h>[012]?\d) ?h\b(?P<m>)(?P<e>)(?P<b>)(?P<l>){_DAY_PART}{_NO_UNIT}", _at),
    rule(
        rf"\b(?<!il )(?<!giorno )(?P<about>)(?P<h>[012]?\d|una|{_WORDS}) (?:e (?P<e>mezz[ao]|un quarto|tre quarti|15|30|45)|meno (?P<l>un quarto))\b"
        rf"(?P<m>)(?P<b>){_DAY_PART}",
        _at,
    ),
    rule(
        rf"\b(?P<about>)(?P<h>[012]?\d|{_WORDS})(?P<m>)(?P<e>)(?P<b>)(?P<l>) (?P<part>(?:di|del|della) (?:mattina|mattino|pomeriggio|sera))\b",
        _at,
    ),
]
