"""Whether a message says that the person the appointment is for is younger than the services allow."""

import re

from bot.nlu.assent import plain_words

MIN_AGE = 15
_WORDS = {
    "otto": 8,
    "nove": 9,
    "dieci": 10,
    "undici": 11,
    "dodici": 12,
    "tredici": 13,
    "quattordici": 14,
    "quindici": 15,
}
_NUMBER = rf"(\d{{1,2}}|{'|'.join(_WORDS)})"
_YEARS = rf"{_NUMBER} ?ann[io]\b(?! (?:e piu|di (?:esperienza|contribut\w+|lavoro|anzianita|servizio|carriera|fabbrica|ditta|attivita|naspi|studi\w*|matrimonio)))"
_SO_FAR = r"(?:solo |appena |gia |ancora |quasi |soltanto |anche )?"
_OWN = re.compile(
    rf"\b(?:ho|avendo|tengo) {_SO_FAR}{_YEARS}|\b(\d{{1,2}})enne\b|\b(undici|dodici|tredici|quattordici?)enne\b"
)
_WILL_BE = re.compile(
    rf"\b(?:ne )?(?:compio|compie|compiro|compira|faccio|fa) {_SO_FAR}(?:i )?{_NUMBER}(?: ann[io])?\b"
)
_CHILD = r"(?:figli[oa]|nipot[ei]\w*|fratell\w+|sorell\w+|ragazz\w+|bambin\w+|alliev\w+)"
_FOR_CHILD = re.compile(
    rf"\bper (?:(?:il|la|un|una|mi[oa]|su[oa]|nostr[oa]) ){{0,2}}{_CHILD}\b.{{0,40}}?\b(?:di|ha|avendo|anni) {_SO_FAR}{_YEARS}"
)
_CHILD_IS = re.compile(rf"\b{_CHILD} (?:che )?(?:ha|di) {_SO_FAR}{_YEARS}")
_AT_SCHOOL = re.compile(
    r"^(?:\w+ ){0,3}(?:faccio|frequento|vado (?:in|alla)|sono in|sto facendo|sono alle|faccio le) (?:la |le |in |alle )?"
    r"(?:(?:prima|seconda|terza|1|2|3) media|(?:scuole )?medie|scuola media|elementari)\b"
)
_BORN = re.compile(r"\b(?:sono|e|ho) (?:nat[oa] (?:nel|il(?: \d+){0,2}(?: \w+)? ?)|del|classe) ?(20\d\d)\b")
SHORT = 9
"""In a story a child's age is about the child; in a message of so many words it is about who the appointment is for."""


def too_young(text: str, *, this_year: int) -> bool:
    """Whether the person is certainly under fifteen. "Ho 14 anni di esperienza" and a child in a story are not."""
    plain = plain_words(text)
    soon = _WILL_BE.search(plain)
    if soon and _value(soon[1]) <= MIN_AGE and (soon[1].isdigit() is False or "ann" in soon[0] or "ne comp" in plain):
        return True
    born = _BORN.search(plain)
    if born and this_year - int(born[1]) < MIN_AGE:
        return True
    if _AT_SCHOOL.search(plain):
        return True
    found = _OWN.search(plain) or _FOR_CHILD.search(plain)
    if found is None and len(plain.split()) <= SHORT:
        found = _CHILD_IS.search(plain)
    if found is None:
        return False
    years = next(group for group in found.groups() if group)
    return _value(years) < MIN_AGE


def _value(years: str) -> int:
    return int(years) if years.isdigit() else _WORDS.get(years, _WORDS.get(years + "i", 14))
