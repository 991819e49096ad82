"""Understanding which municipality of Piedmont a person means.

From names to places: `tokens` → `spots` (names found in the `gazetteer`, or `misspelt`) → `context` (are they places at all?)
→ `cues` and `roles` (what are they to the person?) → `reading` (which one decides, or what is asked).
"""

from bot.knowledge.places.reading import Mention, PlaceReading, read_place, reading_as_json

__all__ = ["Mention", "PlaceReading", "read_place", "reading_as_json"]
