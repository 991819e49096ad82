"""Who gets into the console and who does not."""

import asyncio

import pyotp
import pytest
from aiohttp.test_utils import TestServer
from conftest import Query
from console_support import PASSWORD, Desk, SignIn

from bot.settings import get_settings
from console.setup_links import first_link


async def test_nobody_sees_anything_before_signing_in(stranger: Desk) -> None:
    answer = await stranger.get("/profilo")
    assert (answer.status, answer.headers["Location"]) == (303, "/accesso?poi=/profilo")


async def test_the_first_start_makes_one_administrator(stranger: Desk, query: Query) -> None:
    link = await first_link(get_settings())
    assert link is not None
    path = link.removeprefix(get_settings().console_url)
    fields = {"name": "Ada Prova", "username": "Ada", "password": PASSWORD, "again": PASSWORD}
    assert (await stranger.post(path, fields)).status == 303
    assert query("SELECT username, role FROM console_accounts") == [("ada", "amministratore")]
    assert "Ada Prova" in await stranger.page("/profilo")
    assert (await stranger.get(path)).status == 404
    assert await first_link(get_settings()) is None
