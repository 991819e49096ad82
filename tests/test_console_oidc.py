"""Signing in with the agency's identity, against a real provider."""

import html
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from conftest import Query
from console_support import Desk, new_account
from joserfc.jwk import RSAKey
from oidc_provider import CLIENT, SECRET, Provider
from yarl import URL

from bot.settings import get_settings
from console.app import create_app
from console.oidc_provider import PROVIDER


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    await made.server.start_server()
    yield made
    await made.server.close()


@pytest.fixture
async def visitor(database: str, provider: Provider, configure: Callable[..., None]) -> AsyncIterator[Desk]:
    """A browser at a console that knows the provider."""
    configure(
        console_oidc_issuer=provider.issuer,
        console_oidc_client_id=CLIENT,
        console_oidc_client_secret=SECRET,
        console_oidc_roles="cpi-op=operatore,cpi-capi=supervisore",
    )
    client = TestClient(TestServer(create_app(get_settings())))
    await client.start_server()
    yield Desk(client, "rita", None)
    await client.close()


async def trip(desk: Desk, *, edit: Callable[[URL], URL] = lambda url: url) -> tuple[int, str]:
    """To the provider and back; `edit` changes the address of the way back."""
    away = await desk.get("/accesso/oidc?poi=/profilo")
    assert away.status == 303, await away.text()
    async with ClientSession() as http, http.get(away.headers["Location"], allow_redirects=False) as answer:
        back = edit(URL(answer.headers["Location"]))
    landed = await desk.get(back.raw_path_qs)
    return landed.status, await landed.text()


async def test_a_person_with_a_role_comes_in(visitor: Desk, query: Query) -> None:
    status, page = await trip(visitor)
    assert status == 200 and 'content="0;url=/profilo"' in page
    assert "Rita Ente" in await visitor.page("/profilo")
    assert query("SELECT username, role, password_hash FROM console_accounts") == [("rita", "operatore", None)]
    assert query("SELECT action, detail->>'method' FROM console_audit") == [("accesso", "ente")]


async def test_the_way_there_has_state_nonce_and_pkce(visitor: Desk) -> None:
    away = await visitor.get("/accesso/oidc")
    asked = URL(away.headers["Location"]).query
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    cookie = away.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and asked["state"] not in cookie


async def test_the_second_time_it_is_the_same_account_with_todays_role(
    visitor: Desk, provider: Provider, query: Query
) -> None:
    await trip(visitor)
    provider.person |= {
        "roles": ["cpi-op", "cpi-capi"],
        "preferred_username": "altro",
        "centres": ["torino-nord", "xx"],
    }
    await trip(visitor)
    assert query("SELECT username, role, centres FROM console_accounts") == [("rita", "supervisore", ["torino-nord"])]


async def test_a_name_that_is_taken_gives_no_access_to_the_other_account(visitor: Desk, query: Query) -> None:
    await new_account("rita", "amministratore")
    await trip(visitor)
    assert query("SELECT role FROM console_accounts WHERE oidc_subject = 'p-1'") == [("operatore",)]
    assert query("SELECT count(*) FROM console_accounts") == [(2,)]


@pytest.mark.parametrize("change", [{"roles": ["altro"]}, {"roles": []}, {"centres": ["nessuno"]}, {"centres": []}])
async def test_without_a_role_or_with_centres_nobody_knows_one_stays_outside(
    visitor: Desk, provider: Provider, query: Query, change: dict[str, Any]
) -> None:
    provider.person |= change
    assert (await trip(visitor))[0] == 403
    assert query("SELECT count(*) FROM console_accounts") == [(0,)]


async def test_a_disabled_account_stays_outside(visitor: Desk, query: Query) -> None:
    await trip(visitor)
    query("UPDATE console_accounts SET disabled_at = now()")
    assert (await trip(visitor))[0] == 403


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://altrove.example"},
        {"exp": int(time.time()) - 3600},
    ],
)
async def test_a_token_that_is_not_for_this_trip_is_refused(
    visitor: Desk, provider: Provider, query: Query, change: dict[str, Any]
) -> None:
    provider.change = change
    assert (await trip(visitor))[0] == 403
    assert query("SELECT count(*) FROM console_sessions") == [(0,)]


async def test_a_token_signed_by_somebody_else_is_refused(visitor: Desk, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, parameters={"kid": "uno"})
    assert (await trip(visitor))[0] == 403


async def test_new_keys_of_the_provider_are_fetched(visitor: Desk, provider: Provider) -> None:
    await trip(visitor)
    provider.key = provider.published = RSAKey.generate_key(2048, parameters={"kid": "uno"})
    assert (await trip(visitor))[0] == 200


@pytest.mark.parametrize(
    "edit",
    [
        lambda url: url.update_query(state="another"),
        lambda url: url.without_query_params("state"),
        lambda url: url.update_query(code="another"),
        lambda url: url.without_query_params("code").update_query(error="access_denied"),
    ],
)
async def test_a_way_back_that_was_changed_leads_nowhere(visitor: Desk, edit: Callable[[URL], URL]) -> None:
    assert (await trip(visitor, edit=edit))[0] == 403


async def test_a_way_back_that_another_browser_began_leads_nowhere(visitor: Desk) -> None:
    away = await visitor.get("/accesso/oidc")
    async with ClientSession() as http, http.get(away.headers["Location"], allow_redirects=False) as answer:
        back = URL(answer.headers["Location"])
    visitor.client.session.cookie_jar.clear()
    assert (await visitor.get(back.raw_path_qs)).status == 403


async def test_a_provider_that_is_away_is_said(visitor: Desk, provider: Provider) -> None:
    await provider.server.close()
    answer = await visitor.get("/accesso/oidc")
    assert answer.status == 503 and "non risponde" in await answer.text()


async def test_without_a_provider_there_is_no_such_way(stranger: Desk) -> None:
    assert (await stranger.get("/accesso/oidc")).status == 404
    assert not re.search("identità dell'ente", await stranger.page("/accesso"))


async def test_leaving_the_console_leaves_the_provider_too(visitor: Desk, provider: Provider, query: Query) -> None:
    await trip(visitor)
    left = await visitor.post("/esci")
    page = await left.text()
    assert left.status == 200
    found = re.search(r'content="0;url=([^"]+)"', page)
    assert found
    async with ClientSession() as http, http.get(html.unescape(found[1]), allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        assert answer.headers["Location"] == f"{get_settings().console_url}/accesso"
    assert len(provider.left) == 1
    assert query("SELECT count(*) FROM console_sessions") == [(0,)]
    # once: whoever signs out again is nobody there any more
    assert (await visitor.post("/esci")).status == 303


async def test_without_a_way_out_there_one_still_leaves_here(visitor: Desk, provider: Provider, query: Query) -> None:
    provider.ends_sessions = False
    await trip(visitor)
    left = await visitor.post("/esci")
    assert (left.status, left.headers["Location"]) == (303, "/accesso")
    assert query("SELECT count(*) FROM console_sessions") == [(0,)]


async def test_a_provider_that_is_away_keeps_nobody_in(visitor: Desk, provider: Provider, query: Query) -> None:
    await trip(visitor)
    visitor.client.app[PROVIDER]._fetched = -1e9  # what it said is old: it is asked again
    await provider.server.close()
    assert (await visitor.post("/esci")).status == 303
    assert query("SELECT count(*) FROM console_sessions") == [(0,)]


async def test_who_came_with_a_password_is_not_sent_to_the_provider(visitor: Desk) -> None:
    await new_account("ida")
    ida = Desk(visitor.client, "ida", None)
    await ida.sign_in()
    assert (await ida.post("/esci")).status == 303
