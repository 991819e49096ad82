"""One's own account: password, second factor, sessions elsewhere."""

import base64
import io

import segno
from aiohttp import web

from console import audit, lockout, sessions
from console.access import needs, operator_of
from console.accounts import account_of, change_account
from console.keys import ENGINE
from console.login import client_address
from console.pages import redirect, render
from console.passwords import hash_password, is_right, weakness
from console.second_factor import new_recovery_codes, new_secret, otpauth, step_of, switch_off, switch_on

routes = web.RouteTableDef()

DONE = {
    "password": "Fatto: la password è cambiata. Le altre sessioni sono chiuse.",
    "sessioni": "Fatto: le altre sessioni sono chiuse.",
    "senza-codice": "Fatto: per entrare basta la password.",
}


@routes.get("/profilo", name="profile")
@needs("operatore")
async def show(request: web.Request) -> web.StreamResponse:
    """The account and what can be changed."""
    return await _page(request, done=DONE.get(request.query.get("fatto", ""), ""))


async def _page(request: web.Request, *, status: int = 200, **values: object) -> web.Response:
    async with request.app[ENGINE].connect() as connection:
        account = await account_of(connection, operator_of(request).id)
    return render(request, "profile.html", status=status, account=account, **values)


async def _knows_password(request: web.Request) -> bool:
    """Whether the form holds the account's present password. Tries are limited as at the door."""
    operator, password = operator_of(request), str((await request.post()).get("password", ""))
    address = client_address(request)
    async with request.app[ENGINE].begin() as connection:
        allowed = await lockout.take(connection, account=operator.username, address=address)
        account = await account_of(connection, operator.id)
    if not await is_right(account["password_hash"] if account else None, password) or not allowed:
        return False
    async with request.app[ENGINE].begin() as connection:
        await lockout.succeeded(connection, account=operator.username, address=address)
    return True


@routes.post("/profilo/password", name="profile_password")
@needs("operatore")
async def change_password(request: web.Request) -> web.StreamResponse:
    """A new password; the sessions elsewhere end."""
    form, operator = await request.post(), operator_of(request)
    chosen = str(form.get("new", ""))
    if not await _knows_password(request):
        return await _page(request, status=422, error="La password di adesso non è giusta.", error_field="password")
    weak = weakness(chosen, operator.username)
    if weak:
        return await _page(request, status=422, error=weak, error_field="new")
    hashed = await hash_password(chosen)
    async with request.app[ENGINE].begin() as connection:
        await change_account(connection, operator.id, password_hash=hashed)
        await sessions.end_all(connection, operator.id, but=operator.session)
        await audit.record(connection, operator, "password cambiata", f"account:{operator.id}")
    return redirect("/profilo?fatto=password")


@routes.post("/profilo/sessioni", name="profile_sessions")
@needs("operatore")
async def end_others(request: web.Request) -> web.StreamResponse:
    """Sign out everywhere else."""
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        await sessions.end_all(connection, operator.id, but=operator.session)
        await audit.record(connection, operator, "altre sessioni chiuse", f"account:{operator.id}")
    return redirect("/profilo?fatto=sessioni")


@routes.post("/profilo/codice", name="profile_code")
@needs("operatore")
async def offer_code(request: web.Request) -> web.StreamResponse:
    """Show a new secret to frame, after the password."""
    if not await _knows_password(request):
        return await _page(request, status=422, error="La password di adesso non è giusta.", error_field="password2")
    return _offer(request, new_secret())


def _offer(request: web.Request, secret: str, *, status: int = 200, error: str = "") -> web.Response:
    picture = io.BytesIO()
    segno.make(otpauth(secret, operator_of(request).username), error="m").save(picture, kind="png", scale=5)
    data = "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
    field = "code" if error else ""
    return render(
        request, "second_factor.html", status=status, secret=secret, picture=data, error=error, error_field=field
    )


@routes.post("/profilo/codice/conferma", name="profile_code_confirm")
@needs("operatore")
async def confirm_code(request: web.Request) -> web.StreamResponse:
    """A first code proves that the telephone has the secret; recovery codes are shown this once."""
    form, operator = await request.post(), operator_of(request)
    secret = str(form.get("secret", ""))
    if len(secret) != 32 or not secret.isalnum() or not secret.isascii():
        raise web.HTTPBadRequest
    step = step_of(secret, str(form.get("code", "")))
    if step is None:
        return _offer(request, secret, status=422, error="Il codice non è giusto: scrivi quello che vedi adesso.")
    codes = new_recovery_codes()
    async with request.app[ENGINE].begin() as connection:
        account = await account_of(connection, operator.id)
        assert account is not None
        await switch_on(connection, account, secret, step, codes)
        await sessions.end_all(connection, operator.id, but=operator.session)
        await audit.record(connection, operator, "codice attivato", f"account:{operator.id}")
    return render(request, "recovery_codes.html", codes=codes)


@routes.post("/profilo/codice/togli", name="profile_code_off")
@needs("operatore")
async def remove_code(request: web.Request) -> web.StreamResponse:
    """Back to the password alone."""
    if not await _knows_password(request):
        return await _page(request, status=422, error="La password di adesso non è giusta.", error_field="password2")
    operator = operator_of(request)
    async with request.app[ENGINE].begin() as connection:
        await switch_off(connection, operator.id)
        await audit.record(connection, operator, "codice tolto", f"account:{operator.id}")
    return redirect("/profilo?fatto=senza-codice")
