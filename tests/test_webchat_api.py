"""The web chat's contract over HTTP: every status, what is stored, what is never stored."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient
from conftest import Query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import API, Chat

STORED = "SELECT count(*) FROM messages WHERE sender = 'citizen'"
UNLIMITED = {"conversation_rate": 1e9, "conversation_burst": 10**9, "ip_rate": 1e9, "ip_burst": 10**9}
EVERY_EXAMPLE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)


async def refused(client: TestClient, url: str, *, status: int, method: str = "POST", **request: object) -> dict:
    """The problem answer of a request that must be refused with `status`."""
    async with client.request(method, url, **request) as answer:
        assert answer.status == status, await answer.text()
        assert answer.content_type == "application/problem+json"
        problem = await answer.json()
        assert problem["status"] == status
        assert problem["code"]
        assert problem["message"]
        return dict(problem)


async def refused_body(chat: Chat, status: int, **body: object) -> dict:
    """The problem answer to a message with this body and a client id."""
    body = {"client_message_id": str(uuid4()), **body}
    return await refused(chat.client, chat.url, status=status, json=body, headers=chat.headers)


# --- opening ----------------------------------------------------------------------------------------------------------


async def test_opening_gives_an_id_a_token_and_the_greeting(edge: TestClient) -> None:
    async with edge.post(API) as answer:
        assert answer.status == 201
        assert answer.headers["Cache-Control"] == "no-store"
        opened = await answer.json()
    assert UUID(opened["conversation_id"])
    assert len(opened["token"]) >= 40
    assert [(m["sender"], m["kind"], m["seq"]) for m in opened["messages"]] == [("bot", "message", 1)]


async def test_the_greeting_says_it_is_a_machine_and_how_to_reach_a_person(chat: Chat) -> None:
    [greeting] = chat.opened["messages"]
    assert "assistente automatico" in greeting["text"]
    assert "non una persona" in greeting["text"]
    assert "operatore" in greeting["text"]
    assert "800 184704" in greeting["text"]


async def test_the_privacy_link_of_the_greeting_leads_to_the_notice(edge: TestClient, chat: Chat) -> None:
    [link] = chat.opened["messages"][0]["links"]
    async with edge.get(link["url"]) as answer:
        assert answer.status == 200
        assert "privacy" in (await answer.text()).lower()


@pytest.mark.parametrize("edge", [{"new_conversation_burst": 3, "new_conversation_rate": 0.01}], indirect=True)
async def test_too_many_new_conversations_from_one_address_are_refused(edge: TestClient) -> None:
    for _ in range(3):
        await Chat.open(edge)
    await refused(edge, API, status=429)


# --- sending ----------------------------------------------------------------------------------------------------------


async def test_an_accepted_message_is_stored_and_queued(chat: Chat, query: Query) -> None:
    message_id = await chat.send("Buongiorno")
    assert query("SELECT id::text, text FROM messages WHERE sender = 'citizen'") == [(message_id, "Buongiorno")]
    assert query("SELECT lock, status::text, args->>'message_id' FROM procrastinate_jobs") == [
        (chat.id, "todo", message_id)
    ]


async def test_a_button_is_accepted_with_its_payload(chat: Chat) -> None:
    answer = await chat.post(payload='/ask_topic{"topic":"did"}')
    assert answer.status == 202
    assert (await chat.messages(after=1))[0]["payload"] == '/ask_topic{"topic":"did"}'


async def test_the_same_client_id_again_is_the_same_message(chat: Chat, query: Query) -> None:
    first = await chat.post(client_message_id="uno", text="ciao")
    again = await chat.post(client_message_id="uno", text="ciao")
    assert (first.status, again.status) == (202, 202)
    assert await first.json() == await again.json()
    assert query(STORED) == [(1,)]
    assert query("SELECT count(*) FROM procrastinate_jobs") == [(1,)]


async def test_twenty_deliveries_at_once_of_one_message_store_it_once(chat: Chat, query: Query) -> None:
    answers = await asyncio.gather(*(chat.post(client_message_id="uno", text="ciao") for _ in range(20)))
    assert {answer.status for answer in answers} == {202}
    assert len({(await answer.json())["message_id"] for answer in answers}) == 1
    assert query(STORED) == [(1,)]
    assert query("SELECT count(*) FROM procrastinate_jobs") == [(1,)]


async def test_a_repeated_delivery_leaves_no_hole_in_the_sequence(chat: Chat) -> None:
    for client_id in ("uno", "uno", "due"):
        await chat.post(client_message_id=client_id, text="ciao")
    assert [m["seq"] for m in await chat.messages()] == [1, 2, 3]


async def test_two_conversations_may_use_the_same_client_id(edge: TestClient, query: Query) -> None:
    for chat in (await Chat.open(edge), await Chat.open(edge)):
        assert (await chat.post(client_message_id="uno", text="ciao")).status == 202
    assert query(STORED) == [(2,)]


@pytest.mark.parametrize("raw", [b"", b"{", b"ciao", b'{"a": \xff}', b"[" * 50_000, b'{"a": NaN'])
async def test_a_body_that_is_not_json_is_refused(chat: Chat, raw: bytes) -> None:
    problem = await refused(chat.client, chat.url, status=422, data=raw, headers=chat.headers)
    assert problem["code"] == "json"


@pytest.mark.parametrize("body", [[], "ciao", 3, None, True])
async def test_json_that_is_not_an_object_is_refused(chat: Chat, body: object) -> None:
    problem = await refused(chat.client, chat.url, status=422, data=json.dumps(body), headers=chat.headers)
    assert problem["code"] == "json"


@pytest.mark.parametrize("client_id", [None, "", 7, "a" * 101, "a\x00b", ["a"], "\ud800"])
async def test_a_client_id_that_cannot_be_kept_is_refused(chat: Chat, client_id: object) -> None:
    problem = await refused_body(chat, 422, client_message_id=client_id, text="ciao")
    assert problem["code"] == "client_message_id"


@pytest.mark.parametrize("content", [{}, {"text": "ciao", "payload": "/greet"}, {"text": None, "payload": None}])
async def test_exactly_one_of_text_and_payload_is_wanted(chat: Chat, content: dict) -> None:
    problem = await refused_body(chat, 422, **content)
    assert problem["code"] == "message"


@pytest.mark.parametrize("text", [12, ["ciao"], {"a": "ciao"}, True])
async def test_a_text_that_is_not_a_string_is_refused(chat: Chat, text: object) -> None:
    assert (await refused_body(chat, 422, text=text))["code"] == "text"


@pytest.mark.parametrize(
    "text",
    ["", "   \n\t", "\x00\x07", "\U000e0041\U000e007f", "\u200b\u200d\ufeff", "\u00ad\u2060", "\u2028", "\u3164", "\u2800"],
)  # fmt: skip
async def test_a_text_without_anything_to_see_is_refused(chat: Chat, text: str) -> None:
    assert (await refused_body(chat, 422, text=text))["code"] == "text_empty"


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "ok 👍🏽", "?", "naïve perché", "مرحبا", "…"])
async def test_what_people_type_is_stored_as_it_was_typed(chat: Chat, text: str) -> None:
    await chat.send(text)
    assert (await chat.messages(after=1))[0]["text"] == text


async def test_characters_nobody_types_are_taken_out(chat: Chat) -> None:
    await chat.send("  ci\x00ao\ud800 a\U000e0041\ttutti\n ")
    assert (await chat.messages(after=1))[0]["text"] == "ciao a\ttutti"


async def test_a_text_of_twenty_thousand_characters_is_too_long(chat: Chat) -> None:
    assert (await refused_body(chat, 413, text="a" * 20_000))["code"] == "text_too_long"


async def test_the_longest_text_allowed_is_accepted_whole(chat: Chat) -> None:
    await chat.send("è" * 4000)
    assert (await chat.messages(after=1))[0]["text"] == "è" * 4000


async def test_a_body_over_sixty_four_kibibytes_is_too_large(chat: Chat) -> None:
    raw = json.dumps({"client_message_id": "uno", "text": "ciao", "other": "x" * 65_536})
    assert (await refused(chat.client, chat.url, status=413, data=raw, headers=chat.headers))[
        "code"
    ] == "body_too_large"


@pytest.mark.parametrize(
    "payload",
    ["greet", "/", "/greet{", "/greet{}x", '/greet{"a":1}', '/greet{"a":["b"]}', "/greet[]", "/greet\n", "/" + "a" * 600, 7, "",
     '/greet{"a":"\ud800"}', r'/greet{"a":"\u0000"}', r'/greet{"a":"\ud800"}'],
)  # fmt: skip
async def test_a_malformed_payload_is_refused(chat: Chat, payload: object) -> None:
    assert (await refused_body(chat, 422, payload=payload))["code"] == "payload"


@pytest.mark.parametrize("payload", ["/nlu_fallback", "/danger", '/inform{"topic":"did"}', "/session_start"])
async def test_an_intent_that_no_button_carries_is_refused(chat: Chat, payload: str) -> None:
    assert (await refused_body(chat, 422, payload=payload))["code"] == "payload"


async def test_a_refused_message_leaves_nothing_behind(chat: Chat, query: Query) -> None:
    await refused_body(chat, 422, text=" ")
    assert query(STORED) == [(0,)]
    assert query("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


async def test_in_a_burst_of_fifty_some_are_refused_and_every_accepted_one_is_stored(chat: Chat, query: Query) -> None:
    answers = await asyncio.gather(*(chat.post(client_message_id=f"m{i}", text=f"ciao {i}") for i in range(50)))
    refusals = [answer for answer in answers if answer.status == 429]
    accepted = {(await answer.json())["message_id"] for answer in answers if answer.status == 202}
    assert len(refusals) + len(accepted) == 50
    assert len(accepted) >= 20
    assert refusals
    assert all(int(refusal.headers["Retry-After"]) >= 1 for refusal in refusals)
    assert {row[0] for row in query("SELECT id::text FROM messages WHERE sender = 'citizen'")} == accepted


async def test_a_refused_burst_does_not_slow_another_conversation(edge: TestClient, chat: Chat) -> None:
    await asyncio.gather(*(chat.post(text="ciao") for _ in range(30)))
    other = await Chat.open(edge)
    assert (await other.post(text="ciao")).status == 202


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "Bearer perché"])
async def test_without_the_right_token_nothing_is_read_or_sent(chat: Chat, method: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    await refused(chat.client, chat.url, status=401, method=method, headers=headers)


async def test_the_token_of_another_conversation_is_refused(edge: TestClient, chat: Chat) -> None:
    other = await Chat.open(edge)
    await refused(edge, chat.url, status=401, method="GET", headers=other.headers)


async def test_a_token_that_is_not_utf8_is_refused(edge: TestClient, chat: Chat) -> None:
    reader, writer = await asyncio.open_connection(edge.host, edge.port)
    request = f"GET {chat.url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ".encode()
    writer.write(request + b"\xff\xfe\r\n\r\n")
    status_line = (await reader.read()).split(b"\r\n")[0]
    writer.close()
    assert b" 401 " in status_line


async def test_an_unknown_conversation_is_not_found(edge: TestClient, chat: Chat) -> None:
    await refused(edge, f"{API}/{uuid4()}/messages", status=404, method="GET", headers=chat.headers)


@pytest.mark.parametrize("malformed", ["x", "123", "0" * 31, "%00", "..%2F.."])
async def test_a_malformed_conversation_id_is_not_found(edge: TestClient, chat: Chat, malformed: str) -> None:
    await refused(edge, f"{API}/{malformed}/messages", status=404, method="GET", headers=chat.headers)


async def test_the_token_is_nowhere_in_the_database(chat: Chat, query: Query) -> None:
    await chat.send("ciao")
    tables = query("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'")
    assert ("conversations",) in tables
    for (table,) in tables:
        for clear in (chat.token, chat.token.encode().hex()):
            found = query(f"SELECT count(*) FROM {table} AS row WHERE strpos(row::text, %s) > 0", clear)  # noqa: S608
            assert found == [(0,)], table


# --- whatever comes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edge", [UNLIMITED], indirect=True)
@EVERY_EXAMPLE
@given(text=ANY_TEXT)
async def test_any_text_is_accepted_or_refused_but_never_an_error_of_ours(chat: Chat, text: str) -> None:
    answer = await chat.post(text=text)
    assert answer.status in {202, 413, 422}, await answer.text()


@pytest.mark.parametrize("edge", [UNLIMITED], indirect=True)
@EVERY_EXAMPLE
@given(
    body=ANY_JSON
    | st.fixed_dictionaries({"client_message_id": ANY_TEXT}, optional={"text": ANY_JSON, "payload": ANY_JSON})
    | st.fixed_dictionaries({"client_message_id": ANY_TEXT, "text": ANY_TEXT})
)
async def test_any_json_is_accepted_or_refused_but_never_an_error_of_ours(chat: Chat, body: object) -> None:
    async with chat.client.post(chat.url, data=json.dumps(body), headers=chat.headers) as answer:
        assert answer.status in {202, 413, 422}, await answer.text()


@pytest.mark.parametrize("edge", [UNLIMITED], indirect=True)
@EVERY_EXAMPLE
@given(raw=st.binary(max_size=200))
async def test_any_bytes_are_accepted_or_refused_but_never_an_error_of_ours(chat: Chat, raw: bytes) -> None:
    async with chat.client.post(chat.url, data=raw, headers=chat.headers) as answer:
        assert answer.status in {202, 413, 422}, await answer.text()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_body_not_compressed_as_it_says_is_refused(chat: Chat, encoding: str) -> None:
    headers = {**chat.headers, "Content-Encoding": encoding}
    async with chat.client.post(chat.url, data=b"not compressed", headers=headers) as answer:
        assert 400 <= answer.status < 500


async def test_a_cut_database_connection_costs_at_most_an_honest_try_again(chat: Chat, query: Query) -> None:
    await chat.send("prima")
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    statuses = [(await chat.post(client_message_id="dopo", text="dopo")).status for _ in range(4)]
    assert set(statuses) <= {202, 503}
    assert statuses[-1] == 202
    assert query(STORED) == [(2,)]


# --- pages and headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/privacy", "/site.css", "/widget/sportello.js", "/widget/sportello.css", "/health"]
)
async def test_every_page_is_served_with_the_security_headers(edge: TestClient, path: str) -> None:
    async with edge.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_refusals_carry_the_security_headers_too(edge: TestClient) -> None:
    async with edge.get(f"{API}/{uuid4()}/messages") as answer:
        assert answer.status == 401
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/niente", 404), ("DELETE", API, 405), ("PUT", "/", 405)]
)
async def test_wrong_addresses_and_methods_are_problems_in_json(
    edge: TestClient, method: str, path: str, status: int
) -> None:
    await refused(edge, path, status=status, method=method)


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "nuova conversazione"), (404, "nuova"), (413, "troppo lungo"), (422, "Riprova"), (429, "Aspetta")],
)
@pytest.mark.parametrize("edge", [{"conversation_burst": 1, "conversation_rate": 0.01}], indirect=True)
async def test_refusals_carry_a_sentence_in_italian_for_the_citizen(chat: Chat, status: int, words: str) -> None:
    if status in {413, 422}:
        problem = await refused_body(chat, status, text="" if status == 422 else "a" * 5000)
    elif status == 429:
        await chat.send("ciao")
        problem = await refused_body(chat, status, text="ciao")
    else:
        url = chat.url if status == 401 else f"{API}/{uuid4()}/messages"
        headers = chat.headers if status == 404 else {}
        problem = await refused(chat.client, url, status=status, headers=headers)
    assert words in problem["message"]


@pytest.mark.parametrize("edge", [{"allowed_origins": ("https://apl.example",)}], indirect=True)
async def test_an_allowed_site_may_call_the_api(edge: TestClient) -> None:
    asking = {"Origin": "https://apl.example", "Access-Control-Request-Method": "POST"}
    async with edge.options(API, headers=asking) as preflight:
        assert preflight.status == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == "https://apl.example"
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    async with edge.post(API, headers={"Origin": "https://apl.example"}) as answer:
        assert answer.status == 201
        assert answer.headers["Access-Control-Allow-Origin"] == "https://apl.example"
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://apl.example", "https://apl.example.evil", "null"])
@pytest.mark.parametrize("edge", [{"allowed_origins": ("https://apl.example",)}], indirect=True)
async def test_other_sites_get_no_permission(edge: TestClient, origin: str) -> None:
    async with edge.options(API, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}) as preflight:
        assert "Access-Control-Allow-Origin" not in preflight.headers
    async with edge.post(API, headers={"Origin": origin}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
