"""Conversations in the database as the worker would have left them, for tests of the console to look at."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from conftest import Query

from bot.privacy.sealing import seal
from bot.storage.engine import create_engine
from console.transcripts.summaries import summarise


class Talk:
    """One conversation; `said` and `answered` add to it, `ready` has the console take notice."""

    def __init__(self, query: Query, *, channel: str = "webchat", at: datetime | None = None) -> None:
        self.query = query
        self.id = uuid4()
        self.at = at or datetime.now(UTC) - timedelta(hours=1)
        self.seq = 0
        query(
            "INSERT INTO conversations (id, channel, created_at, last_message_at) VALUES (%s, %s, %s, %s)",
            self.id, channel, self.at, self.at,
        )  # fmt: skip

    def _add(self, sender: str, text: str, **more: Any) -> UUID:
        self.seq += 1
        self.at += timedelta(seconds=5)
        message_id = uuid4()
        row = {"id": message_id, "conversation_id": self.id, "seq": self.seq, "sender": sender, "text": text}
        row |= {"created_at": self.at, "answered_at": self.at} | more
        names = ", ".join(row)
        self.query(f"INSERT INTO messages ({names}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())  # noqa: S608
        self.query(
            "UPDATE conversations SET last_seq = %s, last_message_at = %s WHERE id = %s", self.seq, self.at, self.id
        )
        return message_id

    def said(self, text: str, intent: str | None = "find_centre", *, confidence: float = 0.9, **parse: Any) -> UUID:
        sealed = parse.pop("sealed", None)
        message_id = self._add("citizen", text, **({"sealed": seal(sealed)} if sealed else {}))
        self.query(
            "INSERT INTO parses (message_id, intent, confidence, fallback, entities, ranking, model, actions) "
            "VALUES (%s, %s, %s, %s, %s, %s, 'm', '{action_x}')",
            message_id, intent, confidence, parse.pop("fallback", False), json.dumps(parse.pop("entities", [])),
            json.dumps(parse.pop("ranking", [])),
        )  # fmt: skip
        return message_id

    def answered(self, text: str, **more: Any) -> UUID:
        return self._add("bot", text, **more)

    async def ready(self) -> "Talk":
        engine = create_engine(pool_size=1)
        async with engine.begin() as connection:
            await summarise(connection, [self.id])
        await engine.dispose()
        return self
