"""Conversations as a file: CSV for spreadsheets, JSON for programs; written while they are read, however many they are."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import ROME
from console.harmless import cell
from console.operators import Operator
from console.tables import summaries
from console.transcripts import labels
from console.transcripts.filters import Filters, within_reach
from console.transcripts.listing import find
from console.transcripts.reading import Transcript, read_words

BATCH = 100
COLUMNS = (
    "conversazione", "canale", "centro", "argomento", "esito", "messaggio", "quando", "chi", "autore", "testo",
    "intento", "confidenza", "non_capito", "entita", "azioni", "consegna",
)  # fmt: skip


async def selected(
    connection: AsyncConnection, operator: Operator, *, filters: Filters | None, chosen: Sequence[UUID]
) -> AsyncIterator[RowMapping]:
    """The conversations of a search, or those chosen by hand: never any the operator does not see."""
    if filters is None:
        query = _heads().where(summaries.c.conversation_id.in_(chosen), within_reach(operator))
        for row in (await connection.execute(query.order_by(summaries.c.last_message_at.desc()))).mappings().all():
            yield row
        return
    after = ""
    while True:
        ids, after, _ = await find(connection, filters, operator, after=after, most=BATCH)
        by_id = {
            row["conversation_id"]: row
            for row in (await connection.execute(_heads().where(summaries.c.conversation_id.in_(ids)))).mappings()
        }
        for conversation_id in ids:
            if conversation_id in by_id:
                yield by_id[conversation_id]
        if not after:
            return


def _heads() -> Select[Any]:
    return select(summaries)


async def _read(
    connection: AsyncConnection, heads: AsyncIterator[RowMapping], *, clear: bool
) -> AsyncIterator[Transcript]:
    """Conversations in the order of their heads, read many at a time."""
    kept: list[RowMapping] = []
    async for head in heads:
        kept.append(head)
        if len(kept) == BATCH:
            for transcript in await read_words(connection, kept, clear=clear):
                yield transcript
            kept = []
    for transcript in await read_words(connection, kept, clear=clear) if kept else ():
        yield transcript


async def as_csv(connection: AsyncConnection, heads: AsyncIterator[RowMapping], *, clear: bool) -> AsyncIterator[bytes]:
    """One line a message, after the line of names. Semicolons and a mark of UTF-8, as Italian spreadsheets expect."""
    yield b"\xef\xbb\xbf" + _line(COLUMNS)
    async for transcript in _read(connection, heads, clear=clear):
        for message in transcript.messages:
            yield _line(_row(transcript, message))


def _line(values: Sequence[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow([cell(one) for one in values])
    return line.getvalue().encode()


def _row(transcript: Transcript, message: dict[str, Any]) -> list[object]:
    about = transcript.about
    entities = ", ".join(f"{one.get('entity')}: {one.get('value')}" for one in message["entities"] or [])
    return [
        str(transcript.id),
        labels.by_name(labels.CHANNELS, about["channel"]),
        labels.centre(about["centre"]),
        labels.intent(about["topic"]),
        labels.by_name(labels.OUTCOMES, about["outcome"]),
        message["seq"],
        message["created_at"].astimezone(ROME).isoformat(timespec="seconds"),
        labels.by_name(labels.SENDERS, message["sender"]),
        message["author"],
        message["text"],
        message["intent"],
        None if message["confidence"] is None else round(message["confidence"], 3),
        {True: "sì", False: "no", None: ""}[message["fallback"]],
        entities,
        ", ".join(message["actions"] or []),
        labels.by_name(labels.DELIVERY, message["delivery"]),
    ]


async def as_json(
    connection: AsyncConnection, heads: AsyncIterator[RowMapping], *, clear: bool
) -> AsyncIterator[bytes]:
    """One list of conversations with their messages."""
    before = b"[\n"
    async for transcript in _read(connection, heads, clear=clear):
        yield before + json.dumps(_document(transcript), ensure_ascii=False).encode()
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _document(transcript: Transcript) -> dict[str, Any]:
    about = transcript.about
    return {
        "id": str(transcript.id),
        "channel": about["channel"],
        "centre": about["centre"],
        "topic": about["topic"],
        "outcome": about["outcome"],
        "created_at": about["created_at"].isoformat(),
        "personal_data": "clear" if transcript.clear else "masked",
        "tags": transcript.tags,
        "messages": [
            {
                "seq": one["seq"],
                "at": one["created_at"].isoformat(),
                "sender": one["sender"],
                "author": one["author"],
                "kind": one["kind"],
                "text": one["text"],
                "buttons": [button.get("title") for button in one["buttons"]],
                "links": one["links"],
                "attachment": {name: one["attachment"][name] for name in ("name", "size")}
                if one["attachment"]
                else None,
                "delivery": one["delivery"],
                "intent": one["intent"],
                "confidence": one["confidence"],
                "fallback": one["fallback"],
                "entities": one["entities"] or [],
                "actions": one["actions"] or [],
            }
            for one in transcript.messages
        ],
    }
