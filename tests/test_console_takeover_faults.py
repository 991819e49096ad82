"""A takeover while things go wrong: two hands at once, a browser closed, data erased, the console restarted."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestServer, unused_port
from browser import assert_accessible, watch
from conftest import Query
from console_support import new_account, sign_in
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine
from support import Chat

from bot import clock
from bot.conversations.handoff import request_person
from bot.privacy.erasures import ask_erasure, do_next_erasure
from bot.settings import get_settings
from channels.desk_jobs import tell_who_was_left_alone
from console.app import create_app

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Enter = Callable[[str], Any]
TAKE = re.compile("^Prendi la conversazione")


@pytest.fixture
async def port(database: str) -> int:
    """A port the console can have again after a restart."""
    return unused_port()


async def start(port: int) -> TestServer:
    """The console on that port."""
    server = TestServer(create_app(get_settings()), port=port)
    await server.start_server()
    return server


@pytest.fixture
async def running(port: int) -> AsyncIterator[list[TestServer]]:
    """The console that runs now; a test may put another in its place."""
    servers = [await start(port)]
    yield servers
    await servers[-1].close()


@pytest.fixture
async def enter(running: list[TestServer], port: int, browser: Browser) -> AsyncIterator[Enter]:
    """An operator's page: `await enter("anna")`."""
    contexts = []

    async def open_page(username: str) -> Page:
        await new_account(username)
        context = await browser.new_context(base_url=f"http://127.0.0.1:{port}")
        contexts.append(context)
        page = await context.new_page()
        watch(page)
        await sign_in(page, username)
        return page

    yield open_page
    for context in contexts:
        await context.close()


@pytest.fixture
async def waiting(engine: AsyncEngine, chat: Chat) -> str:
    """The page of a citizen who waits for a person."""
    await chat.send("mi serve una persona")
    async with engine.begin() as connection:
        await request_person(connection, UUID(chat.id), "asked")
    return f"/attesa/{chat.id}"


async def taken_by(page: Page, address: str) -> None:
    await page.goto(address)
    await page.get_by_role("button", name=TAKE).click()
    await expect(page.get_by_label("La tua risposta")).to_be_visible()


async def test_both_click_take_at_once(enter: Enter, waiting: str, query: Query, chat: Chat) -> None:
    pages = [await enter("anna"), await enter("marco")]
    for page in pages:
        await page.goto(waiting)
    await asyncio.gather(*(page.get_by_role("button", name=TAKE).click() for page in pages))
    for page in pages:
        await page.wait_for_load_state()
    mine = [await page.get_by_label("La tua risposta").count() for page in pages]
    assert sorted(mine) == [0, 1]
    loser = pages[mine.index(0)]
    winner = "Anna" if mine[0] else "Marco"
    await expect(loser.locator("main")).to_contain_text(f"La conversazione è già di {winner}.")
    await assert_accessible(loser)
    assert query("SELECT operator_name, state FROM handoffs") == [(winner, "taken")]
    told = [one["text"] for one in await chat.messages() if one["text"].startswith("Ora ti scrive")]
    assert len(told) == 1, "the citizen hears one name"


async def test_the_browser_closes_and_the_conversation_is_found_again(
    enter: Enter, waiting: str, chat: Chat, engine: AsyncEngine, query: Query, configure: Callable[..., None]
) -> None:
    anna = await enter("anna")
    await taken_by(anna, waiting)
    await anna.get_by_label("La tua risposta").fill("una risposta a metà")
    context = anna.context
    await anna.close()
    await chat.send("ci sei?")
    again = await context.new_page()
    await again.goto("/attesa")
    await expect(again.get_by_role("heading", name="Le tue conversazioni (1)")).to_be_visible()
    await again.get_by_role("link", name=re.compile("^Web chat")).click()
    await expect(again.locator("#messaggi").get_by_text("ci sei?")).to_be_visible()
    await again.close()
    # and nobody leaves a citizen alone for longer than the settings say
    configure(handoff_idle=0.01)
    query("UPDATE messages SET created_at = created_at - interval '1 hour', answered_at = NULL WHERE text = 'ci sei?'")
    query("UPDATE handoff_steps SET at = at - interval '1 hour'")
    async with engine.begin() as connection:
        assert await tell_who_was_left_alone(connection)
    late = await context.new_page()
    await late.goto(waiting)
    await expect(late.get_by_role("button", name=TAKE)).to_be_visible()
    assert "Anna non riesce più a risponderti" in (await chat.messages())[-1]["text"]


async def test_the_citizen_erases_everything_while_somebody_writes(
    enter: Enter, waiting: str, chat: Chat, engine: AsyncEngine, query: Query
) -> None:
    anna = await enter("anna")
    # The page has not heard of it yet: another test is for when it has.
    await anna.route(re.compile("/(eventi|messaggi|stato)"), lambda route: route.abort())
    await taken_by(anna, waiting)
    await anna.get_by_label("La tua risposta").fill("Ciao, sto guardando.")
    async with engine.begin() as connection:
        await ask_erasure(connection, conversations=[UUID(chat.id)], asked_by="citizen")
    async with engine.begin() as connection:
        assert await do_next_erasure(connection, agenda_now=clock.now())
    await anna.get_by_role("button", name="Invia", exact=True).click()
    await expect(anna.locator("main")).to_contain_text("la conversazione è stata cancellata")
    await assert_accessible(anna)
    assert query("SELECT count(*) FROM conversations") == [(0,)]
    assert query("SELECT count(*) FROM messages") == [(0,)]
    await anna.goto("/attesa")
    await expect(anna.get_by_role("heading", name="Le tue conversazioni (0)")).to_be_visible()


async def test_an_open_page_says_that_its_conversation_was_erased(
    enter: Enter, waiting: str, chat: Chat, engine: AsyncEngine
) -> None:
    anna = await enter("anna")
    await taken_by(anna, waiting)
    async with engine.begin() as connection:
        await ask_erasure(connection, conversations=[UUID(chat.id)], asked_by="citizen")
    async with engine.begin() as connection:
        await do_next_erasure(connection, agenda_now=clock.now())
    await expect(anna.locator("body")).to_contain_text("è stata cancellata", timeout=15_000)


async def test_the_console_is_restarted_during_a_takeover(
    enter: Enter, waiting: str, chat: Chat, running: list[TestServer], port: int
) -> None:
    anna = await enter("anna")
    await taken_by(anna, waiting)
    await anna.get_by_label("La tua risposta").fill("Eccomi, ho controllato.")
    await running[-1].close()
    await chat.send("scritto mentre era ferma")
    running.append(await start(port))
    # The page finds its way back by itself, and what was being written is still there.
    await expect(anna.locator("#messaggi").get_by_text("scritto mentre era ferma")).to_be_visible(timeout=20_000)
    await expect(anna.get_by_label("La tua risposta")).to_have_value("Eccomi, ho controllato.")
    await anna.get_by_role("button", name="Invia", exact=True).click()
    await expect(anna.get_by_text("Risposta inviata.")).to_be_visible()
    said = [one["text"] for one in await chat.messages() if one["sender"] == "operator"]
    assert said == ["Eccomi, ho controllato."]
