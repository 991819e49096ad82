"""Telegram's webhook: only with the secret we gave, only so large, only so many; stored, then acknowledged.

Off until a token is set. Without a webhook secret updates are fetched instead (`channels.telegram_polling`).
"""

import hmac
from collections.abc import AsyncIterator

from aiohttp import web

from bot.settings import Settings
from channels.limits import RateLimit
from channels.problems import Problem
from channels.telegram_bot import close, create_bot
from channels.telegram_health import PATH
from channels.telegram_intake import Intake
from channels.webchat import ENGINE, QUEUE, SETTINGS, read_json

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name

INTAKE = web.AppKey("telegram_intake", Intake)
LIMIT = web.AppKey("telegram_limit", RateLimit)


def set_up(app: web.Application, settings: Settings) -> None:
    """Add the webhook's route when the channel is configured for it. Call after the application's own resources."""
    if settings.telegram_token and settings.telegram_webhook_secret:
        app[LIMIT] = RateLimit(settings.webhook_rate, settings.webhook_burst)
        app.cleanup_ctx.append(_resources)
        app.router.add_post(PATH, webhook, name="telegram_webhook")


async def _resources(app: web.Application) -> AsyncIterator[None]:
    bot = create_bot(app[SETTINGS])
    app[INTAKE] = Intake(app[SETTINGS], app[ENGINE], app[QUEUE], bot)
    yield
    await app[INTAKE].settle()
    await close(bot)


async def webhook(request: web.Request) -> web.Response:
    """Take one update in. 200 means that it is kept, or that there is nothing to keep."""
    check_secret(request)
    seconds = request.app[LIMIT].wait("all")
    if seconds:
        raise Problem(429, "too_many", "over the webhook rate; deliver again", retry_after=seconds)
    await request.app[INTAKE].take(await read_json(request))
    return web.Response()


def check_secret(request: web.Request) -> None:
    """Refuse whoever is not Telegram, before anything else is read."""
    secret = request.app[SETTINGS].telegram_webhook_secret
    assert secret is not None
    given = request.headers.get(SECRET_HEADER, "")
    # A header may hold any bytes; those that are no text arrive as lone surrogates.
    if not hmac.compare_digest(given.encode(errors="surrogatepass"), secret.get_secret_value().encode()):
        raise Problem(401, "secret", f"{SECRET_HEADER} is missing or wrong")
