"""A choice made by writing instead of pressing: the title of a button just shown, its number, or a plain yes or no."""

import re
from collections.abc import Sequence
from typing import Any

from bot.nlu.assent import plain_words, says_no, says_yes

_NUMBER = re.compile(r"(?:il |la |n |nr |numero |opzione |scelta )?(\d{1,2})\s*[.)]?")


def chosen(text: str, choices: Sequence[dict[str, Any]], *, numbered: bool) -> str | None:
    """The payload of the choice that the text makes, or None when it makes none.

    `numbered`: the channel showed the choices with numbers, so that "2" is the second. Elsewhere "2" may be a day.
    """
    said = plain_words(text)
    if not said or not choices:
        return None
    for place, choice in enumerate(choices, start=1):
        title = plain_words(choice["title"])
        if said == title or (numbered and said == f"{place} {title}"):
            return str(choice["payload"])
    number = _NUMBER.fullmatch(said) if numbered else None
    if number and 1 <= int(number[1]) <= len(choices):
        return str(choices[int(number[1]) - 1]["payload"])
    for says, start in ((says_yes, "si "), (says_no, "no ")):
        fitting = [choice for choice in choices if f"{plain_words(choice['title'])} ".startswith(start)]
        if len(fitting) == 1 and says(text):
            return str(fitting[0]["payload"])
    return None
