"""Italian as people type it, folded to one spelling. Nothing a person reads passes here."""

import re
import unicodedata

_RUN = re.compile(r"(\w)\1{2,}")
_APOSTROPHES = re.compile(r"['’‘`´]")


def strip_accents(text: str) -> str:
    """The text without accents: "Ciriè" becomes "Cirie"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Lower case, no accents, apostrophes as spaces, runs of three or more letters cut to two, single spaces."""
    folded = _APOSTROPHES.sub(" ", strip_accents(text).lower())
    return " ".join(_RUN.sub(r"\1\1", folded).split())
