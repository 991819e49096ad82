"""Two models compared: on the lessons, and on past messages."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from conftest import Query
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.privacy.masking import mask
from bot.teaching.comparison import Past, compare_cases, replay
from bot.teaching.past import latest_distinct
from bot.teaching.regression import Case


class Says:
    """A model that understands by a table."""

    def __init__(self, **known: tuple[str, float]) -> None:
        self.known = known

    def understand(self, text: str) -> dict[str, Any]:
        intent, confidence = self.known.get(text, ("out_of_scope", 0.9))
        entities = [{"entity": "service", "value": "did"}] if "did" in text else []
        return {"intent": intent, "confidence": confidence, "asks": confidence < 0.6, "entities": entities}


def case(text: str, intent: str, *entities: tuple[str, str]) -> Case:
    from datetime import date

    return Case(text=text, intent=intent, taught=date(2026, 11, 22), entities=entities or None)


def test_only_cases_that_change_sides_are_told() -> None:
    before = Says(a=("x", 0.9), b=("x", 0.9), c=("y", 0.9), d=("x", 0.5))
    after = Says(a=("x", 0.7), b=("y", 0.9), c=("x", 0.9), d=("x", 0.55))
    found = compare_cases([case(text, "x") for text in "abcd"], before, after)
    assert (found.cases, found.right_before, found.right_after) == (4, 2, 2)
    assert [one.text for one in found.better] == ["c"]
    assert [one.text for one in found.worse] == ["b"]
    assert json.loads(json.dumps(found.as_json()))["worse"][0]["after"] == {
        "intent": "y",
        "confidence": 0.9,
        "asks": False,
    }


def test_what_must_be_declined_is_right_when_it_is() -> None:
    found = compare_cases([case("boh", "out_of_scope")], Says(boh=("x", 0.9)), Says())
    assert (found.right_before, found.right_after) == (0, 1)


def test_an_entity_that_is_not_seen_is_wrong() -> None:
    cases = [case("did", "x", ("service", "did")), case("dix", "x", ("service", "did"))]
    model = Says(did=("x", 0.9), dix=("x", 0.9))
    assert compare_cases(cases, model, model).right_after == 1


def test_past_messages_are_told_when_something_else_would_be_done() -> None:
    past = [Past(message_id=uuid4(), text=text, times=n) for n, text in enumerate("abc", 1)]
    before = Says(a=("x", 0.9), b=("x", 0.5), c=("x", 0.9))
    after = Says(a=("x", 0.61), b=("y", 0.4), c=("x", 0.3))
    [change] = replay(past, before, after)
    assert (change["message"], change["times"]) == (str(past[2].message_id), 3)
    assert change["after"] == {"intent": "x", "confidence": 0.3, "asks": True}


@pytest.fixture
def wrote(query: Query) -> Callable[..., UUID]:
    """Something a citizen wrote and the assistant understood."""
    conversation = uuid4()
    query("INSERT INTO conversations (id, channel) VALUES (%s, 'webchat')", conversation)
    seqs = iter(range(1, 1000))

    def write(text: str, *, payload: str | None = None, sealed: bytes | None = None, parsed: bool = True) -> UUID:
        message_id = uuid4()
        query(
            "INSERT INTO messages (id, conversation_id, seq, sender, text, payload, sealed)"
            " VALUES (%s, %s, %s, 'citizen', %s, %s, %s)",
            *(message_id, conversation, next(seqs), text, payload, sealed),
        )
        if parsed:
            query("INSERT INTO parses (message_id, intent, fallback) VALUES (%s, 'x', false)", message_id)
        return message_id

    return write


async def test_the_latest_different_messages_are_replayed_masked(
    wrote: Callable[..., UUID], engine: AsyncEngine, database: str
) -> None:
    wrote("dove siete?")
    named = wrote("mi chiamo Ada Rossi e cerco lavoro")
    wrote("pulsante", payload="/greet")
    wrote("‹nome›", sealed=b"x")
    wrote("mai capito", parsed=False)
    last = wrote("Dove   SIETE?")
    async with engine.connect() as connection:
        found = await latest_distinct(connection)
        assert [(one.message_id, one.text, one.times) for one in found] == [
            (last, "Dove   SIETE?", 2),
            (named, mask("mi chiamo Ada Rossi e cerco lavoro"), 1),
        ]
        assert "Rossi" not in found[1].text
        assert len(await latest_distinct(connection, 1)) == 1
