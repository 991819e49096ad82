"""What handlers find on the application and on a request, under typed keys."""

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.knowledge.fresh import Follower
from bot.settings import Settings
from console.operators import Operator

SETTINGS = web.AppKey("settings", Settings)
ENGINE = web.AppKey("engine", AsyncEngine)
KNOWLEDGE = web.AppKey("knowledge", Follower)
OPERATOR = web.RequestKey("operator", Operator)
CSRF = web.RequestKey("csrf", str)
BADGES: "web.RequestKey[dict[str, Any]]" = web.RequestKey("badges", dict)
FRESH_SEED = web.RequestKey("fresh_seed", str)
