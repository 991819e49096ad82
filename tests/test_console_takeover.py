"""Operators at the console: take, reply once, pass on, close; calls and ready-made answers."""

import asyncio
import re
from uuid import UUID

from conftest import Query
from console_support import Desk, SignIn
from desk_support import new_talk, wrote
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.answers import people as words
from bot.conversations.call_backs import ask_call
from bot.conversations.handoff import request_person
from bot.conversations.presence import citizen_types


async def waits(engine: AsyncEngine, *texts: str) -> UUID:
    """A citizen who asked for a person."""
    conversation_id = await new_talk(engine, *(texts or ("voglio una persona",)))
    async with engine.begin() as connection:
        await request_person(connection, conversation_id, "asked")
    return conversation_id


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes there."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, action
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


async def taken(desk: Desk, conversation_id: UUID) -> str:
    answer = await desk.post(f"/attesa/{conversation_id}/prendi")
    assert answer.status == 303, await answer.text()
    return await desk.page(f"/attesa/{conversation_id}")


async def test_who_waits_is_listed_and_personal_data_are_not(signed_in: SignIn, engine: AsyncEngine) -> None:
    anna = await signed_in("anna")
    await waits(engine, "sono al 333 123 4567 <b>subito</b>")
    page = await anna.page("/attesa")
    assert "In attesa (1)" in page
    assert "[telefono] &lt;b&gt;subito" in page
    assert "1 da leggere" in page
    assert "In attesa (1)" in await anna.page("/attesa/righe")


async def test_two_operators_cannot_have_one_conversation(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna, marco = await signed_in("anna"), await signed_in("marco")
    conversation_id = await waits(engine)
    answers = await asyncio.gather(*(one.post(f"/attesa/{conversation_id}/prendi") for one in (anna, marco)))
    assert sorted(answer.status for answer in answers) == [303, 409]
    [(owner,)] = query("SELECT operator_name FROM conversations")
    loser = anna if answers[0].status == 409 else marco
    page = await loser.page(f"/attesa/{conversation_id}")
    assert f"La conversazione è di {owner}" in page
    assert 'name="testo"' not in page
    assert query("SELECT text FROM messages WHERE sender = 'bot'") == [(words.TAKEN.format(name=owner),)]


async def test_a_reply_sent_twice_is_one_message_with_its_author(
    signed_in: SignIn, engine: AsyncEngine, query: Query
) -> None:
    anna = await signed_in("anna")
    conversation_id = await waits(engine)
    page = await taken(anna, conversation_id)
    form = fields(page, f"/attesa/{conversation_id}/rispondi") | {
        "testo": "Buongiorno\r\neccomi \u202e",
        "indirizzo": "https://www.example.org/modulo.pdf",
        "titolo": "Il modulo",
    }
    for _ in range(2):
        assert (await anna.post(f"/attesa/{conversation_id}/rispondi", form)).status == 303
    [(text, author, links)] = query("SELECT text, author, links FROM messages WHERE sender = 'operator'")
    assert (text, author) == ("Buongiorno\neccomi", "Anna")
    assert links == [{"title": "Il modulo", "url": "https://www.example.org/modulo.pdf"}]
    assert query("SELECT count(*) FROM messages WHERE sender = 'citizen' AND answered_at IS NULL") == [(0,)]


async def test_what_cannot_be_sent_is_said_and_the_draft_stays(signed_in: SignIn, engine: AsyncEngine) -> None:
    anna = await signed_in("anna")
    conversation_id = await waits(engine)
    form = fields(await taken(anna, conversation_id), f"/attesa/{conversation_id}/rispondi")
    answer = await anna.post(
        f"/attesa/{conversation_id}/rispondi", form | {"testo": "ecco", "indirizzo": "javascript:alert(1)"}
    )
    text = await answer.text()
    assert answer.status == 422
    assert "https://" in text
    assert ">ecco</textarea>" in text


async def test_only_the_owner_replies(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna, marco = await signed_in("anna"), await signed_in("marco")
    conversation_id = await waits(engine)
    form = fields(await taken(anna, conversation_id), f"/attesa/{conversation_id}/rispondi")
    answer = await marco.post(
        f"/attesa/{conversation_id}/rispondi", form | {"testo": "ciao", "csrf": await marco.token()}
    )
    assert answer.status == 409
    assert "non è tua" in await answer.text()
    assert query("SELECT count(*) FROM messages WHERE sender = 'operator'") == [(0,)]


async def test_closing_over_an_unread_message_shows_it_first(
    signed_in: SignIn, engine: AsyncEngine, query: Query
) -> None:
    anna = await signed_in("anna")
    conversation_id = await waits(engine)
    form = fields(await taken(anna, conversation_id), f"/attesa/{conversation_id}/chiudi") | {"esito": "resolved"}
    await wrote(engine, conversation_id, "ancora una domanda")
    answer = await anna.post(f"/attesa/{conversation_id}/chiudi", form)
    page = await answer.text()
    assert answer.status == 409
    assert "ancora una domanda" in page
    again = fields(page, f"/attesa/{conversation_id}/chiudi") | {"esito": "resolved"}
    assert (await anna.post(f"/attesa/{conversation_id}/chiudi", again)).status == 303
    assert query("SELECT owner FROM conversations") == [("bot",)]
    assert query("SELECT text FROM messages ORDER BY seq DESC LIMIT 1") == [(words.BACK.format(name="Anna"),)]


async def test_passing_on_to_a_colleague(signed_in: SignIn, engine: AsyncEngine) -> None:
    anna, marco = await signed_in("anna"), await signed_in("marco")
    sara = await signed_in("sara", "supervisore")
    conversation_id = await waits(engine)
    await taken(anna, conversation_id)
    assert (await marco.post(f"/attesa/{conversation_id}/passa", {"a": str(marco.id)})).status == 409
    assert (await anna.post(f"/attesa/{conversation_id}/passa", {"a": str(marco.id)})).status == 303
    assert "(tu)" in await marco.page(f"/attesa/{conversation_id}")
    assert (await sara.post(f"/attesa/{conversation_id}/passa", {"a": str(sara.id)})).status == 303
    assert "(tu)" in await sara.page(f"/attesa/{conversation_id}")


async def test_who_sees_other_centres_only_sees_nothing(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna")
    cuneo = await signed_in("bruno", centres=("cuneo",))
    conversation_id = await waits(engine)
    await anna.page(f"/attesa/{conversation_id}")
    query("INSERT INTO console_work (conversation_id, centre) VALUES (%s, 'torino-centro')", conversation_id)
    # In a thread: the console may be summing up just now, and goes on only when it is let.
    await asyncio.to_thread(query, "UPDATE console_summaries SET centre = 'torino-centro'")
    assert "In attesa (0)" in await cuneo.page("/attesa")
    assert (await cuneo.post(f"/attesa/{conversation_id}/prendi")).status == 404


async def test_the_citizen_is_seen_writing(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna")
    conversation_id = await waits(engine)
    await taken(anna, conversation_id)
    async with engine.begin() as connection:
        await citizen_types(connection, conversation_id)
    state = await (await anna.get(f"/attesa/{conversation_id}/stato")).json()
    assert (state["typing"], state["mine"]) == (True, True)
    assert (await anna.post(f"/attesa/{conversation_id}/scrive")).status == 204
    assert query("SELECT operator_typing_until > now() FROM conversations") == [(True,)]


async def test_every_step_is_in_the_audit_log(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna")
    conversation_id = await waits(engine)
    form = fields(await taken(anna, conversation_id), f"/attesa/{conversation_id}/rispondi")
    await anna.post(f"/attesa/{conversation_id}/rispondi", form | {"testo": "ciao"})
    subject = f"conversation:{conversation_id}"
    done = [row[0] for row in query("SELECT action FROM console_audit WHERE subject = %s ORDER BY seq", subject)]
    assert done == ["presa in carico", "lettura", "risposta"]


async def test_a_number_is_shown_only_when_asked_for(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna")
    conversation_id = await new_talk(engine, "chiamatemi")
    async with engine.begin() as connection:
        await ask_call(connection, conversation_id, "+393331234567", promised_from=query("SELECT now()")[0][0])
    page = await anna.page("/chiamate")
    assert "333123" not in page
    assert "finisce per 567" in page
    [call] = re.findall(r"/chiamate/([0-9a-f-]{36})/numero", page)
    assert "+393331234567" in await (await anna.post(f"/chiamate/{call}/numero")).text()
    assert query("SELECT action FROM console_audit ORDER BY seq DESC LIMIT 1") == [("numero in chiaro",)]
    assert (await anna.post(f"/chiamate/{call}/esito", {"esito": "spoken"})).status == 303
    assert (await anna.post(f"/chiamate/{call}/numero")).status == 404


async def test_supervisors_write_the_ready_made_answers(signed_in: SignIn, engine: AsyncEngine) -> None:
    anna, sara = await signed_in("anna"), await signed_in("sara", "supervisore")
    new = {"titolo": "Orari <b>", "testo": "Siamo aperti di mattina."}
    assert (await anna.post("/risposte", new)).status == 403
    assert (await sara.post("/risposte", new)).status == 303
    assert (await sara.post("/risposte", {"titolo": "", "testo": "x"})).status == 422
    conversation_id = await waits(engine)
    await taken(anna, conversation_id)
    page = await anna.page(f"/attesa/{conversation_id}?cerca=mattina")
    assert "Orari &lt;b&gt;" in page
    assert "Congedo" not in page
    [chosen] = re.findall(r"\?usa=([0-9a-f-]{36})", page)
    assert ">Siamo aperti di mattina.</textarea>" in await anna.page(f"/attesa/{conversation_id}?usa={chosen}")
