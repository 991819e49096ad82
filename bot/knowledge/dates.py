"""Partial dates in words, and whether what they date is too old to be said without a warning."""

from datetime import date, timedelta

from bot.knowledge.model import PartialDate, latest_day

MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
    "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
)  # fmt: skip


def in_words(partial: PartialDate) -> str:
    """`2025`, `giugno 2025` or `3 giugno 2025`."""
    parts = partial.split("-")
    words = [parts[0]]
    if len(parts) > 1:
        words.insert(0, MONTHS[int(parts[1]) - 1])
    if len(parts) > 2:
        words.insert(0, str(int(parts[2])))
    return " ".join(words)


def is_stale(partial: PartialDate | None, *, today: date, max_age_days: int, review_by: date | None = None) -> bool:
    """Whether a fact of that date is older than allowed; an undated fact always is.

    With a day by which it must be looked at again, that day decides, whatever the fact's age.
    """
    if review_by is not None:
        return review_by < today
    return partial is None or latest_day(partial) + timedelta(days=max_age_days) < today
