"""`sportello doctor`: channel by channel, what is configured, what answers, where messages go."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp.test_utils import TestServer
from telegram_double import SECRET, TOKEN, TelegramDouble
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.settings import get_settings
from channels.edge import create_app


async def doctor() -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["doctor"])


def lines(result: Result, channel: str) -> list[str]:
    return [line.removeprefix(channel).strip() for line in result.output.splitlines() if line.startswith(channel)]


@pytest.fixture
async def _edge_runs(telegram: TelegramDouble, configure: Callable[..., None]) -> AsyncIterator[None]:
    async with TestServer(create_app(get_settings())) as server:
        configure(http_port=server.port, public_url=f"http://127.0.0.1:{server.port}")
        yield


@pytest.mark.usefixtures("_edge_runs")
@pytest.mark.parametrize("telegram", [{"telegram_token": ""}], indirect=True)
async def test_all_is_well_without_any_channel_configured() -> None:
    result = await doctor()
    assert result.exit_code == 0, result.output
    assert lines(result, "chat sul sito")[0].startswith("raggiungibile")
    for channel in ("Telegram", "WhatsApp", "SMS"):
        [line] = lines(result, channel)
        assert line.startswith("non configurato (manca SPORTELLO_")


async def test_a_system_that_does_not_run_is_said_to_be_away(database: str, configure: Callable[..., None]) -> None:
    configure(http_port=9, public_url="http://127.0.0.1:19")
    result = await doctor()
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in lines(result, "chat sul sito")] == ["problema", "problema"]


@pytest.mark.usefixtures("_edge_runs")
async def test_a_webhook_that_points_here_is_well(telegram: TelegramDouble) -> None:
    telegram.webhook = {"url": f"{get_settings().public_url}/telegram/webhook"}
    result = await doctor()
    assert result.exit_code == 0, result.output
    assert lines(result, "Telegram") == [
        "raggiungibile come @SportelloProvaBot",
        f"il webhook punta qui: {telegram.webhook['url']}",
    ]


@pytest.mark.usefixtures("_edge_runs")
async def test_a_webhook_elsewhere_or_missing_is_a_problem(telegram: TelegramDouble) -> None:
    result = await doctor()
    assert result.exit_code == 1
    assert "problema: il webhook non è registrato" in lines(result, "Telegram")[1]
    telegram.webhook = {"url": "https://altrove.example.org/hook"}
    telegram.last_error = (int(time.time()), "Wrong response from the webhook: 500 Internal Server Error")
    result = await doctor()
    assert "punta a https://altrove.example.org/hook" in lines(result, "Telegram")[1]
    assert "ultimo errore di consegna" in lines(result, "Telegram")[2]


@pytest.mark.usefixtures("_edge_runs")
@pytest.mark.parametrize("telegram", [{"telegram_webhook_secret": ""}], indirect=True)
async def test_polling_is_told_apart(telegram: TelegramDouble) -> None:
    assert "polling" in lines(await doctor(), "Telegram")[1]
    telegram.webhook = {"url": "https://altrove.example.org/hook"}
    assert "problema: manca SPORTELLO_TELEGRAM_WEBHOOK_SECRET" in lines(await doctor(), "Telegram")[1]


async def test_a_wrong_token_and_a_silent_api_are_told_without_secrets(telegram: TelegramDouble) -> None:
    telegram.token = "another"  # noqa: S105
    result = await doctor()
    assert lines(result, "Telegram") == ["problema: non raggiungibile (il token non è accettato)"]
    await telegram.stop()
    result = await doctor()
    assert lines(result, "Telegram") == ["problema: non raggiungibile (non risponde nessuno)"]
    assert TOKEN not in result.output
    assert SECRET not in result.output
