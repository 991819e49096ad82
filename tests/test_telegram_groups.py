"""Telegram groups: who is answered, and whose conversation it is."""

from collections.abc import Callable

import pytest
from conftest import Query
from support import Dialogue, LocalWorker
from telegram_double import BOT_ID, BOT_NAME, TelegramDouble
from telegram_people import Person

from channels.sentences import (
    HELP,
    say,
)

GROUP = -1001234567890


@pytest.fixture(autouse=True)
async def _working(worker: LocalWorker, telegram: TelegramDouble) -> None:
    worker.start()


@pytest.fixture
def member(meet: Callable[..., Person]) -> Person:
    return meet(group=GROUP)


async def test_in_a_group_only_what_is_addressed_to_the_bot_is_answered(member: Person, dialogue: Dialogue) -> None:
    await member.write("che si mangia stasera?")
    await member.write("/start@UnAltroBot")
    await member.write(f"@{BOT_NAME} dove sei?")
    bots = {
        "message_id": 1,
        "from": {"id": BOT_ID, "is_bot": True, "first_name": "S"},
        "chat": member.chat_info,
        "date": 1,
    }
    await member.send(member.text("e gli orari?", reply_to_message=bots))
    await member.sees(3)
    assert dialogue.texts() == ["dove sei?", "e gli orari?"]


async def test_a_group_is_a_conversation_of_its_own(member: Person, meet: Callable[..., Person], query: Query) -> None:
    alone = meet()
    await alone.write("ciao")
    await alone.sees(2)
    await member.write(f"/help@{BOT_NAME}")
    assert (await member.sees(2))[-1].text == say(HELP)
    assert query("SELECT count(*) FROM conversations") == [(2,)]


async def test_in_a_group_with_topics_each_is_a_conversation_answered_where_it_was_asked(
    telegram: TelegramDouble, member: Person, dialogue: Dialogue, query: Query
) -> None:
    telegram.topics = {17, 18}
    dialogue.says["quale"] = {
        "text": "Quale?",
        "buttons": [{"title": "Il primo", "payload": '/choose_topic{"topic": "did"}'}],
    }
    topic = {"message_thread_id": 17, "is_topic_message": True}
    await member.send(member.text(f"@{BOT_NAME} quale", **topic))
    asked = (await member.sees(2))[-1]
    await member.send(member.text(f"@{BOT_NAME} altro", **topic | {"message_thread_id": 18}))
    await member.sees(4)
    await member.send(member.press(asked, "Il primo"))
    await member.sees(5)
    assert [shown.topic for shown in member.shown()] == [17, 17, 18, 18, 17]
    assert query("SELECT count(*) FROM conversations") == [(2,)]
    assert {one["message_thread_id"] for one in telegram.called("sendChatAction")} <= {"17", "18", 17, 18}


async def test_a_group_is_never_asked_for_a_private_number(member: Person, dialogue: Dialogue) -> None:
    dialogue.says["prenoto"] = {
        "text": "A che numero ti chiamiamo? Scrivi il telefono.",
        "custom": {"expects": "contact"},
    }
    await member.write(f"@{BOT_NAME} prenoto")
    assert (await member.sees(2))[-1].keys == []


@pytest.mark.parametrize("telegram", [{"telegram_bot_name": ""}], indirect=True)
async def test_the_name_of_the_bot_is_asked_for_when_it_is_not_configured(
    telegram: TelegramDouble, member: Person, dialogue: Dialogue
) -> None:
    await member.write(f"@{BOT_NAME} dove sei?")
    await member.sees(2)
    assert dialogue.texts() == ["dove sei?"]
    assert len(telegram.called("getMe")) == 1
