"""The widget in Chromium: a page with it on the real edge, and what is looked at again and again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from browser import assert_accessible
from playwright.async_api import Browser, Locator, Page, expect
from support import Dialogue, LocalWorker

from bot.conversations.model import Button, Link, Reply, Sender
from bot.conversations.store import add_outgoing
from channels import webchat

DESKTOP = {"width": 1280, "height": 800}

SLOTS = ("gio 5 mar, 9:30", "gio 5 mar, 10:00", "ven 6 mar, 9:30 (Pinerolo)", "Altri orari")


def rasa(text: str, *choices: tuple[str, str], links: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """A message in Rasa's own shape, for `Dialogue.says`."""
    return {
        "text": text,
        "buttons": [{"title": title, "payload": payload} for title, payload in choices],
        "custom": {"links": [{"title": title, "url": url} for title, url in links]},
    }


class Widget:
    """One page with the widget, and the conversation it has."""

    def __init__(self, page: Page, edge: TestClient) -> None:
        self.page = page
        self.edge = edge
        self.chat = page.locator("sportello-chat").first
        self.panel = self.chat.locator(".panel")
        self.log = self.chat.get_by_role("log")
        self.input = self.chat.get_by_label("Scrivi un messaggio")
        self.launcher = self.chat.locator(".launcher")
        self.status = self.chat.locator(".status")
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    async def open(self) -> None:
        """By the launcher, until the greeting is there."""
        await self.launcher.click()
        await expect(self.log).to_contain_text("assistente automatico dei Centri")

    async def say(self, text: str) -> None:
        await self.input.fill(text)
        await self.input.press("Enter")

    def bubbles(self, sender: str = "bot") -> Locator:
        return self.chat.locator(f".message.{sender} .bubble")

    async def kept(self) -> dict[str, Any]:
        """What is in the browser's storage, all of it."""
        raw = await self.page.evaluate("() => ({...localStorage, ...sessionStorage})")
        return {key: json.loads(value) for key, value in raw.items()}

    async def conversation(self) -> UUID:
        [kept] = (await self.kept()).values()
        return UUID(kept["id"])

    async def told(
        self,
        *texts: str,
        sender: Sender = "bot",
        author: str | None = None,
        buttons: tuple[Button, ...] = (),
        links: tuple[Link, ...] = (),
    ) -> None:
        """The server says these texts, in one transaction."""
        async with self.edge.app[webchat.ENGINE].begin() as connection:  # type: ignore[union-attr]
            replies = [Reply(text=text, buttons=buttons, links=links) for text in texts]
            await add_outgoing(connection, await self.conversation(), replies, sender=sender, author=author)

    async def announced(self) -> list[str]:
        """What was put into the live regions since `listen_to_announcements`."""
        return list(await self.page.evaluate("() => window.announced"))

    async def accessible(self, *, contrast: bool = True) -> None:
        """No violation that axe finds, neither in the page nor inside the shadow root, good practice included."""
        await assert_accessible(self.page, "best-practice", contrast=contrast)


LISTEN = """() => {
  window.announced = [];
  for (const region of document.querySelector("sportello-chat").shadowRoot.querySelectorAll(".announcer")) {
    new MutationObserver((changes) => {
      for (const change of changes) for (const node of change.addedNodes) window.announced.push(node.textContent);
    }).observe(region, { childList: true });
  }
}"""


@pytest.fixture
async def answering(worker: LocalWorker, dialogue: Dialogue) -> Dialogue:
    """A worker under way, and what it takes for Rasa."""
    worker.start()
    return dialogue


@pytest.fixture
async def widget(edge: TestClient, browser: Browser, answering: Dialogue) -> AsyncIterator[Widget]:
    """The demonstration page on a desktop, the panel closed."""
    context = await browser.new_context(viewport=DESKTOP, reduced_motion="reduce")  # type: ignore[arg-type]
    page = await context.new_page()
    made = Widget(page, edge)
    await page.goto(str(edge.make_url("/")))
    yield made
    assert made.faults == []


async def elsewhere(html: str, headers: dict[str, str] | None = None) -> TestServer:
    """A site of another origin with one page."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/", answer)
    server = TestServer(app)
    await server.start_server()
    return server


async def settled(seconds: float = 0.4) -> None:
    """Long enough for what is gathered before it is drawn or said."""
    await asyncio.sleep(seconds)
