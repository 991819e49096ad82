"""Models for the pictures of docs/operatori.md: on paper only, nothing is trained."""

import json
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.launch.model import program
from bot.settings import Settings
from bot.storage.tables import messages, parses
from bot.teaching import live
from bot.teaching.kept import model_file
from bot.teaching.model_tables import models, runs

COMPARED = "SELECT id FROM model_runs WHERE state = 'done' ORDER BY ended_at DESC LIMIT 1"
OLD, NOW, NEW = "5b1e07c4a9d2f8361e0c", "a48c2d9e6f107b35c821", "e07f53b1c6d84a92f013"
LESSONS = (
    ("mi hanno chiuso l'azienda, che faccio?", "faq/did"),
    ("il foglio per l'isee da disoccupato", "faq/attestato-disoccupazione"),
    ("posso fare pratica in un negozio?", "faq/tirocini"),
)


async def add_models(connection: AsyncConnection, settings: Settings) -> None:
    """A live model, the one before it, a new one compared with it; and a message or two it understands otherwise."""
    for number, model_id in enumerate((OLD, NOW, NEW)):
        row = {"id": model_id, "program": program(settings), "topics": ["did"] * 62, "examples": 13180 + 14 * number}
        await connection.execute(insert(models).values(row))
        await connection.execute(
            text("UPDATE models SET trained_at = now() - make_interval(days => :days) WHERE id = :id"),
            {"days": 6 * (2 - number), "id": model_id},
        )
        path = model_file(settings, model_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    await live.note_start(connection, settings, OLD)
    await live.note_start(connection, settings, NOW)
    await connection.execute(text("UPDATE model_choices SET how = 'live', chosen_by = 'supervisore' WHERE seq = 2"))
    better = [
        {"text": said, "intent": intent, "before": _found("out_of_scope", 0.44), "after": _found(intent, 0.9)}
        for said, intent in LESSONS
    ]
    changes = [
        {"message": str(message), "times": 1, "before": _found(intent, 0.5), "after": _found(intent, 0.8)}
        for message, intent in await _doubtful(connection)
    ]
    found = {"cases": 41, "right_before": 36, "right_after": 39, "better": better, "worse": []}
    now = live.func.clock_timestamp()
    row = {"id": uuid4(), "asked_by": "supervisore", "state": "done", "model_id": NEW, "live_id": NOW, "trained": True}
    row |= {"regression": json.loads(json.dumps(found)), "replayed": 1000, "changes": changes, "ended_at": now}
    await connection.execute(insert(runs).values(row | {"started_at": now - text("interval '108 seconds'")}))


def _found(intent: str, confidence: float) -> dict[str, object]:
    return {"intent": intent, "confidence": confidence, "asks": confidence < 0.6}


async def _doubtful(connection: AsyncConnection) -> list[tuple[UUID, str]]:
    query = (
        select(messages.c.id, parses.c.intent)
        .join(parses, parses.c.message_id == messages.c.id)
        .where(parses.c.fallback, parses.c.intent.like("faq/%"), messages.c.text != "")
        .order_by(messages.c.created_at.desc())
        .limit(4)
    )
    return [(row.id, row.intent) for row in await connection.execute(query)]


async def start_training(connection: AsyncConnection) -> None:
    """A training that has been going on for a while."""
    await connection.execute(
        text(
            "INSERT INTO model_runs (id, state, asked_by, started_at, stage_at, place)"
            " VALUES (gen_random_uuid(), 'training', 'supervisore', now() - interval '47 seconds', now(), 'qui')"
        )
    )
