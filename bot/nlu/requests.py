"""Splitting a message that makes two requests ("e poi", "già che ci sono", two questions) into its parts."""

import re

_JOINT = (
    r"(?:e poi|e inoltre|inoltre|e gi[aà] che ci sono|gi[aà] che ci sono|e un'altra cosa|un'altra cosa|poi volevo|"
    r"e volevo anche|e anche volevo|e vorrei anche|e anche (?:sapere|dirmi)|e un'ultima cosa)\b"
)
_JOINED = re.compile(_JOINT, re.IGNORECASE)
_BREAK = re.compile(rf"(?<=[?!.;])\s+|\s*[,;]?\s+(?={_JOINT})", re.IGNORECASE)
MIN_WORDS = 3
MAX_PARTS = 4


def split_requests(text: str) -> list[str]:
    """The parts of a message that could each be a request, in order; one part when there is nothing to split."""
    parts = [part.strip(" ,;") for part in _BREAK.split(text) if part]
    parts = [part for part in parts if len(part.split()) >= MIN_WORDS]
    return parts if 1 < len(parts) <= MAX_PARTS else [text]


def joins_requests(text: str) -> bool:
    """Whether the text says itself that a second thing follows, or asks two questions."""
    return _JOINED.search(text) is not None or text.count("?") > 1
