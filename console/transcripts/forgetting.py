"""Taking words out of the dialogue's memory: Rasa's tracker, kept as one JSON text an event."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Strike = Callable[[str], str]

# Rasa makes its table when it first starts.
_HAS_TRACKER = text("SELECT to_regclass('events') IS NOT NULL")
_EVENTS = text("SELECT id, data FROM events WHERE sender_id = :conversation ORDER BY id FOR UPDATE")
_CHANGE = text("UPDATE events SET data = :data WHERE id = :id")
# A running Rasa uses the tracker it remembers until the highest id of the conversation's events is another.
_RENEW = text("""
UPDATE events SET id = nextval(pg_get_serial_sequence('events', 'id'))
WHERE id = (SELECT max(id) FROM events WHERE sender_id = :conversation)
""")


async def strike_tracker(
    connection: AsyncConnection, conversation_id: UUID, pattern: re.Pattern[str], omitted: str
) -> int:
    """Take the words out of every event, and out of the dialogue's memory what was understood of them.

    Returns how many events held them.
    """
    if not (await connection.execute(_HAS_TRACKER)).scalar_one():
        return 0

    def strike(words: str) -> str:
        return pattern.sub(omitted, words)

    own = {"conversation": str(conversation_id)}
    events = [(row.id, json.loads(row.data)) for row in await connection.execute(_EVENTS, own)]
    forgotten = [value for _, event in events for value in _understood(event, pattern)]
    places = 0
    for event_id, event in events:
        struck = within(_without(event, forgotten, pattern), strike)
        if struck != event:
            places += 1
            await connection.execute(_CHANGE, {"id": event_id, "data": json.dumps(struck)})
    if places:
        await connection.execute(_RENEW, own)
    return places


def spans_of(said: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where the words stand in a text."""
    return [found.span() for found in pattern.finditer(said)]


def overlaps(entity: dict[str, Any], spans: list[tuple[int, int]]) -> bool:
    """Whether an entity was read in one of the spans."""
    start, end = entity.get("start"), entity.get("end")
    return start is not None and end is not None and any(start < last and end > first for first, last in spans)


def _understood(event: dict[str, Any], pattern: re.Pattern[str]) -> list[Any]:
    """The values read in the words that go."""
    parse = event.get("parse_data") or {}
    spans = spans_of(parse.get("text") or "", pattern)
    return [one.get("value") for one in parse.get("entities") or [] if overlaps(one, spans)] if spans else []


def _without(event: dict[str, Any], forgotten: list[Any], pattern: re.Pattern[str]) -> dict[str, Any]:
    if event.get("event") == "slot" and event.get("value") in forgotten:
        return event | {"value": None}
    if event.get("event") == "entities":
        return event | {"entities": [one for one in event["entities"] if one.get("value") not in forgotten]}
    parse = event.get("parse_data")
    if not parse:
        return event
    spans = spans_of(parse.get("text") or "", pattern)
    if not spans:
        return event
    kept = [one for one in parse.get("entities") or [] if not overlaps(one, spans)]
    return event | {"parse_data": parse | {"entities": kept, "text_tokens": []}}


def within(value: Any, strike: Strike) -> Any:
    """The same JSON with every text struck out."""
    if isinstance(value, str):
        return strike(value)
    if isinstance(value, list):
        return [within(one, strike) for one in value]
    if isinstance(value, dict):
        return {strike(name): within(one, strike) for name, one in value.items()}
    # Numbers may be what was said, too.
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and strike(json.dumps(value)) != json.dumps(value)
    ):
        return strike(json.dumps(value))
    return value
