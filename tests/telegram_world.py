"""Fixtures: Telegram's stand-in, the edge with its webhook, and somebody who writes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from telegram_double import BOT_NAME, SECRET, TOKEN, TelegramDouble
from telegram_people import Person

from bot.settings import get_settings
from channels.edge import create_app

Configure = Callable[..., None]


@pytest.fixture
async def telegram(
    database: str, configure: Configure, request: pytest.FixtureRequest
) -> AsyncIterator[TelegramDouble]:
    """The stand-in, configured as the Bot API of this test. What no real bot may send fails the test.

    Parametrize it indirectly with a dictionary to change settings.
    """
    double = TelegramDouble()
    await double.start()
    settings = {
        "telegram_token": TOKEN,
        "telegram_webhook_secret": SECRET,
        "telegram_bot_name": BOT_NAME,
        "telegram_api_url": double.url,
        "public_url": "https://sportello.example.org",
    }
    configure(**settings | getattr(request, "param", {}))
    yield double
    await double.stop()
    assert not double.wrong, double.wrong


@pytest.fixture
async def meet(telegram: TelegramDouble) -> AsyncIterator[Callable[..., Person]]:
    """Makes people, each with a chat, who reach the edge through the webhook."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TestServer(create_app(get_settings())))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        url = str(server.make_url("/telegram/webhook"))
        yield lambda **values: Person(telegram, session, url, **values)


@pytest.fixture
async def person(meet: Callable[..., Person]) -> Person:
    """Somebody with a chat of their own."""
    return meet()
