"""An appointment's code as people write it, and the surname beside it."""

import re

from bot.agenda.codes import DIGITS, LETTERS, normalised
from bot.nlu.assent import plain_words

_SIGN = f"[{LETTERS}{DIGITS}]"
_CODE = re.compile(
    rf"(?<!\w)((?:{_SIGN}[ ]?){{2}}{_SIGN})[ ]*[-–—.]?[ ]*((?:{_SIGN}[ ]?){{2}}{_SIGN})(?!\w)", re.IGNORECASE
)
_SURNAME = re.compile(
    r"\b(?:cognome|a nome|mi chiamo|sono)\b[ :,]*(?:(?:e|è|di) )?([^\W\d_][\w'’ -]{0,40})$", re.IGNORECASE
)
_WORDS_AROUND = re.compile(
    r"\b(?:il|mio|codice|e|è|con|per|cod|appuntamento|vorrei|voglio|devo|spostare|disdire|annullare|cancellare|sposta|disdici|ecco|ciao|salve|buongiorno|l|del|prenotazione)\b",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\b(?:non (?:\w+ ){0,3}(?:ho|trovo|ricordo|so|avevo)|perso|smarrit\w+|dimenticat\w+|senza|cancellat\w+)\b.*\bcodice\b|\bcodice\b.*\b(?:perso|dimenticat\w+|non (?:lo|ce)|boh)\b"
)


def code_in(text: str, *, expected: bool) -> str | None:
    """The code in a text: digits alone only where a code is expected or the text says it is one."""
    if "@" in text:
        return None
    for match in _CODE.finditer(text):
        code = normalised(match[1] + match[2])
        if not any(sign in DIGITS for sign in code):
            continue
        said = "codice" in text.lower() or any(sign in LETTERS for sign in code)
        if expected or (said and "codice" in text.lower()):
            return code
    return None


def surname_beside(text: str) -> str | None:
    """The surname written in the message of the code: "A7K-3F9 Rossi", "codice A7K-3F9 cognome De Rossi"."""
    rest = " ".join(re.sub(r"[,.;:]", " ", _CODE.sub(" ", text)).split())
    said = _SURNAME.search(rest)
    if said:
        return said[1].strip()
    words = " ".join(_WORDS_AROUND.sub(" ", re.sub(r"['’]", " ", rest)).split())
    return words if 1 <= len(words.split()) <= 2 and re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)?", words) else None


def lost_code(text: str) -> bool:
    """Whether the citizen has no code to give."""
    return _NONE.search(plain_words(text)) is not None
