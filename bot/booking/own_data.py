"""Name or contact given wrong: which of them the citizen wants to write again.

The new value is never taken from such a message: it is asked for, so that it goes straight to where it is kept sealed.
"""

import re
from typing import Literal

from bot.booking.cues import is_question
from bot.booking.heard import Heard
from bot.booking.state import State
from bot.nlu.assent import plain_words

Own = Literal["name", "contact"]
_WRONG = re.compile(
    r"\b(?:sbagli\w+|cambi\w*|corregg\w+|correzione|modific\w+|errat\w+|scritto male|non e (?:giusto|corretto|quello|piu)|anzi|un altr[oa]|nuov[oa])\b"
)
_NAME = re.compile(r"\b(?:nome|cognome)\b")
_CONTACT = re.compile(r"\b(?:numero|telefono|cell\w*|e ?mail|mail|contatt[oi]|recapit[oi])\b")
_AS_MODE = re.compile(r"\b(?:per|al|via|tramite|x) (?:telefono|cell\w*)\b")
_AFTER_NAME = ("contact", "codice_fiscale", "consent", "confirm", "change", "waiting")
_AFTER_CONTACT = _AFTER_NAME[1:]
_LONGEST = 10


def to_write_again(state: State, heard: Heard) -> Own | None:
    """What to ask for again, if the message is about that."""
    if state.flow != "book" or state.step not in _AFTER_NAME:
        return None
    pressed = heard.pressed.get("change")
    if heard.is_button:
        return "name" if pressed == "name" else "contact" if pressed == "contact" else None
    if is_question(heard.text):
        return None
    if "[nome]" in heard.text:
        return "name"
    later = state.step in _AFTER_CONTACT
    if later and ("[telefono]" in heard.text or "[e-mail]" in heard.text):
        return "contact"
    plain = plain_words(heard.text)
    if len(plain.split()) > _LONGEST or not (state.step == "change" or _WRONG.search(plain)):
        return None
    if _NAME.search(plain):
        return "name"
    return "contact" if later and _CONTACT.search(plain) and not _AS_MODE.search(plain) else None
