"""Twilio's stand-in with the real edge behind it, and the outbox that answers."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from outbox_support import NO_WAIT, send_all
from sqlalchemy.ext.asyncio import AsyncEngine
from twilio_double import SETTINGS, TwilioDouble

from bot.settings import get_settings
from bot.storage.engine import create_engine
from channels.edge import create_app
from channels.outbox import Outbox
from channels.senders import close_all, create_senders

NUMBER = "+393331234567"
ON_WHATSAPP = f"whatsapp:{NUMBER}"


class World:
    """`twilio` is the provider, `edge` the door; `send()` lets what waits leave."""

    def __init__(self, twilio: TwilioDouble, edge: TestClient, engine: AsyncEngine, query: Callable[..., Any]) -> None:
        self.twilio, self.edge, self.engine, self.query = twilio, edge, engine, query
        self.senders = create_senders(get_settings(), engine)
        self.outbox = Outbox(engine, self.senders, settle=NO_WAIT)

    async def send(self) -> None:
        await send_all(self.outbox)

    def hurry(self) -> None:
        self.query("UPDATE outbox SET not_before = now()")

    def deliveries(self) -> list[str]:
        return [
            row[0] for row in self.query("SELECT delivery FROM messages WHERE sender <> 'citizen' ORDER BY created_at")
        ]

    def stored(self) -> list[str]:
        return [row[0] for row in self.query("SELECT text FROM messages WHERE sender = 'citizen' ORDER BY created_at")]

    def jobs(self) -> int:
        return int(self.query("SELECT count(*) FROM procrastinate_jobs")[0][0])


@pytest.fixture
async def world(
    database: str,
    query: Callable[..., Any],
    configure: Callable[..., None],
    request: pytest.FixtureRequest,
) -> AsyncIterator[World]:
    """Everything at its usual; parametrize it indirectly with a dictionary to change settings."""
    twilio = TwilioDouble()
    await twilio.start()
    configure(**SETTINGS | {"twilio_api_url": twilio.url} | getattr(request, "param", {}))
    engine = create_engine(pool_size=20)
    async with TestClient(TestServer(create_app(get_settings()))) as edge:
        twilio.edge = str(edge.make_url("")).rstrip("/")
        made = World(twilio, edge, engine, query)
        yield made
        await close_all(made.senders)
    assert not twilio.wrong, twilio.wrong
    await twilio.stop()
    await engine.dispose()
