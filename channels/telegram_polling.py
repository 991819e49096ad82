"""Updates fetched instead of delivered: all a developer's laptop needs is the bot's token.

python -m channels.telegram_polling
"""

import asyncio
import signal
from contextlib import suppress
from typing import Any

import structlog
from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.logs import configure_logging
from bot.settings import Settings, get_settings
from bot.storage.engine import create_engine
from bot.storage.queue import create_queue
from channels.sender import RateLimitedError
from channels.telegram_bot import as_send_error, close, create_bot, reason
from channels.telegram_health import ALLOWED_UPDATES
from channels.telegram_intake import Intake

log = structlog.get_logger()

LONG_POLL_SECONDS = 25
AFTER_ERROR_SECONDS = 2.0
AFTER_CONFLICT_SECONDS = 15.0


async def poll(bot: Bot, intake: Intake) -> None:
    """Fetch and take in, until cancelled. Updates are given back to Telegram as read only once they are stored."""
    offset: int | None = None
    while True:
        try:
            updates = await fetch(bot, offset)
        except TelegramError as error:
            log.warning("telegram cannot be asked", reason=reason(error))
            await asyncio.sleep(_pause(error))
            continue
        for update in updates:
            await _keep(intake, update)
            offset = int(update["update_id"]) + 1


async def fetch(bot: Bot, offset: int | None, *, seconds: int = LONG_POLL_SECONDS) -> list[dict[str, Any]]:
    """The updates that wait, as JSON: read by the SDK all together, one that it cannot read would hold up the others."""
    asked: dict[str, Any] = {"timeout": seconds, "allowed_updates": list(ALLOWED_UPDATES)}
    if offset is not None:
        asked["offset"] = offset
    answer = await bot.do_api_request("getUpdates", api_kwargs=asked, read_timeout=seconds + 10)
    return list(answer)


async def _keep(intake: Intake, update: dict[str, Any]) -> None:
    while True:
        try:
            await intake.take(update)
        except Exception as error:  # noqa: BLE001 - the intake says when to give one up
            log.warning("telegram updates wait", reason=type(error).__name__)
            await asyncio.sleep(AFTER_ERROR_SECONDS)
        else:
            return


def _pause(error: TelegramError) -> float:
    if isinstance(error, RetryAfter):
        limited = as_send_error(error)
        return limited.seconds if isinstance(limited, RateLimitedError) else AFTER_ERROR_SECONDS
    return AFTER_CONFLICT_SECONDS if isinstance(error, Conflict | InvalidToken) else AFTER_ERROR_SECONDS


async def run() -> None:
    """Poll until told to stop."""
    settings = get_settings()
    engine, queue, bot = create_engine(pool_size=2), create_queue(max_size=2), create_bot(settings)
    try:
        await _work(settings, engine, queue, bot)
    finally:
        await close(bot)
        await engine.dispose()


async def _work(settings: Settings, engine: AsyncEngine, queue: App, bot: Bot) -> None:
    async with queue.open_async():
        intake = Intake(settings, engine, queue, bot)
        work = asyncio.create_task(poll(bot, intake))
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, work.cancel)
        log.info("asking telegram for messages")
        with suppress(asyncio.CancelledError):
            await work
        await intake.settle()


def main() -> None:
    """Entry point of the process."""
    configure_logging("telegram")
    asyncio.run(run())


if __name__ == "__main__":
    main()
