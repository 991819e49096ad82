"""Days known by name: holidays, their eves, saints' days everybody names, and the season of feasts."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from bot.nlu.when.calendar import after, before, easter
from bot.nlu.when.items import Item, Rule, day_item, on, rule, span

_DAY = timedelta(days=1)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _from_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


# Pattern of the name, and which day of a year it is. First match wins.
FEASTS: list[tuple[str, Callable[[int], date]]] = [
    (r"luned(?:i) (?:di pasqua|dell angelo)|pasquetta", _from_easter(1)),
    (r"venerdi santo", _from_easter(-2)),
    (r"giovedi santo", _from_easter(-3)),
    (r"sabato santo", _from_easter(-1)),
    (r"domenica delle palme|le palme", _from_easter(-7)),
    (r"giovedi grasso", _from_easter(-52)),
    (r"martedi grasso", _from_easter(-47)),
    (r"(?:mercoledi delle )?ceneri", _from_easter(-46)),
    (r"antivigilia(?: di natale)?", _fixed(12, 23)),
    (
        r"vigilia di capodanno|(?:notte |giorno )?(?:di )?san silvestro|ultimo dell anno|ultimo giorno dell anno",
        _fixed(12, 31),
    ),
    (r"vigilia dell epifania", _fixed(1, 5)),
    (r"vigilia di ferragosto", _fixed(8, 14)),
    (r"vigilia di pasqua", _from_easter(-1)),
    (r"vigilia dell immacolata", _fixed(12, 7)),
    (r"vigilia di ognissanti", _fixed(10, 31)),
    (r"(?:giorno di |domenica di )?pasqua", _from_easter(0)),
    (r"vigilia(?: di natale)?", _fixed(12, 24)),
    (r"(?:giorno di )?natale", _fixed(12, 25)),
    (r"santo stefano(?! (?:belbo|roero))|s\. ?stefano(?! (?:belbo|roero))", _fixed(12, 26)),
    (r"capodanno|primo dell anno|primo giorno dell anno", _fixed(1, 1)),
    (r"epifania|befana|re magi", _fixed(1, 6)),
    (r"ferragosto", _fixed(8, 15)),
    (
        r"ognissanti|tutti i santi|(?:giorno dei |festa dei )santi|(?<=dopo )i santi|(?<=per )i santi|(?<=ai )santi",
        _fixed(11, 1),
    ),
    (r"(?:giorno |commemorazione |festa )dei (?:morti|defunti)|(?<=dopo )i morti", _fixed(11, 2)),
    (r"(?:(?<=l )|(?<=ll )|(?<=per ))immacolata(?: concezione)?", _fixed(12, 8)),
    (r"(?:festa|giorno|anniversario) della liberazione", _fixed(4, 25)),
    (r"festa (?:della |dei )?(?:lavoro|lavoratori|del lavoro)", _fixed(5, 1)),
    (r"festa della repubblica", _fixed(6, 2)),
    (r"(?:giorno|festa) di (?:san giovanni)", _fixed(6, 24)),
    (r"(?:giorno|festa) di san giuseppe", _fixed(3, 19)),
    (r"(?:giorno|festa) di san francesco", _fixed(10, 4)),
    (r"san valentino|festa degli innamorati", _fixed(2, 14)),
    (r"festa della donna|giornata della donna", _fixed(3, 8)),
    (r"(?:(?<=\ba )|(?<=\bper )|(?<=\bdopo )|(?<=\bdi ))san giuseppe(?! \w)|festa del papa", _fixed(3, 19)),
    (r"festa della mamma", lambda year: after(date(year, 4, 30), 6) + timedelta(weeks=1)),
    (r"(?:(?<=\ba )|(?<=\bper )|(?<=\bdopo )|(?<=\bdi ))san giovanni(?! \w)", _fixed(6, 24)),
    (r"halloween", _fixed(10, 31)),
    (r"(?:(?<=\ba )|(?<=\bper )|(?<=\bdopo )|(?<=\bdi ))san francesco(?! \w)", _fixed(10, 4)),
]


def next_feast(of_year: Callable[[int], date], today: date) -> date:
    """The feast's next day, today included."""
    return next(day for year in (today.year, today.year + 1) if (day := of_year(year)) >= today)


def _feast(of_year: Callable[[int], date]) -> Callable[[re.Match[str], datetime], Item]:
    return lambda found, now: day_item(found, on(next_feast(of_year, now.date())), month=True)


def _feasts_over(found: re.Match[str], now: datetime) -> Item:
    """From 7 January; close to Easter it may be those feasts."""
    today, named = now.date(), found["which"] or ""
    epiphany = next_feast(_fixed(1, 6), today) + _DAY
    monday = next_feast(_from_easter(1), today) + _DAY
    if "pasq" in named:
        return day_item(found, [span(monday, None)], "period")
    if not named and "feste" not in found[0] and 5 <= today.month <= 9:
        return day_item(found, [span(date(today.year, 9, 1), None), span(date(today.year, 9, 21), None)], "period")
    if not named and (monday - today).days <= 21:
        return day_item(found, [span(monday, None), span(epiphany, None)], "period")
    return day_item(found, [span(epiphany, None)], "period")


def _feasts_begin(found: re.Match[str], now: datetime) -> Item:
    eve = next_feast(_fixed(12, 24), now.date())
    options = [span(None, eve - _DAY), span(None, eve)]
    if found["op"].startswith("entro"):
        options[1] = span(None, date(eve.year + 1, 1, 6))
    return day_item(found, options, "period")


def _feasts(found: re.Match[str], now: datetime) -> Item:
    last = next_feast(_fixed(1, 6), now.date())
    return day_item(found, [span(max(now.date(), date(last.year - 1, 12, 24)), last)], "period")


def _between_feasts(found: re.Match[str], now: datetime) -> Item:
    first = next_feast(_fixed(12, 25), now.date())
    new_year = date(first.year + 1, 1, 1)
    return day_item(found, [span(first + _DAY, new_year - _DAY), span(first, new_year)], "period")


def _bridge(found: re.Match[str], now: datetime) -> Item:
    """The days around the next holiday of spring, autumn: nobody agrees on which; both ends of what it may be."""
    feast = next_feast(_next_of(found["feast"]), now.date()) if found["feast"] else _next_bridge(now.date())
    first = before(feast, 4) + _DAY if feast.weekday() <= 2 else feast
    last = after(feast, 0) - _DAY if feast.weekday() >= 2 else feast
    if first == last:
        first, last = feast - _DAY, feast + _DAY
    over = [span(last + _DAY, None), span(feast + _DAY, None)]
    return day_item(found, over if found["op"] else [span(min(first, feast), max(last, feast)), *on(feast)], "period")


def _next_of(name: str) -> Callable[[int], date]:
    dated = {
        "25 aprile": (4, 25),
        "primo maggio": (5, 1),
        "1 maggio": (5, 1),
        "2 giugno": (6, 2),
        "1 novembre": (11, 1),
        "morti": (11, 1),
        "santi": (11, 1),
    }
    if name in dated:
        return _fixed(*dated[name])
    return next(of_year for pattern, of_year in FEASTS if re.fullmatch(pattern, name))


def _next_bridge(today: date) -> date:
    return min(next_feast(_fixed(*day), today) for day in ((4, 25), (5, 1), (6, 2), (11, 1), (12, 8)))


_DATED = (
    r"25 aprile|primo maggio|1 maggio|2 giugno|1 novembre|ognissanti|immacolata|ferragosto|san giovanni|morti|santi"
)
_FEAST_TIME = (
    r"(?:le|delle|dalle) (?:vacanze|feste|festivita)(?P<which>(?: natalizie| di natale| di pasqua| pasquali)?)"
)

RULES: list[Rule] = [
    rule(rf"\b(?:dopo|passate|finite|rientro da|rientro|ritorno|finendo) ?{_FEAST_TIME}\b", _feasts_over),
    rule(
        r"\b(?P<op>prima|entro)(?: del)?(?:le| le) (?:vacanze di natale|feste(?: natalizie| di natale)?)\b",
        _feasts_begin,
    ),
    rule(r"\b(?:durante|sotto|per|nelle) (?:le )?(?:feste|vacanze) ?(?:natalizie|di natale)?\b", _feasts),
    rule(r"\b(?:tra|fra) natale e capodanno\b", _between_feasts),
    rule(rf"\b(?P<op>dopo )?(?:il |al |del )?ponte(?: (?:del(?:l|la)? |dei |di |d )?(?P<feast>{_DATED}))?\b", _bridge),
    *(rule(rf"\b(?:{pattern})\b", _feast(of_year)) for pattern, of_year in FEASTS),
]
