"""The SDK's bot as we use it: no retries, no rate limiter, no secrets in logs, and its errors told apart by what they mean.

The outbox is the only layer that tries again, so it must know whether a request left. The SDK's own kinds do not say:
`TimedOut` stands for a connection that was never made and for an answer that never came.
"""

import json
import logging
import os
from typing import Any

import httpx
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.settings import Settings
from channels.sender import RateLimitedError, RefusedError, SendError, UncertainError, UnreachedError

# Waiting times as `timedelta`: the SDK warns at each use of the old way.
os.environ.setdefault("PTB_TIMEDELTA", "true")
# httpx logs every address it calls, and the bot's token is part of it.
for _talkative in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
POOL = 64
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
NO_SUCH_CHAT = ("chat not found", "user not found", "peer_id_invalid", "chat_id_invalid", "upgraded to a supergroup")


class ServerError(TelegramError):
    """A 5xx. `nothing_done`: the Bot API itself said that it failed; a gateway's words say nothing of the sort."""

    def __init__(self, code: int, *, nothing_done: bool) -> None:
        super().__init__(f"HTTP {code}")
        self.nothing_done = nothing_done


class Request(HTTPXRequest):
    """Tells apart what the SDK calls by one name: 5xx of the API and of a gateway; 429 without a time to wait."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """See `BaseRequest.do_request`."""
        code, payload = await super().do_request(*args, **kwargs)
        if code >= 500:
            raise ServerError(code, nothing_done=code != 504 and _is_refusal(payload))
        if code == 429 and not _waiting_time(payload):
            raise RetryAfter(1)
        return code, payload


def create_bot(settings: Settings) -> Bot:
    """The bot of the configured token; connections are opened as needed, `bot.shutdown()` is never required."""
    assert settings.telegram_token
    request, polling = (
        Request(
            connection_pool_size=size,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            write_timeout=READ_SECONDS,
            media_write_timeout=READ_SECONDS,
            pool_timeout=CONNECT_SECONDS,
        )
        for size in (POOL, 2)
    )
    return Bot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{settings.telegram_api_url.rstrip('/')}/bot",
        base_file_url=f"{settings.telegram_api_url.rstrip('/')}/file/bot",
        request=request,
        get_updates_request=polling,
    )


async def close(bot: Bot) -> None:
    """Close its connections. `Bot.shutdown` does it only after `initialize`, which calls the API."""
    for request in bot._request:  # no public way
        await request.shutdown()


def own_id(settings: Settings) -> int:
    """The bot's user id: the token begins with it."""
    assert settings.telegram_token
    first = settings.telegram_token.get_secret_value().split(":")[0]
    return int(first) if first.isdigit() else 0


def as_send_error(error: TelegramError) -> SendError:
    """What an error means for the message that was being sent."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            return RateLimitedError(float(wait) if isinstance(wait, int) else wait.total_seconds())
        case Forbidden():
            return RefusedError("403", error.message, why="blocked")
        case ChatMigrated():
            return RefusedError("400", "group upgraded to a supergroup", why="address")
        case BadRequest():
            gone = any(words in error.message.casefold() for words in NO_SUCH_CHAT)
            return RefusedError("400", error.message, why="address" if gone else "content")
        case InvalidToken() | Conflict():
            # Ours to mend: messages wait until the token is right. The SDK's text may quote the token.
            return UnreachedError("the API does not accept the token")
        case ServerError():
            return UnreachedError(error.message) if error.nothing_done else UncertainError(error.message)
        case _ if isinstance(error.__cause__, NEVER_LEFT):
            return UnreachedError(type(error.__cause__).__name__)
    return UncertainError(type(error.__cause__ or error).__name__)


def reason(error: TelegramError) -> str:
    """The error for people, without secrets."""
    if isinstance(error, InvalidToken):
        return "il token non è accettato"
    if isinstance(error.__cause__, NEVER_LEFT):
        return "non risponde nessuno"
    return error.message


def _is_refusal(payload: bytes) -> bool:
    try:
        said = json.loads(payload)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("ok") is False


def _waiting_time(payload: bytes) -> float:
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 0.0
