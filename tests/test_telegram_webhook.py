"""The webhook: what it refuses without work, what it acknowledges without understanding, what comes twice or too fast."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from conftest import Query
from support import Dialogue, LocalWorker, until
from telegram_double import SECRET, TOKEN, TelegramDouble
from telegram_people import Person

from bot.settings import get_settings
from channels.edge import create_app
from channels.sentences import TOO_FAST

HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def stored(query: Query) -> list[Any]:
    return query("SELECT text FROM messages") + query("SELECT id FROM addresses") + query("SELECT id FROM incidents")


async def post(person: Person, **request: Any) -> tuple[int, dict[str, Any], str]:
    assert person.session is not None
    async with person.session.post(person.url, **request) as answer:
        text = await answer.text()
        return answer.status, dict(answer.headers), text


# --- refused without work ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "x", "é" * 8])
async def test_without_the_secret_nothing_is_read(person: Person, query: Query, secret: str) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    status, _, text = await post(person, json=person.text("ciao"), headers=headers)
    assert status == 401
    assert SECRET not in text
    assert stored(query) == []


async def test_a_secret_of_bytes_that_are_no_text_is_wrong(person: Person) -> None:
    host, port = person.url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    start = b"POST /telegram/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    writer.write(start + b"X-Telegram-Bot-Api-Secret-Token: \xff\xfe\r\n\r\n{}")
    assert b" 401 " in await reader.readline()
    writer.close()


async def test_the_secret_in_the_address_does_not_help(person: Person, query: Query) -> None:
    assert person.session is not None
    async with person.session.post(f"{person.url}?secret_token={SECRET}", json=person.text("ciao")) as answer:
        assert answer.status == 401
    assert stored(query) == []


async def test_a_body_over_64_kib_is_refused(person: Person, query: Query) -> None:
    status, _, _ = await post(person, json=person.text("a" * 66_000), headers=HEADERS)
    assert status == 413
    assert stored(query) == []


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b"\xff\xfe", b"[" * 50_000])
async def test_what_is_no_object_is_refused(person: Person, query: Query, body: bytes) -> None:
    status, _, _ = await post(person, data=body, headers=HEADERS)
    assert status == 422
    assert stored(query) == []


async def test_only_post_is_served(person: Person) -> None:
    assert person.session is not None
    async with person.session.get(person.url, headers=HEADERS) as answer:
        assert answer.status == 405


@pytest.mark.parametrize("telegram", [{"webhook_rate": 1, "webhook_burst": 3}], indirect=True)
async def test_over_the_global_limit_telegram_is_told_when_to_deliver_again(person: Person, query: Query) -> None:
    answers = [await post(person, json=person.text(f"{n}"), headers=HEADERS) for n in range(5)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1][1]["Retry-After"]) >= 1
    assert query("SELECT count(*) FROM messages WHERE sender = 'citizen'") == [(3,)]


async def test_no_address_is_served_while_the_channel_is_not_configured(database: str) -> None:
    async with TestClient(TestServer(create_app(get_settings()))) as client:
        assert (await client.post("/telegram/webhook", json={}, headers=HEADERS)).status == 404


async def test_secrets_and_citizens_are_not_in_the_logs(
    person: Person, worker: LocalWorker, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
    worker.start()
    await post(person, json=person.text("segretissimo"), headers={"X-Telegram-Bot-Api-Secret-Token": "wrong-secret"})
    await person.write("segretissimo")
    await person.sees(2)
    captured = capsys.readouterr()
    said = caplog.text + captured.out + captured.err
    for secret in (TOKEN, SECRET, "wrong-secret", "segretissimo", str(person.chat)):
        assert secret not in said, secret


# --- acknowledged without understanding -------------------------------------------------------------------------------

STRANGE: list[dict[str, Any]] = [
    {},
    {"update_id": 1},
    {"update_id": "one", "message": "words"},
    {"update_id": 2, "message": {}},
    {"update_id": 3, "message": {"message_id": 1, "chat": {"id": 5, "type": "private"}, "date": 1}},
    {"update_id": 4, "message": {"message_id": "x", "chat": None, "date": None, "text": 5}},
    {"update_id": 5, "message": [1, 2, 3]},
    {
        "update_id": 6,
        "callback_query": {"id": "1", "from": {"id": 5, "is_bot": False, "first_name": "A"}, "chat_instance": "1"},
    },
    {"update_id": 7, "edited_message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}},
    {
        "update_id": 8,
        "channel_post": {"message_id": 1, "date": 1, "chat": {"id": -100, "type": "channel"}, "text": "avviso"},
    },
    {"update_id": 9, "poll": {"id": "1"}},
    {"update_id": 10, "message_reaction": {"chat": {"id": 5, "type": "private"}, "message_id": 1, "date": 1}},
    {"update_id": 11, "something_of_2031": {"new": True}},
    {"update_id": 12, "my_chat_member": {"chat": {"id": 5}}},
    {
        "update_id": 13,
        "message": {"message_id": 1, "date": 10**18, "chat": {"id": 5, "type": "private"}, "text": "ciao"},
    },
]


@pytest.mark.parametrize("update", STRANGE, ids=lambda update: ",".join(update) or "empty")
async def test_an_update_nobody_understands_is_acknowledged(
    person: Person, worker: LocalWorker, update: dict[str, Any]
) -> None:
    status, _, _ = await post(person, json=update, headers=HEADERS)
    assert status == 200
    worker.start()
    await person.write("ciao")  # nobody else suffers from it
    await person.sees(2)


async def test_characters_that_cannot_be_stored_are_left_out(person: Person, worker: LocalWorker) -> None:
    worker.start()
    update = person.text("ciao")
    body = json.dumps(update).replace("ciao", "ci\\u0000a\\ud800o")
    status, _, _ = await post(person, data=body, headers=HEADERS | {"Content-Type": "application/json"})
    assert status == 200
    assert (await person.sees(2))[-1].text == "risposta a: ciao"


async def test_a_forwarded_service_message_is_nothing(person: Person, query: Query) -> None:
    await person.send(person.message(new_chat_title="Nuovo nome"))
    await person.send(person.message(pinned_message=person.text("x")["message"]))
    assert stored(query) == []


# --- twice, out of order, too fast ------------------------------------------------------------------------------------


async def test_the_same_update_many_times_at_once_is_one_message(
    person: Person, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    worker.start()
    update = person.text("ciao")
    statuses = await asyncio.gather(*(person.send(update) for _ in range(20)))
    assert set(statuses) == {200}
    await person.write("basta così?")
    await person.sees(3)
    assert dialogue.texts() == ["ciao", "basta così?"], person.texts()
    assert query("SELECT count(*) FROM conversations") == [(1,)]


async def test_the_same_press_delivered_twice_is_one_choice(
    person: Person, worker: LocalWorker, dialogue: Dialogue
) -> None:
    dialogue.says["come?"] = {"buttons": [{"title": "Sì", "payload": '/choose{"confirm":"yes"}'}]}
    worker.start()
    await person.write("come?")
    press = person.press((await person.sees(2))[-1], "Sì")
    assert [await person.send(press) for _ in range(3)] == [200] * 3
    await person.write("e poi?")
    await person.sees(4)
    assert len(dialogue.asked) == 3


async def test_a_chats_messages_are_answered_in_the_order_they_came(
    person: Person, worker: LocalWorker, dialogue: Dialogue
) -> None:
    words = [f"parola {n}" for n in range(15)]
    for word in words:
        await person.write(word)
    worker.start()
    await person.sees(16)
    assert dialogue.texts() == words
    assert person.texts()[1:] == [f"risposta a: {word}" for word in words]


async def test_an_update_that_overtook_another_loses_nothing(
    person: Person, worker: LocalWorker, dialogue: Dialogue
) -> None:
    worker.start()
    first, second = person.text("prima"), person.text("seconda")
    await person.send(second)
    await person.send(first)
    await person.sees(3)
    assert sorted(dialogue.texts()) == ["prima", "seconda"]


@pytest.mark.parametrize("telegram", [{"sender_rate": 0.01, "sender_burst": 3}], indirect=True)
async def test_a_sender_over_the_limit_is_told_once(
    meet: Callable[..., Person], worker: LocalWorker, dialogue: Dialogue
) -> None:
    fast, calm = meet(), meet()
    for n in range(10):
        assert await fast.send(fast.text(f"{n}")) == 200
    await calm.write("ciao")
    worker.start()
    await calm.sees(2)
    await fast.sees(5)
    await asyncio.sleep(0.5)
    assert fast.texts().count(TOO_FAST) == 1
    assert sorted(dialogue.texts()) == ["0", "1", "2", "ciao"]


async def test_while_the_database_is_away_telegram_is_asked_to_come_back(
    person: Person, telegram: TelegramDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from channels import telegram_intake

    async def away(*args: object, **values: object) -> None:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(telegram_intake, "take_in", away)
    update = person.text("ciao")
    assert await person.send(update) == 503
    monkeypatch.undo()


async def test_a_failure_of_ours_is_tried_again_and_then_kept_for_the_operators(
    person: Person, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels import telegram_intake

    async def broken(*args: object, **values: object) -> None:
        raise KeyError("secret words of somebody")

    monkeypatch.setattr(telegram_intake, "take_in", broken)
    update = person.text("ciao")
    assert [await person.send(update) for _ in range(3)] == [500, 500, 200]
    assert query('SELECT "where", what FROM incidents') == [("telegram", "words: KeyError")]


async def test_a_wrong_setting_of_ours_loses_nothing(
    person: Person, query: Query, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = get_settings().secret_key
    assert right is not None
    configure(secret_key="too short")  # noqa: S106
    update = person.text("ciao")
    assert [await person.send(update) for _ in range(5)] == [500] * 5
    configure(secret_key=right.get_secret_value())
    assert await person.send(update) == 200
    assert query("SELECT text FROM messages WHERE sender = 'citizen'") == [("ciao",)]


async def test_the_answer_does_not_wait_for_telegram(
    person: Person, telegram: TelegramDouble, worker: LocalWorker, dialogue: Dialogue
) -> None:
    from telegram_double import Trouble

    dialogue.says["come?"] = {"buttons": [{"title": "Sì", "payload": '/choose{"confirm":"yes"}'}]}
    worker.start()
    await person.write("come?")
    question = (await person.sees(2))[-1]
    telegram.trouble("answerCallbackQuery", Trouble("silence"))
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert await person.send(person.press(question, "Sì")) == 200
    assert loop.time() - before < 2
    await until(lambda: len(dialogue.asked) == 2)


async def test_a_stranger_cannot_use_up_the_limit(person: Person) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(1200):
            async with session.post(person.url, json={}) as answer:
                assert answer.status == 401
    assert await person.send(person.text("ciao")) == 200
