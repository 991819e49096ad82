"""The pages behind one-time links: the first set-up, and choosing one's own password."""

from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from console import audit, sessions
from console.access import public
from console.accounts import AccountError, account_of, add_account, change_account
from console.keys import ENGINE
from console.login import as_operator
from console.pages import redirect, render
from console.passwords import hash_password, weakness
from console.second_factor import OFF
from console.security import COOKIE, set_cookie
from console.setup_links import find_link, use_link

routes = web.RouteTableDef()


async def _account(connection: AsyncConnection, token: str, *, lock: bool = False):  # type: ignore[no-untyped-def]
    works, account_id = await find_link(connection, token, lock=lock)
    if not works:
        raise web.HTTPNotFound(
            text="Questo invito non vale più: si usa una volta sola e dura 24 ore. Chiedine un altro.",
            content_type="text/x-console",
        )
    return await account_of(connection, account_id) if account_id else None


@routes.get("/invito/{token}", name="invitation")
@public
async def ask(request: web.Request) -> web.StreamResponse:
    """The form. Opening it does not use the link up: some mail programs open every address."""
    async with request.app[ENGINE].connect() as connection:
        account = await _account(connection, request.match_info["token"])
    return _form(request, account)


def _form(request: web.Request, account, error: str = "", field: str = "") -> web.Response:  # type: ignore[no-untyped-def]
    status = 422 if error else 200
    return render(request, "invitation.html", status=status, account=account, error=error, error_field=field)


@routes.post("/invito/{token}")
@public
async def accept(request: web.Request) -> web.StreamResponse:
    """Make the first administrator, or set the account's password; then they are signed in."""
    form, token = await request.post(), request.match_info["token"]
    password = str(form.get("password", ""))
    async with request.app[ENGINE].connect() as connection:
        account = await _account(connection, token)
    username = account["username"] if account else str(form.get("username", "")).strip().casefold()
    weak = weakness(password, username)
    if weak:
        return _form(request, account, weak, "password")
    if password != str(form.get("again", "")):
        return _form(request, account, "Le due password sono diverse.", "again")
    hashed = await hash_password(password)
    async with request.app[ENGINE].begin() as connection:
        account = await _account(connection, token, lock=True)
        try:
            account_id = await _kept(connection, account, username, str(form.get("name", "")), hashed)
        except AccountError as error:
            return _form(request, account, str(error), "username")
        await use_link(connection, token)
        await sessions.end_all(connection, account_id)
        signed_in = await sessions.start(connection, account_id, stage="full")
        operator = as_operator(await account_of(connection, account_id))
        action = "password scelta" if account else "primo avvio"
        await audit.record(connection, operator, action, f"account:{account_id}")
    answer = redirect("/")
    set_cookie(request, answer, COOKIE, signed_in)
    return answer


async def _kept(connection: AsyncConnection, account, username: str, name: str, hashed: str) -> UUID:  # type: ignore[no-untyped-def]
    if account is None:
        return await add_account(connection, username=username, name=name, role="amministratore", password_hash=hashed)
    # Whoever lost the telephone asks for a new invitation: the second factor goes with the old password.
    await change_account(connection, account["id"], password_hash=hashed, **OFF)
    account_id: UUID = account["id"]
    return account_id
