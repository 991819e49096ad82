"""`sportello telegram`, and messages fetched without a webhook."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from conftest import Query
from support import Dialogue, LocalWorker, until
from telegram_double import SECRET, TelegramDouble, Trouble
from telegram_people import Person
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.settings import SettingsError, get_settings
from bot.storage.engine import create_engine
from bot.storage.queue import create_queue
from channels import telegram_polling
from channels.telegram_bot import close, create_bot
from channels.telegram_intake import Intake

WITHOUT_SECRET = pytest.mark.parametrize("telegram", [{"telegram_webhook_secret": ""}], indirect=True)


async def sportello(*arguments: str) -> Result:
    """The command in a thread of its own: it has its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["telegram", *arguments])


# --- the webhook ------------------------------------------------------------------------------------------------------


async def test_set_webhook_registers_address_secret_and_commands(telegram: TelegramDouble) -> None:
    result = await sportello("set-webhook")
    assert result.exit_code == 0, result.output
    assert telegram.webhook["url"] == "https://sportello.example.org/telegram/webhook"
    assert telegram.webhook["secret_token"] == SECRET
    assert "edited_message" in telegram.webhook["allowed_updates"]
    assert [one["command"] for one in telegram.commands] == ["start", "help", "stop", "privacy"]
    assert SECRET not in result.output


@pytest.mark.parametrize(
    ("telegram", "names"),
    [
        ({"telegram_token": ""}, "SPORTELLO_TELEGRAM_TOKEN"),
        ({"telegram_webhook_secret": ""}, "SPORTELLO_TELEGRAM_WEBHOOK_SECRET"),
        ({"telegram_webhook_secret": "con spazi"}, "SPORTELLO_TELEGRAM_WEBHOOK_SECRET"),
        ({"public_url": "http://sportello.example.org"}, "https"),
        ({"public_url": "https://sportello.example.org:8080"}, "8443"),
    ],
    indirect=["telegram"],
)
async def test_what_telegram_would_not_take_is_said_before_asking(telegram: TelegramDouble, names: str) -> None:
    result = await sportello("set-webhook")
    assert isinstance(result.exception, SettingsError)
    assert names in str(result.exception)
    assert telegram.calls == []


async def test_a_refusal_of_telegram_is_one_line(telegram: TelegramDouble) -> None:
    telegram.trouble("setWebhook", Trouble(429, seconds=3))
    result = await sportello("set-webhook")
    assert result.exit_code == 1
    assert "Telegram non lo ha fatto" in result.output


async def test_delete_webhook_keeps_what_waits(telegram: TelegramDouble) -> None:
    telegram.webhook = {"url": "https://old.example.org"}
    result = await sportello("delete-webhook")
    assert result.exit_code == 0, result.output
    assert telegram.webhook == {}
    assert telegram.called("deleteWebhook") == [{"drop_pending_updates": False}]


@WITHOUT_SECRET
async def test_polling_beside_a_webhook_says_what_to_do(telegram: TelegramDouble) -> None:
    telegram.webhook = {"url": "https://old.example.org"}
    result = await sportello("poll")
    assert isinstance(result.exception, SettingsError)
    assert "delete-webhook" in str(result.exception)


# --- polling ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def polling(telegram: TelegramDouble) -> AsyncIterator[Callable[[], None]]:
    """Starts polling as the process of that name does."""
    settings = get_settings()
    engine, queue, bot = create_engine(pool_size=2), create_queue(max_size=2), create_bot(settings)
    tasks: list[asyncio.Task[None]] = []
    async with queue.open_async():
        intake = Intake(settings, engine, queue, bot)
        yield lambda: tasks.append(asyncio.create_task(telegram_polling.poll(bot, intake)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await intake.settle()
    await close(bot)
    await engine.dispose()


@pytest.fixture
def walker(telegram: TelegramDouble) -> Person:
    """Somebody whose updates wait to be fetched."""
    return Person(telegram, None, "")


@WITHOUT_SECRET
async def test_with_a_token_only_messages_are_fetched_and_answered(
    telegram: TelegramDouble, polling: Callable[[], None], walker: Person, worker: LocalWorker, dialogue: Dialogue
) -> None:
    telegram.pending += [walker.text("uno"), walker.text("due")]
    polling()
    worker.start()
    await walker.sees(3)
    telegram.pending.append(walker.text("tre"))
    await walker.sees(4)
    assert walker.texts()[1:] == ["risposta a: uno", "risposta a: due", "risposta a: tre"]


@WITHOUT_SECRET
async def test_updates_not_stored_are_not_confirmed(
    telegram: TelegramDouble, polling: Callable[[], None], walker: Person, monkeypatch: pytest.MonkeyPatch, query: Query
) -> None:
    from channels import telegram_intake

    real, tries = telegram_intake.take_in, []

    async def away_at_first(*args: object, **values: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("no database")
        return await real(*args, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(telegram_intake, "take_in", away_at_first)
    monkeypatch.setattr(telegram_polling, "AFTER_ERROR_SECONDS", 0.05)
    telegram.pending.append(walker.text("uno"))
    polling()
    await until(lambda: query("SELECT text FROM messages WHERE sender = 'citizen'") == [("uno",)])
    await until(lambda: not telegram.pending)
    assert len(tries) == 3


@WITHOUT_SECRET
async def test_one_update_nobody_can_read_does_not_hold_up_the_others(
    telegram: TelegramDouble, polling: Callable[[], None], walker: Person, query: Query
) -> None:
    telegram.pending += [{"update_id": telegram.next_update(), "message": {"text": 5}}, walker.text("dopo")]
    polling()
    await until(lambda: query("SELECT text FROM messages WHERE sender = 'citizen'") == [("dopo",)])


@WITHOUT_SECRET
async def test_an_outage_of_telegram_is_waited_out(
    telegram: TelegramDouble,
    polling: Callable[[], None],
    walker: Person,
    query: Query,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telegram_polling, "AFTER_ERROR_SECONDS", 0.05)
    telegram.trouble("getUpdates", Trouble(500), Trouble("gateway"), Trouble(429, seconds=1), Trouble("reset"))
    telegram.pending.append(walker.text("uno"))
    polling()
    await until(lambda: query("SELECT text FROM messages WHERE sender = 'citizen'") == [("uno",)])


@WITHOUT_SECRET
async def test_without_a_webhook_secret_no_webhook_is_served(person: Person) -> None:
    assert await person.send(person.text("ciao")) == 404
