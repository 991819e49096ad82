"""What the web chat API has for the widget: the live address, presence, cards, judgement, transcript, erasure."""

import asyncio
import json
import time
from datetime import date
from uuid import UUID

import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient
from booked import Agenda
from conftest import Query
from support import API, Chat, until

from bot.agenda.page_tokens import page_url
from bot.answers.centres import describe
from bot.conversations.model import Link, Reply
from bot.conversations.presence import operator_types, tell
from bot.conversations.store import add_outgoing
from bot.knowledge import get_knowledge
from bot.privacy.holds import place_hold
from channels import webchat


async def live(chat: Chat, *, after: int = 0, wait: float = 0, presence: str = "") -> dict:
    params = {"after": str(after), "wait": str(wait), "presence": presence}
    async with chat.client.get(f"{API}/{chat.id}/live", params=params, headers=chat.headers) as answer:
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())


async def say(chat: Chat, *replies: Reply, **how: str) -> None:
    async with chat.client.app[webchat.ENGINE].begin() as connection:
        await add_outgoing(connection, UUID(chat.id), replies, **how)  # type: ignore[arg-type]


async def request(chat: Chat, method: str, what: str, **options: object) -> tuple[int, str]:
    async with chat.client.request(method, f"{API}/{chat.id}/{what}", headers=chat.headers, **options) as answer:
        return answer.status, await answer.text()


async def test_own_messages_carry_the_name_their_client_gave_them(chat: Chat) -> None:
    await chat.post(client_message_id="m-1", text="ciao")
    assert [m["client_message_id"] for m in await chat.messages()] == [None, "m-1"]


async def test_live_gives_messages_and_whose_turn_it_is(chat: Chat) -> None:
    first = await live(chat)
    assert [m["seq"] for m in first["messages"]] == [1]
    assert first["presence"] | {"version": ""} == {"owner": "bot", "operator": None, "typing": 0.0, "version": ""}


async def test_a_poll_ends_when_a_person_takes_over_and_when_they_write(chat: Chat, query: Query) -> None:
    seen = (await live(chat))["presence"]["version"]
    waiting = asyncio.create_task(live(chat, after=1, wait=25, presence=seen))
    await until(lambda: chat.client.app[webchat.ANNOUNCEMENTS].open_waiters() == 1)
    query("UPDATE conversations SET owner = 'operator', operator_name = 'Marta'")
    async with chat.client.app[webchat.ENGINE].begin() as connection:
        await tell(connection, UUID(chat.id))
    async with asyncio.timeout(5):
        news = await waiting
    assert news["messages"] == []
    assert (news["presence"]["owner"], news["presence"]["operator"]) == ("operator", "Marta")
    async with chat.client.app[webchat.ENGINE].begin() as connection:
        await operator_types(connection, UUID(chat.id))
    again = await live(chat, after=1, presence=news["presence"]["version"])
    assert 0 < again["presence"]["typing"] <= 6
    await say(chat, Reply(text="Buongiorno"), sender="operator", author="Marta")
    [message] = (await live(chat, after=1))["messages"]
    assert (message["sender"], message["author"]) == ("operator", "Marta")


async def test_a_poll_that_knows_the_presence_waits(chat: Chat) -> None:
    seen = (await live(chat))["presence"]["version"]
    started = time.monotonic()
    assert (await live(chat, after=1, wait=0.4, presence=seen))["messages"] == []
    assert time.monotonic() - started >= 0.4


async def test_the_socket_gives_the_same_and_closes_when_the_conversation_is_erased(chat: Chat) -> None:
    async with chat.client.ws_connect(f"{API}/{chat.id}/live", protocols=("sportello", chat.token)) as socket:
        first = json.loads(await socket.receive_str(timeout=5))
        assert first == await live(chat)
        await say(chat, Reply(text="due"))
        assert json.loads(await socket.receive_str(timeout=5))["messages"][0]["text"] == "due"
        status, body = await request(chat, "POST", "erase")
        assert status == 200
        assert json.loads(body)["number"].startswith("RC-")
        closed = await socket.receive(timeout=5)
    assert closed.type is WSMsgType.CLOSE
    assert closed.data == 4404
    assert (await request(chat, "GET", "live"))[0] == 404


async def test_what_must_be_kept_is_not_erased_and_the_request_is_noted(chat: Chat, query: Query) -> None:
    async with chat.client.app[webchat.ENGINE].begin() as connection:
        await place_hold(connection, UUID(chat.id), reason="indagine", by="prova")
    status, body = await request(chat, "POST", "erase")
    assert status == 202
    assert json.loads(body)["held"] is True
    assert query("SELECT count(*) FROM messages") == [(1,)]
    assert query("SELECT number FROM erasures WHERE done_at IS NULL") == [(json.loads(body)["number"],)]


async def test_a_centre_has_a_card(chat: Chat) -> None:
    reply = describe(get_knowledge().centres["torino-nord"], today=date(2026, 3, 2))
    await say(chat, reply)
    card = (await live(chat, after=1))["messages"][0]["card"]
    assert card["kind"] == "centre"
    assert card["title"] == "Centro per l'impiego di Torino Nord"
    assert card["phone"] == "011 0876180"
    assert card["map"] == reply.links[0].url
    # The address that integrators know is as it was.
    assert "card" not in (await chat.messages(after=1))[0]


async def test_an_appointment_has_a_card_of_how_it_is_now(chat: Chat, agenda: Agenda) -> None:
    appointment = await agenda.booked(conversation_id=chat.id)
    url = page_url(appointment.id)
    await say(chat, Reply(text="Prenotato.", links=(Link(title="Pagina", url=url),)))
    card = (await live(chat, after=1))["messages"][0]["card"]
    assert card["kind"] == "appointment"
    assert card["code"] == appointment.code
    assert card["join"] == f"{url}/entra"
    assert card["calendar"] == f"{url}/calendario.ics"
    assert "Anna" not in json.dumps(card)
    agenda.set_clock("2026-03-06T09:00")
    card = (await live(chat, after=1))["messages"][0]["card"]
    assert (card["phase"], card["join"], card["calendar"]) == ("past", None, None)


@pytest.mark.parametrize("url", ["/appuntamenti/sbagliato", "https://www.openstreetmap.org/search?query=x", "x:y"])
async def test_a_link_to_nothing_known_has_no_card(chat: Chat, url: str) -> None:
    await say(chat, Reply(text="ecco", links=(Link(title="qui", url=url),)))
    assert (await live(chat, after=1))["messages"][0]["card"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rating": "up"}, 204),
        ({"rating": "down", "comment": "scrivete a anna@example.org"}, 204),
        ({"rating": "five"}, 422),
        ({}, 422),
        ({"rating": "up", "comment": 3}, 422),
        ({"rating": "up", "comment": "\x00"}, 422),
        ({"rating": "up", "comment": "a" * 1001}, 413),
        ([], 422),
    ],
)
async def test_judgements(chat: Chat, query: Query, body: object, status: int) -> None:
    assert (await request(chat, "POST", "feedback", json=body))[0] == status
    kept = query("SELECT rating, comment FROM feedback")
    assert len(kept) == (1 if status == 204 else 0)
    assert "anna@" not in str(kept)


async def test_the_last_judgement_counts(chat: Chat, query: Query) -> None:
    for rating in ("up", "down", "down"):
        await request(chat, "POST", "feedback", json={"rating": rating})
    assert query("SELECT rating FROM feedback") == [("down",)]


async def test_the_transcript_has_everything_however_long(chat: Chat) -> None:
    await say(chat, *(Reply(text=f"numero {n}") for n in range(450)))
    status, text = await request(chat, "GET", "transcript")
    assert status == 200
    assert text.count("\nnumero ") == 450


@pytest.mark.parametrize(
    ("method", "what"),
    [("GET", "live"), ("POST", "feedback"), ("GET", "transcript"), ("POST", "erase"), ("POST", "typing")],
)
async def test_nothing_opens_without_the_right_token(chat: Chat, method: str, what: str, query: Query) -> None:
    for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 401)):
        async with chat.client.request(method, f"{API}/{chat.id}/{what}", headers=headers, json={}) as answer:
            assert answer.status == status
    assert query("SELECT count(*) FROM conversations") == [(1,)]


async def test_an_old_conversation_is_as_if_it_were_not_there(chat: Chat, query: Query) -> None:
    query("UPDATE conversations SET last_message_at = now() - interval '167 hours'")
    assert (await request(chat, "GET", "live"))[0] == 200
    query("UPDATE conversations SET last_message_at = now() - interval '169 hours'")
    assert (await request(chat, "GET", "live"))[0] == 404
    assert (await request(chat, "GET", "messages"))[0] == 404
    assert (await chat.post(text="ciao")).status == 404


async def test_the_script_is_compressed_cached_and_may_be_embedded_anywhere(edge: TestClient) -> None:
    async with edge.get("/widget/sportello.js") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.content_type == "text/javascript"
        tag = answer.headers["ETag"]
    async with edge.get("/widget/sportello.js", headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    async with edge.get("/widget/sportello.js", headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert b"customElements.define" in await answer.read()
