"""Whose turn it is, and what the transcript shows of it."""

from uuid import UUID

from aiohttp.test_utils import TestClient
from conftest import Query
from support import Chat, Dialogue, LocalWorker, until

from bot.conversations.model import Button, Reply
from bot.conversations.store import add_outgoing
from channels import webchat

BUTTON = Button(title="Chi può", payload='/ask_topic{"topic":"did","aspect":"who"}')


async def show(edge: TestClient, chat: Chat, *buttons: Button) -> None:
    async with edge.app[webchat.ENGINE].begin() as connection:
        await add_outgoing(connection, UUID(chat.id), [Reply(text="Scegli", buttons=buttons)])


async def test_a_pressed_button_reads_as_the_words_on_it(edge: TestClient, chat: Chat) -> None:
    await show(edge, chat, Button(title="Vecchio titolo", payload=BUTTON.payload))
    await show(edge, chat, Button(title="Altro", payload="/greet"), BUTTON)
    assert (await chat.post(payload=BUTTON.payload)).status == 202
    pressed = (await chat.messages())[-1]
    assert (pressed["sender"], pressed["text"], pressed["payload"]) == ("citizen", "Chi può", BUTTON.payload)


async def test_a_button_of_another_conversation_lends_no_words(edge: TestClient, chat: Chat) -> None:
    await show(edge, await Chat.open(edge), BUTTON)
    assert (await chat.post(payload=BUTTON.payload)).status == 202
    assert (await chat.messages())[-1]["text"] == ""


async def test_an_answer_under_way_is_withheld_when_a_person_takes_the_conversation(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    dialogue.slow["un momento"] = 1.0
    worker.start()
    await chat.send("un momento")
    await until(lambda: dialogue.texts() == ["un momento"])
    query("UPDATE conversations SET owner = 'operator' WHERE id = %s", UUID(chat.id))
    await until(lambda: query("SELECT count(*) FROM procrastinate_jobs") == [(0,)])
    assert [message["sender"] for message in await chat.messages(after=1)] == ["citizen"]
    assert query("SELECT answered_at FROM messages WHERE sender = 'citizen'") == [(None,)]


async def test_silence_of_the_dialogue_is_a_failure_with_a_number(
    chat: Chat, worker: LocalWorker, dialogue: Dialogue, query: Query
) -> None:
    dialogue.fail["muto"] = "silence"
    worker.start()
    await chat.send("muto")
    [answer] = await chat.answered(1)
    [(number, what)] = query("SELECT id, what FROM incidents")
    assert str(number) in answer["text"]
    assert "no words" in what
