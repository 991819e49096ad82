"""Words that were struck out are found nowhere, and the conversation can still be read and go on."""

import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from conftest import Query
from console_support import Desk, SignIn
from console_talks import Talk
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, EntitiesAdded, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.privacy.sealing import seal, unseal
from bot.storage.engine import sqlalchemy_url
from console.transcripts.striking import pattern_of

NAME = "Gaudenzio Perlasca"


def everywhere(database: str) -> str:
    """Every column of every row of every table, as text; what is sealed is opened."""
    found = []
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608
                for value in row:
                    if isinstance(value, bytes):
                        try:
                            found.append(unseal(value))
                        except Exception:  # noqa: BLE001 - not sealed, then
                            found.append(value.decode(errors="replace"))
                    elif isinstance(value, str) and value.startswith("{"):
                        found.append(json.dumps(json.loads(value), ensure_ascii=False))
                    else:
                        found.append(str(value))
    return "\n".join(found).casefold()


@pytest.fixture
async def tracker_store(database: str) -> AsyncIterator[SQLTrackerStore]:
    """Rasa's own store, whose table is where its memory of conversations is."""
    store = SQLTrackerStore(Domain.empty(), host=sqlalchemy_url())
    yield store
    store.engine.dispose()


async def with_everything(query: Query, store: Any) -> Talk:
    """A conversation that says the name wherever it could be said."""
    talk = Talk(query)
    text = f"Buongiorno, sono {NAME} e ho perso il lavoro"
    start = text.index(NAME)
    entity = {"entity": "number", "value": "Gaudenzio", "start": start, "end": start + 9}
    message = talk.said(text, "faq/did", entities=[entity])
    talk.answered(
        f"Ciao {NAME.upper()}, ecco cosa fare.",
        buttons=json.dumps([{"title": f"Non sono {NAME}", "payload": "/deny"}]),
        links=json.dumps([{"title": "x", "url": f"https://example.org/?q={NAME}"}]),
    )
    talk.said(f"gaudenzio\n  perlasca, come  ho detto; {NAME}!", payload=None)
    talk.said("(nome e cognome)", "inform", sealed=NAME)
    query("INSERT INTO private_answers VALUES (%s, 'name', %s)", talk.id, seal(NAME))
    query("INSERT INTO incidents (message_id, \"where\", what) VALUES (%s, 'x', %s)", message, f"boom {NAME}")
    query("INSERT INTO feedback (conversation_id, rating, comment) VALUES (%s, 'up', %s)", talk.id, f"bravi, {NAME}")
    query(
        "INSERT INTO console_notes (id, conversation_id, author, text) VALUES (gen_random_uuid(), %s, 'x', %s)",
        talk.id, f"chiamare {NAME}",
    )  # fmt: skip
    tracker = DialogueStateTracker(str(talk.id), [AnySlot("who", mappings=[])])
    parse = {"text": text, "intent": {"name": "faq"}, "entities": [entity], "text_tokens": [[0, 10]]}
    tracker.update(ActionExecuted("action_session_start"))
    tracker.update(UserUttered(text, {"name": "faq", "confidence": 1.0}, [entity], parse, message_id=str(message)))
    tracker.update(EntitiesAdded([entity]))
    tracker.update(SlotSet("who", "Gaudenzio"))
    tracker.update(BotUttered(f"Ciao {NAME}", {"custom": {"text": NAME}}))
    tracker.update(ActionExecuted("action_listen"))
    await store.save(tracker)
    await talk.ready()
    talk.first = message  # type: ignore[attr-defined]
    return talk


async def strike(desk: Desk, talk: Talk, message: object, words: str, *, reason: str = "lo chiede la persona") -> int:
    base = f"/conversazioni/{talk.id}/cancella/{message}"
    page = await (await desk.post(base, {"motivo": reason})).text()
    assert "Cancella per sempre" in page
    return (await desk.post(f"{base}/fatto", {"motivo": reason, "parole": words})).status


async def test_struck_out_words_are_found_nowhere(
    signed_in: SignIn, database: str, query: Query, tracker_store: SQLTrackerStore
) -> None:
    talk = await with_everything(query, tracker_store)
    other = Talk(query)
    other.said(f"altrove c'è un altro {NAME}")
    sara = await signed_in("sara", "supervisore")
    before = everywhere(database)
    assert before.count("perlasca") > 12
    assert await strike(sara, talk, talk.first, NAME, reason=f"lo chiede {NAME} stesso") == 303  # type: ignore[attr-defined]
    query("DELETE FROM conversations WHERE id = %s", other.id)
    after = everywhere(database)
    assert "perlasca" not in after and "gaudenzio" not in after
    # The rest is as it was.
    page = await sara.page(f"/conversazioni/{talk.id}")
    assert "Buongiorno, sono [omissis] e ho perso il lavoro" in page and "Ciao [omissis], ecco cosa fare." in page
    assert "(nome e cognome)" in page
    for words in ("perlasca", "gaudenzio"):
        assert "conversazioni/" not in await sara.page(f"/righe?parole={words}")
    assert "conversazioni/" in await sara.page("/righe?parole=buongiorno")
    exported = await (await sara.post("/esporta", {"quali": "scelte", "scelta": str(talk.id)})).text()
    assert "[omissis]" in exported and "Perlasca" not in exported
    logged = query("SELECT action, detail->>'punti' FROM console_audit WHERE action = 'parole cancellate'")
    assert len(logged) == 1 and int(logged[0][1]) > 8


async def test_the_dialogue_remembers_the_rest(signed_in: SignIn, query: Query, tracker_store: SQLTrackerStore) -> None:
    talk = await with_everything(query, tracker_store)
    [(last,)] = query("SELECT max(id) FROM events WHERE sender_id = %s", str(talk.id))
    await strike(await signed_in("sara", "supervisore"), talk, talk.first, NAME)  # type: ignore[attr-defined]
    tracker = await tracker_store.retrieve(str(talk.id))
    assert tracker is not None
    assert [type(event).__name__ for event in tracker.events][:3] == ["ActionExecuted", "UserUttered", "EntitiesAdded"]
    assert tracker.latest_message is not None
    assert tracker.latest_message.text == "Buongiorno, sono [omissis] e ho perso il lavoro"
    assert tracker.latest_message.entities == []
    # A running Rasa that remembers the tracker sees that it has to read it again.
    assert query("SELECT max(id) > %s FROM events", last) == [(True,)]


async def test_words_that_are_not_there_are_not_struck_out(signed_in: SignIn, query: Query) -> None:
    talk = Talk(query)
    message = talk.said("ho la maria con me")
    await talk.ready()
    sara = await signed_in("sara", "supervisore")
    for words in ("Gaudenzio", "", "  ", "m", "ari"):
        assert await strike(sara, talk, message, words) == 422, words
    assert query("SELECT text FROM messages") == [("ho la maria con me",)]


async def test_a_part_of_a_longer_word_can_go(signed_in: SignIn, query: Query) -> None:
    talk = Talk(query)
    message = talk.said("tel3331234567subito")
    await talk.ready()
    assert await strike(await signed_in("sara", "supervisore"), talk, message, "3331234567") == 303
    assert query("SELECT text FROM messages") == [("tel[omissis]subito",)]


async def test_operators_strike_nothing_out_and_not_without_a_reason(signed_in: SignIn, query: Query) -> None:
    talk = Talk(query)
    message = talk.said("una parola")
    await talk.ready()
    anna, sara = await signed_in("anna"), await signed_in("sara", "supervisore")
    base = f"/conversazioni/{talk.id}/cancella/{message}"
    assert (await anna.post(base, {"motivo": "perché sì"})).status == 403
    assert (await anna.post(f"{base}/fatto", {"motivo": "perché sì", "parole": "parola"})).status == 403
    assert (await sara.post(base, {"motivo": ""})).status == 422
    assert query("SELECT text FROM messages") == [("una parola",)]


def test_accents_in_one_character_or_two_are_the_same() -> None:
    assert pattern_of("Niccolò").search("ecco NICCOLO\u0300 qui") and pattern_of("Niccolo\u0300").search("ecco Niccolò")
