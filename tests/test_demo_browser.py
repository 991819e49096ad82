"""Every page of the console on the made-up month, in Chromium: axe, and no sideways scrolling, wide and on a telephone."""

from datetime import datetime

import pytest
from aiohttp.test_utils import TestServer
from browser import PHONE, assert_accessible, assert_fits_width, watch
from conftest import Query
from console_support import new_account, sign_in
from playwright.async_api import Browser, Page
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import ROME
from bot.settings import get_settings
from console.demo import seeding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
END = datetime(2026, 3, 4, 11, 30, tzinfo=ROME)
NO_PAGES = {"/eventi", "/health", "/accesso/oidc", "/accesso/oidc/ritorno", "/privacy/ricevute", "/calendario/cerca"}
TALKS = (
    "SELECT conversation_id FROM handoffs WHERE state = 'closed' LIMIT 1",
    "SELECT conversation_id FROM console_summaries WHERE outcome = 'not_understood' LIMIT 1",
    "SELECT conversation_id FROM agenda_appointments WHERE conversation_id IS NOT NULL LIMIT 1",
    "SELECT conversation_id FROM console_summaries WHERE channel = 'sms' LIMIT 1",
)


async def signed_in(browser: Browser, console: TestServer, size: dict[str, int]) -> Page:
    context = await browser.new_context(base_url=str(console.make_url("/")), viewport=size)  # type: ignore[arg-type]
    page = await context.new_page()
    watch(page)
    await sign_in(page, "capo")
    return page


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
async def test_every_page_of_a_lived_in_console(
    engine: AsyncEngine, console: TestServer, browser: Browser, query: Query, size: dict[str, int]
) -> None:
    async with engine.begin() as connection:
        await seeding.seed(connection, get_settings(), count=160, number=1, end=END)
    await new_account("capo", "amministratore")
    routes = {
        str(one.resource.canonical) for one in console.app.router.routes() if one.method == "GET" and one.resource
    }
    paths = sorted(one for one in routes if "{" not in one and "." not in one and one not in NO_PAGES)
    paths += ["/?parole=appuntamento", "/?parole=zzzzz", "/?non_capito=1"]
    for statement in TALKS:
        [(one,)] = query(statement)
        paths.append(f"/conversazioni/{one}")
    [(waits,)] = query("SELECT conversation_id FROM handoffs WHERE state = 'waiting' LIMIT 1")
    paths += [f"/attesa/{waits}", f"/conversazioni/{waits}/stampa"]
    page = await signed_in(browser, console, size)
    looked, seen = 0, set()
    for path in paths:
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        if page.url in seen:  # who is signed in is sent on from some
            continue
        seen.add(page.url)
        if await page.locator("h1").count():  # what pages fetch by themselves is part of a page
            if size != PHONE or path in ("/", "/attesa") or path == paths[-3]:  # those that look otherwise on a phone
                await assert_accessible(page)
            await assert_fits_width(page)
            looked += 1
    assert looked > 15
