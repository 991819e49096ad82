"""How messages reach the citizen: long polling and the WebSocket, the same messages in the same order."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient
from conftest import Query
from support import API, Chat, until

from bot.conversations.model import Button, Link, Reply
from bot.conversations.store import add_outgoing
from channels import webchat


async def say(chat: Chat, *texts: str) -> None:
    """The assistant says these texts, each in a transaction of its own."""
    for text in texts:
        async with chat.client.app[webchat.ENGINE].begin() as connection:
            await add_outgoing(connection, UUID(chat.id), [Reply(text=text)])


def cut_and_say(query: Query, text: str) -> None:
    """End every connection of the edge to the database, then store a message of the assistant."""
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    query("UPDATE conversations SET last_seq = 2")
    query(
        "INSERT INTO messages (id, conversation_id, seq, sender, text) "
        "SELECT gen_random_uuid(), id, 2, 'bot', %s FROM conversations",
        text,
    )


async def ask(chat: Chat) -> int:
    """The status of a long poll."""
    async with chat.client.get(chat.url, params={"after": "1", "wait": "25"}, headers=chat.headers) as answer:
        return answer.status


async def someone_waits(chat: Chat) -> None:
    await until(lambda: chat.client.app[webchat.ANNOUNCEMENTS].open_waiters() > 0)


@asynccontextmanager
async def socket(chat: Chat, *, after: int = 0, **options: Any) -> AsyncIterator[ClientWebSocketResponse]:
    options.setdefault("headers", chat.headers)
    async with chat.client.ws_connect(f"{API}/{chat.id}/stream?after={after}", **options) as opened:
        yield opened


async def receive(opened: ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        return [json.loads(await opened.receive_str()) for _ in range(count)]


# --- polling ----------------------------------------------------------------------------------------------------------


async def test_polling_returns_at_once_when_there_is_news(chat: Chat) -> None:
    async with asyncio.timeout(5):
        assert len(await chat.messages(after=0, wait=25)) == 1


async def test_polling_without_waiting_returns_at_once_without_news(chat: Chat) -> None:
    async with asyncio.timeout(5):
        assert await chat.messages(after=1) == []


async def test_polling_waits_for_the_next_message(chat: Chat) -> None:
    waiting = asyncio.create_task(chat.messages(after=1, wait=25))
    await someone_waits(chat)
    assert not waiting.done()
    await say(chat, "eccomi")
    async with asyncio.timeout(5):
        assert [m["text"] for m in await waiting] == ["eccomi"]


async def test_polling_gives_up_after_the_time_asked_for(chat: Chat) -> None:
    started = time.monotonic()
    assert await chat.messages(after=1, wait=0.4) == []
    assert 0.4 <= time.monotonic() - started < 5


async def test_a_message_of_another_conversation_does_not_end_the_wait(edge: TestClient, chat: Chat) -> None:
    waiting = asyncio.create_task(chat.messages(after=1, wait=25))
    await someone_waits(chat)
    other = await Chat.open(edge)
    others = asyncio.create_task(other.messages(after=1, wait=25))
    await until(lambda: edge.app[webchat.ANNOUNCEMENTS].open_waiters() == 2)
    await say(other, "non per te")
    assert [m["text"] for m in await others] == ["non per te"]
    assert not waiting.done()
    waiting.cancel()


async def test_after_filters_what_was_seen(chat: Chat) -> None:
    await say(chat, "due", "tre", "quattro")
    assert [m["text"] for m in await chat.messages(after=2)] == ["tre", "quattro"]
    assert await chat.messages(after=4) == []
    assert await chat.messages(after=2**31 - 1) == []


@pytest.mark.parametrize("name", ["after", "wait"])
@pytest.mark.parametrize("value", ["-1", "x", "", "nan", "inf", "1e99", "99999999999"])
async def test_a_number_out_of_range_is_refused(chat: Chat, name: str, value: str) -> None:
    async with chat.client.get(chat.url, params={name: value}, headers=chat.headers) as answer:
        assert answer.status == 422
        assert (await answer.json(content_type="application/problem+json"))["code"] == name


async def test_buttons_links_and_times_come_as_they_were_said(chat: Chat) -> None:
    reply = Reply(
        text="Quale?", buttons=(Button(title="Sì", payload="/affirm"),), links=(Link(title="Sito", url="https://a.it"),)
    )
    async with chat.client.app[webchat.ENGINE].begin() as connection:
        await add_outgoing(connection, UUID(chat.id), [reply])
    [message] = await chat.messages(after=1)
    assert message["buttons"] == [{"title": "Sì", "payload": "/affirm"}]
    assert message["links"] == [{"title": "Sito", "url": "https://a.it"}]
    assert message["created_at"].endswith("+00:00")


async def test_a_poll_cut_off_from_the_database_ends_with_the_news_or_an_honest_try_again(
    chat: Chat, query: Query
) -> None:
    waiting = asyncio.create_task(ask(chat))
    await someone_waits(chat)
    cut_and_say(query, "eccomi")
    async with asyncio.timeout(10):
        status = await waiting
    assert status in {200, 503}
    assert [m["text"] for m in await chat.messages(after=1)] == ["eccomi"]


@pytest.mark.parametrize("edge", [{"max_open_polls": 2}], indirect=True)
async def test_more_open_polls_than_the_limit_are_asked_to_come_back(edge: TestClient, chat: Chat) -> None:
    waiting = [asyncio.create_task(chat.messages(after=1, wait=25)) for _ in range(2)]
    await until(lambda: edge.app[webchat.ANNOUNCEMENTS].open_waiters() == 2)
    async with edge.get(chat.url, headers=chat.headers) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) >= 1
    for task in waiting:
        task.cancel()


async def test_a_client_that_goes_away_frees_its_place(edge: TestClient, chat: Chat) -> None:
    reader, writer = await asyncio.open_connection(edge.host, edge.port)
    head = f"GET {chat.url}?after=1&wait=25 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {chat.token}\r\n\r\n"
    writer.write(head.encode())
    await someone_waits(chat)
    writer.transport.abort()
    await say(chat, "eccomi")
    await until(lambda: edge.app[webchat.ANNOUNCEMENTS].open_waiters() == 0)
    assert reader is not None


# --- WebSocket --------------------------------------------------------------------------------------------------------


async def test_the_socket_pushes_the_messages_that_polling_gives_in_order(chat: Chat) -> None:
    async with socket(chat) as opened:
        await say(chat, *(str(n) for n in range(10)))
        await chat.send("ciao")
        assert await receive(opened, 12) == await chat.messages()


async def test_the_socket_takes_the_token_as_second_protocol_as_browsers_send_it(chat: Chat) -> None:
    async with socket(chat, headers={}, protocols=("sportello", chat.token)) as opened:
        assert opened.protocol == "sportello"
        assert (await receive(opened, 1))[0]["seq"] == 1


async def test_reconnecting_with_after_repeats_nothing_and_misses_nothing(chat: Chat) -> None:
    total, seen = 40, []
    saying = asyncio.create_task(say(chat, *(str(n) for n in range(total))))
    while len(seen) < total + 1:
        async with socket(chat, after=len(seen)) as opened:
            seen += [m["seq"] for m in await receive(opened, min(7, total + 1 - len(seen)))]
            # Half of the times the connection is lost without a goodbye.
            if len(seen) % 2:
                opened._response.connection.transport.abort()
    await saying
    assert seen == list(range(1, total + 2))


async def test_two_sockets_of_one_conversation_get_the_same(chat: Chat) -> None:
    async with socket(chat) as one, socket(chat) as two:
        await say(chat, "a", "b")
        assert await receive(one, 3) == await receive(two, 3)


async def test_what_the_client_sends_over_the_socket_is_ignored(chat: Chat, query: Query) -> None:
    async with socket(chat, after=1) as opened:
        await opened.send_str('{"client_message_id": "uno", "text": "ciao"}')
        await opened.send_bytes(b"\x00\xff")
        await say(chat, "eccomi")
        assert [m["text"] for m in await receive(opened, 1)] == ["eccomi"]
    assert query("SELECT count(*) FROM messages WHERE sender = 'citizen'") == [(0,)]


@pytest.mark.parametrize(
    "options",
    [{"headers": {}}, {"headers": {"Authorization": "Bearer wrong"}}, {"headers": {}, "protocols": ("sportello", "wrong")},
     {"headers": {}, "protocols": ("sportello",)}],
)  # fmt: skip
async def test_a_socket_without_the_right_token_is_refused(chat: Chat, options: dict[str, Any]) -> None:
    with pytest.raises(WSServerHandshakeError) as refusal:
        async with socket(chat, **options):
            pass
    assert refusal.value.status == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_socket_from_a_foreign_page_is_refused(chat: Chat, origin: str) -> None:
    with pytest.raises(WSServerHandshakeError) as refusal:
        async with socket(chat, headers=chat.headers | {"Origin": origin}):
            pass
    assert refusal.value.status == 403


@pytest.mark.parametrize("edge", [{"allowed_origins": ("https://apl.example",)}], indirect=True)
async def test_a_socket_from_our_own_page_or_an_allowed_one_is_opened(edge: TestClient, chat: Chat) -> None:
    for origin in (f"http://{edge.host}:{edge.port}", "https://apl.example"):
        async with socket(chat, headers=chat.headers | {"Origin": origin}) as opened:
            assert len(await receive(opened, 1)) == 1


async def test_an_ordinary_request_to_the_stream_is_a_client_error(chat: Chat) -> None:
    async with chat.client.get(f"{API}/{chat.id}/stream", headers=chat.headers) as answer:
        assert 400 <= answer.status < 500


async def test_a_socket_cut_off_from_the_database_gives_the_news_or_closes(chat: Chat, query: Query) -> None:
    async with socket(chat, after=1) as opened:
        await someone_waits(chat)
        cut_and_say(query, "eccomi")
        frame = await opened.receive(timeout=10)
    assert frame.type is WSMsgType.CLOSE or json.loads(frame.data)["text"] == "eccomi"
    async with socket(chat, after=1) as again:
        assert [m["text"] for m in await receive(again, 1)] == ["eccomi"]
