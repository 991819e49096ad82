"""Who gets into the console and who does not."""

import asyncio
import re

import pyotp
import pytest
from aiohttp.test_utils import TestServer
from conftest import Query
from console_support import PASSWORD, Desk, SignIn

from bot.settings import get_settings
from console import lockout
from console.setup_links import first_link

WRONG = "questa non è la password"


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


async def test_a_setup_link_is_void_once_somebody_has_an_account(stranger: Desk, signed_in: SignIn) -> None:
    link = await first_link(get_settings())
    assert link is not None
    await signed_in("ada", "amministratore")
    assert (await stranger.get(link.removeprefix(get_settings().console_url))).status == 404


@pytest.mark.parametrize("password", ["corta", "aaaaaaaaaaaaaaaa", "ada-ada-ada-ada-1"])
async def test_an_easy_password_is_refused(stranger: Desk, query: Query, password: str) -> None:
    link = await first_link(get_settings())
    assert link is not None
    fields = {"name": "Ada Prova", "username": "ada", "password": password, "again": password}
    assert (await stranger.post(link.removeprefix(get_settings().console_url), fields)).status == 422
    assert query("SELECT count(*) FROM console_accounts") == [(0,)]


async def test_no_password_and_no_token_is_stored_as_it_is(signed_in: SignIn, query: Query) -> None:
    anna = await signed_in()
    [cookie] = [c.value for c in anna.client.session.cookie_jar if c.key == "sportello_console"]
    kept = str(
        query("SELECT password_hash FROM console_accounts") + query("SELECT token_hash::text FROM console_sessions")
    )
    assert "$argon2id$" in kept
    assert PASSWORD not in kept and cookie not in kept


async def test_the_cookie_is_strict_and_read_by_no_script(signed_in: SignIn) -> None:
    anna = await signed_in("anna", enter=False)
    answer = await anna.post("/accesso", {"username": "anna", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie


# --- tries ------------------------------------------------------------------------------------------------------------


async def answer_to(desk: Desk, username: str, password: str) -> tuple[int, str]:
    answer = await desk.post("/accesso", {"username": username, "password": password})
    return answer.status, re.sub(r'(value|content)="[^"]*"', "", await answer.text())


async def test_a_wrong_password_an_unknown_name_and_a_disabled_account_read_the_same(
    signed_in: SignIn, stranger: Desk, query: Query
) -> None:
    await signed_in("anna", enter=False)
    await signed_in("bruno", enter=False)
    query("UPDATE console_accounts SET disabled_at = now() WHERE username = 'bruno'")
    told = {
        await answer_to(stranger, "anna", WRONG),
        await answer_to(stranger, "nobody", WRONG),
        await answer_to(stranger, "bruno", PASSWORD),
    }
    assert len(told) == 1 and told.pop()[0] == 403


@pytest.mark.parametrize("username", ["anna", "nobody"])
async def test_after_five_failures_even_the_right_password_waits(
    signed_in: SignIn, stranger: Desk, query: Query, username: str
) -> None:
    await signed_in("anna", enter=False)
    told = {await answer_to(stranger, username, WRONG) for _ in range(5)}
    told.add(await answer_to(stranger, username, PASSWORD))
    assert len(told) == 1
    query("UPDATE console_tries SET last_at = now() - interval '16 minutes'")
    if username == "anna":
        assert (await answer_to(stranger, "anna", PASSWORD))[0] == 303


async def test_many_tries_at_once_are_no_more_than_five(signed_in: SignIn, stranger: Desk, query: Query) -> None:
    await signed_in("anna", enter=False)
    token = await stranger.token()

    async def attempt(password: str) -> int:
        fields = {"csrf": token, "username": "anna", "password": password}
        answer = await stranger.client.post("/accesso", data=fields, allow_redirects=False)
        return answer.status

    statuses = await asyncio.gather(*(attempt(WRONG) for _ in range(9)), attempt(PASSWORD))
    assert statuses.count(303) <= 1
    assert query("SELECT max(failures) FROM console_tries")[0][0] <= max(lockout.MOST["account"], 10)
    assert (await attempt(PASSWORD)) == 403


async def test_one_address_cannot_try_every_name(signed_in: SignIn, stranger: Desk) -> None:
    await signed_in("anna", enter=False)
    for number in range(lockout.MOST["address"]):
        await answer_to(stranger, f"nome{number}", "x")
    assert (await answer_to(stranger, "anna", PASSWORD))[0] == 403


async def test_whoever_signs_in_uses_up_nothing(signed_in: SignIn, query: Query) -> None:
    anna = await signed_in("anna", enter=False)
    for _ in range(12):
        await anna.sign_in()
        await anna.post("/esci")
    assert query("SELECT coalesce(max(failures), 0) FROM console_tries") == [(0,)]


# --- forged requests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "0" * 64}, {}),
        ({}, {"Origin": "https://altrove.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
)
async def test_a_request_from_elsewhere_changes_nothing(
    signed_in: SignIn, query: Query, fields: dict[str, str], headers: dict[str, str]
) -> None:
    anna = await signed_in()
    assert (await anna.post("/profilo/sessioni", fields, **headers)).status == 403
    assert (await anna.post("/esci", fields, **headers)).status == 403
    assert query("SELECT count(*) FROM console_sessions") == [(1,)]


async def test_the_token_of_another_browser_is_none_of_mine(signed_in: SignIn) -> None:
    anna, bruno = await signed_in("anna"), await signed_in("bruno")
    answer = await anna.post("/profilo/sessioni", {"csrf": await bruno.token("/profilo")})
    assert answer.status == 403


async def test_signing_in_cannot_be_forged_either(signed_in: SignIn, stranger: Desk) -> None:
    await signed_in("anna", enter=False)
    fields = {"username": "anna", "password": PASSWORD}
    assert (await stranger.client.post("/accesso", data=fields, allow_redirects=False)).status == 403


# --- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE console_sessions SET seen_at = now() - interval '31 minutes'",
        "UPDATE console_sessions SET created_at = now() - interval '10 hours 1 minute'",
        "UPDATE console_accounts SET disabled_at = now()",
        "DELETE FROM console_sessions",
    ],
)
async def test_a_session_ends(signed_in: SignIn, query: Query, ending: str) -> None:
    anna = await signed_in()
    await anna.page("/profilo")
    query(ending)
    assert (await anna.get("/profilo")).status == 303
    background = await anna.get("/righe", **{"X-Background": "1"})
    assert background.status == 401


async def test_what_a_page_fetches_by_itself_keeps_no_session_alive(signed_in: SignIn, query: Query) -> None:
    anna = await signed_in()
    query("UPDATE console_sessions SET seen_at = now() - interval '20 minutes'")
    await anna.get("/righe", **{"X-Background": "1"})
    assert query("SELECT seen_at < now() - interval '19 minutes' FROM console_sessions") == [(True,)]
    await anna.page("/profilo")
    assert query("SELECT seen_at < now() - interval '19 minutes' FROM console_sessions") == [(False,)]


async def test_signing_out_ends_the_session_on_the_server(signed_in: SignIn, query: Query) -> None:
    anna = await signed_in()
    assert (await anna.post("/esci")).status == 303
    assert query("SELECT count(*) FROM console_sessions") == [(0,)]


async def test_a_new_password_ends_the_sessions_elsewhere(signed_in: SignIn) -> None:
    here = await signed_in("anna")
    other = await signed_in("bruno")
    await other.post("/esci")
    other.username = "anna"
    await other.sign_in()
    fields = {"password": PASSWORD, "new": "un'altra frase lunga"}
    assert (await here.post("/profilo/password", fields)).status == 303
    assert (await other.get("/profilo")).status == 303
    await here.page("/profilo")


async def test_a_link_from_a_mail_opens_after_one_more_step(signed_in: SignIn, stranger: Desk) -> None:
    # The browser sends no strict cookie with it: the page asks again by itself, and then it does.
    answer = await stranger.get("/profilo?x=1", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 200
    assert 'content="0;url=/profilo?x=1"' in await answer.text()


@pytest.mark.parametrize(
    "there", ["https://altrove.example/", "//altrove.example", "/\\altrove.example", "javascript:x"]
)
async def test_after_signing_in_one_goes_nowhere_else(signed_in: SignIn, there: str) -> None:
    anna = await signed_in("anna", enter=False)
    answer = await anna.post("/accesso", {"username": "anna", "password": PASSWORD, "poi": there})
    assert answer.headers["Location"] == "/"


# --- the second factor ------------------------------------------------------------------------------------------------


async def with_code(desk: Desk) -> tuple[str, str, list[str]]:
    """Switch the second factor on; returns its secret, the code that did it and the recovery codes."""
    page = await (await desk.post("/profilo/codice", {"password": PASSWORD})).text()
    [secret] = re.findall(r'name="secret" value="(\w+)"', page)
    code = pyotp.TOTP(secret).now()
    fields = {"secret": secret, "code": code}
    page = await (await desk.post("/profilo/codice/conferma", fields)).text()
    codes = re.findall(r"<li>([A-Z0-9]{5}-[A-Z0-9]{5})</li>", page)
    assert len(codes) == 10, page
    return secret, code, codes


async def test_with_a_second_factor_the_password_alone_opens_nothing(signed_in: SignIn, query: Query) -> None:
    anna = await signed_in()
    secret, used, _ = await with_code(anna)
    assert secret not in str(query("SELECT * FROM console_accounts"))
    await anna.post("/esci")
    await anna.sign_in()
    answer = await anna.get("/profilo")
    assert (answer.status, answer.headers["Location"]) == (303, "/accesso/codice")
    # The code that switched it on works no second time.
    assert (await anna.post("/accesso/codice", {"code": used})).status == 403
    query("UPDATE console_accounts SET totp_step = totp_step - 5")
    before = {c.value for c in anna.client.session.cookie_jar}
    assert (await anna.post("/accesso/codice", {"code": pyotp.TOTP(secret).now()})).status == 303
    assert {c.value for c in anna.client.session.cookie_jar} != before
    await anna.page("/profilo")


async def test_a_recovery_code_works_once(signed_in: SignIn) -> None:
    anna = await signed_in()
    _, _, codes = await with_code(anna)
    for expected in (303, 403):
        await anna.post("/esci")
        await anna.sign_in()
        assert (await anna.post("/accesso/codice", {"code": codes[0].lower()})).status == expected


async def test_codes_are_not_guessed(signed_in: SignIn, query: Query) -> None:
    anna = await signed_in()
    secret, _, codes = await with_code(anna)
    await anna.post("/esci")
    await anna.sign_in()
    for _ in range(5):
        assert (await anna.post("/accesso/codice", {"code": "000000"})).status == 403
    query("UPDATE console_accounts SET totp_step = 0")
    assert (await anna.post("/accesso/codice", {"code": pyotp.TOTP(secret).now()})).status == 403
    assert (await anna.post("/accesso/codice", {"code": codes[1]})).status == 403


# --- roles ------------------------------------------------------------------------------------------------------------


async def test_every_address_is_closed_to_the_roles_below_and_to_strangers(
    console: TestServer, signed_in: SignIn, stranger: Desk, chat: object
) -> None:
    """All routes of the application, whoever adds them: there is none that forgot to say whom it is for."""
    from console.access import access_of
    from console.operators import ROLES

    desks = {role: await signed_in(role[:5], role) for role in ROLES}
    tokens = {role: await desk.token("/profilo") for role, desk in desks.items()}
    unknown = "00000000-0000-4000-8000-000000000000"
    seen = 0
    for route in console.app.router.routes():
        access = access_of(route.handler)
        assert access is not None, f"{route.method} {route.resource} says not whom it is for"
        if access == "public" or route.method == "HEAD":
            continue
        path = re.sub(r"\{[^}]+\}", unknown, route.resource.canonical)
        asked = {"allow_redirects": False}
        for role in ROLES[: ROLES.index(access)]:
            data = {"data": {"csrf": tokens[role]}} if route.method == "POST" else {}
            answer = await desks[role].client.request(route.method, path, **asked, **data)
            assert answer.status == 403, f"{role} {route.method} {path}: {answer.status}"
            seen += 1
        answer = await stranger.client.request(route.method, path, **asked)
        assert answer.status in (303, 401, 403), f"stranger {route.method} {path}: {answer.status}"
    assert seen > 10
