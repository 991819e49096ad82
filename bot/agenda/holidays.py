"""Public holidays of Italy and patron days, with their Italian names (package `holidays`)."""

from datetime import date
from functools import lru_cache

# Here, not at first use as the package would by itself: loading its countries takes half a second.
from holidays.countries.italy import Italy

# The package knows the patron of each province's capital, under the province's code. A patron is the town's, not the
# province's: the centre of Susa is open on San Giovanni. Biella's, Santo Stefano, is a holiday everywhere.
CAPITALS = {
    "Alessandria": "AL",
    "Asti": "AT",
    "Biella": "BI",
    "Cuneo": "CN",
    "Novara": "NO",
    "Torino": "TO",
    "Verbania": "VB",
    "Vercelli": "VC",
}


@lru_cache(maxsize=16)
def _calendar(patron_of: str | None) -> Italy:
    # Years are added by the package as they are asked for.
    return Italy(subdiv=patron_of, language="it_IT")  # type: ignore[no-untyped-call]


@lru_cache(maxsize=8192)
def holiday_name(day: date, municipality: str) -> str | None:
    """The Italian name of the holiday that day is in a municipality of Piedmont, patron day included, or None."""
    name: str | None = _calendar(CAPITALS.get(municipality)).get(day)
    return name.replace("; ", " e ") if name else None
