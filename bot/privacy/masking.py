"""Personal data that people write unasked, hidden before the dialogue sees the message.

Only what has a recognisable shape: telephone numbers, e-mail addresses, tax codes, IBANs, and the words after
"mi chiamo". What the assistant asks for is handled by `answers`.
"""

import re

_RULES = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (
        re.compile(r"\b[A-Z]{6}\s?\d{2}\s?[A-EHLMPRST]\s?\d{2}\s?[A-Z]\d{3}\s?[A-Z]\b", re.IGNORECASE),
        "[codice fiscale]",
    ),
    (re.compile(r"\bIT\s?\d{2}\s?[A-Z](?:\s?\d){10}(?:\s?[0-9A-Z]){12}\b", re.IGNORECASE), "[iban]"),
    (re.compile(r"(?<![\w+])(?:\+|00)39[\s./-]?\d(?:[\s./-]?\d){7,10}(?!\w)"), "[telefono]"),
    (re.compile(r"(?<![\w+])(?:3\d{2}|0\d{1,3})[\s./-]?\d(?:[\s./-]?\d){4,7}(?!\w)"), "[telefono]"),
)
_NAMED = re.compile(
    r"\b(mi chiamo|il mio nome (?:è|e'|e))\s+((?:(?!(?:e|ed|ho|sono|vorrei|devo|abito|vivo|di|da|in|a)\b)[^\W\d_][\w'’-]*\s*){1,3})",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text with personal data replaced by their kind in brackets."""
    for pattern, kind in _RULES:
        text = pattern.sub(kind, text)
    return _NAMED.sub(lambda found: f"{found[1]} [nome] ", text).strip()
