"""Operators' pages in Chromium, signed in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest
from aiohttp.test_utils import TestServer
from browser import watch
from console_support import new_account, sign_in
from playwright.async_api import Browser, Page

from console.operators import Role


class DeskPages(Protocol):
    """Makes an operator and opens a page for them: `await desk_pages("sara", "supervisore")`."""

    async def __call__(
        self, username: str, role: Role = ..., *, centres: tuple[str, ...] = ..., **options: Any
    ) -> Page: ...


@pytest.fixture
async def desk_pages(console: TestServer, browser: Browser) -> AsyncIterator[DeskPages]:
    """Pages on the test's console; what breaks the policy or a script fails the test."""
    async with AsyncExitStack() as stack:

        async def open_page(
            username: str, role: Role = "operatore", *, centres: tuple[str, ...] = (), **options: Any
        ) -> Page:
            await new_account(username, role, centres)
            context = await browser.new_context(base_url=str(console.make_url("/")), **options)
            stack.push_async_callback(context.close)
            page = await context.new_page()
            watch(page)
            await sign_in(page, username)
            return page

        yield open_page
