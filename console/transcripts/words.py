"""What operators type into the search box, as PostgreSQL looks for it.

`prenotaz` finds beginnings of words, and a word its other forms; `"centro per l'impiego"` these words in this order;
`-naspi` leaves out messages with the word. Accents and case do not matter.
"""

import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MAX_TERMS = 12
MAX_CHARS = 200
MIN_BEGINNING = 3
_TERM = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """One part of what was typed."""

    text: str
    phrase: bool
    without: bool


def terms_of(typed: str) -> list[Term]:
    """The parts; those without a letter or digit are left out."""
    found = []
    for match in _TERM.finditer(typed[:MAX_CHARS].replace("\x00", "")):
        words = match["phrase"] if match["phrase"] is not None else match["word"].rstrip("*")
        if any(one.isalnum() for one in words):
            found.append(Term(words, match["phrase"] is not None, bool(match["no"])))
    return found[:MAX_TERMS]


def plain(said: str) -> str:
    """Without accents and case, as the index has it; as long as what was given, letter by letter."""
    return "".join(_plain(one) for one in said)


def _plain(one: str) -> str:
    first = unicodedata.normalize("NFKD", one)[0]
    lower = first.lower()
    return lower if len(lower) == 1 else first


def _expression(terms: list[Term]) -> tuple[str, dict[str, str]]:
    parts, values = [], {}
    for number, term in enumerate(terms):
        name = f"t{number}"
        values[name] = term.text
        stem = f"phraseto_tsquery('italian', sportello_plain(:{name}))"
        if term.phrase or term.without or len(term.text) < MIN_BEGINNING:
            part = stem
        else:
            values[f"b{number}"] = "'" + plain(term.text).replace("\\", " ").replace("'", "''") + "':*"
            part = f"({stem} || to_tsquery('sportello_whole', :b{number}))"
        parts.append(f"!!{part}" if term.without else part)
    return " && ".join(parts), values


async def query_of(connection: AsyncConnection, typed: str) -> str | None:
    """The tsquery as text; None when nothing is left to look for, as of a search for "di" alone."""
    terms = terms_of(typed)
    if not any(not term.without for term in terms):
        return None
    expression, values = _expression(terms)
    statement = text(f"SELECT q::text, numnode(q) FROM (SELECT {expression} AS q) asked")  # noqa: S608 - only names
    found, nodes = (await connection.execute(statement, values)).one()
    return str(found) if nodes else None


def marked(said: str, typed: str, *, around: int = 90) -> list[tuple[str, bool]]:
    """A piece of the text around the first word found, cut into what was looked for (True) and the rest."""
    spans = sorted(_found_in(said, typed))
    start = max(0, spans[0][0] - around) if spans else 0
    end = min(len(said), start + 3 * around)
    pieces, at = [("…", False)] if start else [], start
    for first, last in spans:
        if first >= at and last <= end:
            pieces += [(said[at:first], False), (said[first:last], True)]
            at = last
    pieces += [(said[at:end], False)] + ([("…", False)] if end < len(said) else [])
    return [piece for piece in pieces if piece[0]]


def _found_in(said: str, typed: str) -> list[tuple[int, int]]:
    folded, spans = plain(said), []
    for term in terms_of(typed):
        if term.without:
            continue
        for word in re.findall(r"\w+", plain(term.text)):
            # A word is found in its other forms too: its first letters are what they share.
            stem = word if len(word) <= 4 else word[: max(4, len(word) - 3)]
            if len(word) >= MIN_BEGINNING:
                spans += [found.span() for found in re.finditer(rf"\b{re.escape(stem)}\w*", folded)]
    return spans
