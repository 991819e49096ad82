"""What tests of the console need: the console itself, operators signed in, conversations to look at."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol, Self
from uuid import UUID

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Page

from bot.settings import get_settings
from bot.storage.engine import create_engine
from console.accounts import add_account
from console.app import create_app
from console.operators import Role
from console.passwords import hash_password

PASSWORD = "cavallo batteria graffetta"  # noqa: S105
_hashes: list[str] = []


class Desk:
    """One operator's browser: keeps cookies, puts the page's token into what it posts."""

    def __init__(self, client: TestClient, username: str, account_id: UUID | None) -> None:
        self.client = client
        self.username = username
        self.id = account_id

    async def get(self, path: str, **headers: str) -> ClientResponse:
        answer = await self.client.get(path, headers=headers, allow_redirects=False)
        await answer.read()
        return answer

    async def page(self, path: str, *, status: int = 200) -> str:
        answer = await self.get(path)
        text = await answer.text()
        assert answer.status == status, (answer.status, text[:2000])
        return text

    async def token(self, path: str = "/accesso") -> str:
        """The token for forms of this browser, as any page carries it."""
        found = re.search(r'name="csrf" content="(\w+)"', await (await self.get(path)).text())
        if found is None:
            found = re.search(r'name="csrf" content="(\w+)"', await (await self.get("/profilo")).text())
        assert found
        return found[1]

    async def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> ClientResponse:
        fields = {"csrf": await self.token(), **(fields or {})}
        answer = await self.client.post(path, data=fields, headers=headers, allow_redirects=False)
        await answer.read()
        return answer

    async def sign_in(self, password: str = PASSWORD) -> Self:
        answer = await self.post("/accesso", {"username": self.username, "password": password})
        assert answer.status == 303, await answer.text()
        return self


class SignIn(Protocol):
    """Makes an operator and signs them in."""

    async def __call__(
        self, username: str = ..., role: Role = ..., *, centres: tuple[str, ...] = ..., enter: bool = ...
    ) -> Desk: ...


@pytest.fixture
async def console(database: str) -> AsyncIterator[TestServer]:
    """The real console on a port of its own."""
    server = TestServer(create_app(get_settings()))
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def signed_in(console: TestServer) -> AsyncIterator[SignIn]:
    """Operators at their desks: `await signed_in("anna", "supervisore")`."""
    async with AsyncExitStack() as stack:

        async def make(
            username: str = "anna", role: Role = "operatore", *, centres: tuple[str, ...] = (), enter: bool = True
        ) -> Desk:
            account_id = await new_account(username, role, centres)
            # Its cookies, but the same server for all.
            client = TestClient(console, cookie_jar=_jar())
            stack.push_async_callback(client.session.close)
            desk = Desk(client, username, account_id)
            return await desk.sign_in() if enter else desk

        yield make


@pytest.fixture
async def stranger(console: TestServer) -> AsyncIterator[Desk]:
    """A browser nobody is signed in with."""
    client = TestClient(console, cookie_jar=_jar())
    yield Desk(client, "nessuno", None)
    await client.session.close()


def _jar() -> Any:
    from aiohttp import CookieJar

    return CookieJar(unsafe=True)


async def new_account(username: str, role: Role = "operatore", centres: tuple[str, ...] = ()) -> UUID:
    """An account whose password is `PASSWORD`."""
    if not _hashes:
        _hashes.append(await hash_password(PASSWORD))
    engine = create_engine(pool_size=1)
    async with engine.begin() as connection:
        account_id = await add_account(
            connection,
            username=username,
            name=f"{username.title()} Prova",
            role=role,
            centres=centres,
            password_hash=_hashes[0],
        )
    await engine.dispose()
    return account_id


Make = Callable[..., Any]


async def sign_in(page: Page, username: str) -> None:
    """In a browser, as whoever has the account does it: page, name, password, Enter."""
    await page.goto("/accesso")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "accesso" not in url)
