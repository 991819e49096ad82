"""A plain yes, a plain no."""

import re

from bot.knowledge.spelling import fold

_YES = re.compile(
    r"(?:s[iì]+|si si|ok(?:ay|ei)?|va bene|confermo|conferma|certo|certamente|accetto|accett|d accordo|perfetto|esatto|giusto|bene|benissimo|"
    r"va benissimo|procedi|prenota|prenotalo|prenotamelo|lo prendo|volentieri|sicuro|assolutamente|yes|daje|tutto giusto|tutto ok|e giusto|mi va bene)"
)
_NO = re.compile(
    r"(?:no+|nn|non accetto|non confermo|non va bene|no grazie|niente affatto|sbagliato|e sbagliato|non mi va bene|assolutamente no)"
)


def plain_words(text: str) -> str:
    """The words of a text, folded, without punctuation."""
    return " ".join(re.sub(r"[^\w]+", " ", fold(text)).split())


def says_yes(text: str) -> bool:
    """Whether the message agrees and says nothing else."""
    return _only(_YES, text)


def says_no(text: str) -> bool:
    """Whether the message refuses and says nothing else."""
    return _only(_NO, text)


def _only(pattern: re.Pattern[str], text: str) -> bool:
    plain = plain_words(text)
    rest = " ".join(re.sub(rf"\b{pattern.pattern}\b", " ", plain).split())
    return plain != rest and len(rest.split()) <= 2
