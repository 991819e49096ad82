"""Rasa's tracker store on PostgreSQL, keeping the trackers of ongoing conversations in memory.

Rasa's own store reads and rebuilds every event of the session at each message. Here a tracker read before is used again
if nobody else has written to the conversation since, which the highest event id tells. What is stored is the same rows.
Nobody waits for them to be on disk: events lost in a crash of the database belong to a message that is answered again.

While one model takes over from another two processes serve the same conversations. A turn is stored only if nobody has
written to its conversation since it was read; else it is run anew, by whoever is asked next, on what is there then.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.forgetting import Forgetter
from bot.dialogue.turns import note_failure

_APPEND = sa.text(
    "SELECT append_events(:sender, :expected, CAST(:types AS text[]), CAST(:moments AS float8[]),"
    " CAST(:intents AS text[]), CAST(:actions AS text[]), CAST(:contents AS text[]))"
)
KEPT_TRACKERS = 1000
REMEMBERED_ERASED = 10_000
"""Of so many erased conversations a turn that was under way is not stored any more."""


class ConversationMovedError(Exception):
    """Another process wrote to the conversation while this one ran a turn of it."""


@dataclass
class Kept:
    """A tracker as it was when last read or written, and how far the database was then."""

    tracker: DialogueStateTracker
    last_id: int
    stored_events: int


class KeepingTrackerStore(SQLTrackerStore):
    """Named in `endpoints.yml`."""

    def __init__(self, domain: Domain | None = None, host: str | None = None, **kwargs: Any) -> None:
        super().__init__(domain=domain, host=host, **kwargs)
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._taken: dict[str, Kept] = {}
        self._read_up_to: dict[str, int] = {}
        self._erased: OrderedDict[str, None] = OrderedDict()
        self._events = self.SQLEvent.__table__
        self._last_id = sa.select(sa.func.max(self._events.c.id)).where(
            self._events.c.sender_id == sa.bindparam("sender")
        )
        # Each statement is a transaction of its own: one round trip instead of three.
        self._statements = sa.create_engine(self.engine.url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        sa.event.listen(self._statements, "connect", _do_not_wait_for_the_disk)
        address = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._forgetter = Forgetter(address, forget=self._forget, forget_all=self._kept.clear)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the latest session.

        It leaves the memory until it is saved: a turn that fails half-way is forgotten, not remembered half-way.
        """
        self._forgetter.start()
        try:
            return await self._read(sender_id)
        except Exception as error:
            # Whatever it is, Rasa would go on with an empty conversation: the turn must not be answered from it.
            note_failure(error)
            raise

    async def _read(self, sender_id: str) -> DialogueStateTracker | None:
        with self._statements.connect() as connection:
            last_id = connection.execute(self._last_id, {"sender": sender_id}).scalar() or 0
        self._read_up_to[sender_id] = last_id
        kept = self._kept.pop(sender_id, None)
        if kept is None or kept.last_id != last_id:
            tracker = await super().retrieve(sender_id)
            if tracker is None:
                self._taken.pop(sender_id, None)
                return None
            kept = Kept(tracker, last_id, len(tracker.events))
        self._taken[sender_id] = kept
        return kept.tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the events that are not stored yet. When they cannot be, the turn under way is told."""
        try:
            await self._write(tracker)
        except Exception as error:
            # Whatever it is, Rasa would keep the turn in its own memory and answer as if all were well.
            note_failure(error)
            raise

    async def _write(self, tracker: DialogueStateTracker) -> None:
        taken = self._taken.pop(tracker.sender_id, None)
        read_up_to = self._read_up_to.pop(tracker.sender_id, None)
        if tracker.sender_id in self._erased:
            return
        await self.stream_events(tracker)
        if taken is not None and taken.tracker is tracker:
            stored = taken.stored_events
        else:
            with self.session_scope() as session:
                stored = self._event_query(session, tracker.sender_id, fetch_events_from_all_sessions=False).count()
        events = [event.as_dict() for event in list(tracker.events)[stored:]]
        if not events:
            return
        values = {"sender": tracker.sender_id, "expected": read_up_to, **_columns(events)}
        with self._statements.connect() as connection:
            last_id = connection.execute(_APPEND, values).scalar()
        if last_id is None:
            raise ConversationMovedError
        self._kept[tracker.sender_id] = Kept(tracker, last_id, len(tracker.events))
        if len(self._kept) > KEPT_TRACKERS:
            self._kept.popitem(last=False)

    def _forget(self, sender_id: str, for_good: bool) -> None:
        self._kept.pop(sender_id, None)
        if for_good:
            self._erased[sender_id] = None
            if len(self._erased) > REMEMBERED_ERASED:
                self._erased.popitem(last=False)


def _columns(events: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The events as Rasa's own store lays them out, a list a column."""
    return {
        "types": [event["event"] for event in events],
        "moments": [event.get("timestamp") for event in events],
        "intents": [event.get("parse_data", {}).get("intent", {}).get("name") for event in events],
        "actions": [event.get("name") for event in events],
        "contents": [json.dumps(event) for event in events],
    }


def _do_not_wait_for_the_disk(connection: Any, record: object) -> None:
    connection.execute("SET synchronous_commit = off")
