"""Signing in and out with name and password, then the second factor if the account has one."""

from uuid import UUID

from aiohttp import web

from console import audit, lockout, sessions
from console.access import public
from console.accounts import account_named, account_of
from console.keys import ENGINE, OPERATOR, SETTINGS
from console.oidc_leaving import COOKIE as ENTE_COOKIE
from console.oidc_leaving import PATH as ENTE_PATH
from console.oidc_leaving import farewell
from console.operators import Operator
from console.pages import redirect, render, safe_path
from console.passwords import is_right
from console.second_factor import take_code
from console.security import COOKIE, set_cookie

routes = web.RouteTableDef()

REFUSED = (
    "Nome utente o password non sono giusti. Dopo 5 tentativi sbagliati l'accesso si ferma per 15 minuti: "
    "se hai dimenticato la password, chiedi un nuovo invito a chi amministra."
)
WRONG_CODE = "Il codice non è giusto o è scaduto. Dopo 5 tentativi sbagliati l'accesso si ferma per 15 minuti."


def client_address(request: web.Request) -> str:
    """The network address tries are counted by; behind proxies, the one the outermost trusted proxy saw."""
    trusted = request.app[SETTINGS].trusted_proxies
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if trusted and len(forwarded) >= trusted:
        return forwarded[-trusted]
    return request.remote or "unknown"


@routes.get("/accesso", name="login")
@public
async def ask(request: web.Request) -> web.StreamResponse:
    """The form."""
    if OPERATOR in request:
        return redirect("/")
    return _form(request)


def _form(request: web.Request, *, status: int = 200, username: str = "", error: str = "") -> web.Response:
    return render(
        request,
        "login.html",
        status=status,
        username=username,
        then=safe_path(request.query.get("poi", "/")),
        oidc=bool(request.app[SETTINGS].console_oidc_issuer),
        error=error,
    )


@routes.post("/accesso")
@public
async def enter(request: web.Request) -> web.StreamResponse:
    """Name and password."""
    form = await request.post()
    username, password = str(form.get("username", "")).strip().casefold()[:80], str(form.get("password", ""))
    address = client_address(request)
    async with request.app[ENGINE].begin() as connection:
        allowed = await lockout.take(connection, account=username, address=address)
        account = await account_named(connection, username)
    right = await is_right(account["password_hash"] if account else None, password)
    async with request.app[ENGINE].begin() as connection:
        if not allowed or not right or account is None or account["disabled_at"] is not None:
            if account is not None:
                await audit.record(connection, None, "accesso negato", f"account:{account['id']}", locked=not allowed)
            return _form(request, status=403, username=username, error=REFUSED)
        await lockout.succeeded(connection, account=username, address=address)
        stage: sessions.Stage = "password" if account["totp_sealed"] else "full"
        await sessions.sweep(connection, request.app[SETTINGS])
        token = await sessions.start(connection, account["id"], stage=stage)
        if stage == "full":
            await audit.record(connection, as_operator(account), "accesso", method="password")
    then = safe_path(str(form.get("poi", "/")))
    answer = redirect(then if stage == "full" else "/accesso/codice")
    set_cookie(request, answer, COOKIE, token)
    return answer


def as_operator(account) -> Operator:  # type: ignore[no-untyped-def]
    """An account's row as the operator who signs in."""
    return Operator(id=account["id"], username=account["username"], name=account["name"], role=account["role"])


async def owing(request: web.Request) -> UUID | None:
    """The account that gave its password and owes the code."""
    token = request.cookies.get(COOKIE, "")
    async with request.app[ENGINE].begin() as connection:
        found = await sessions.find(connection, token, request.app[SETTINGS], touch=False)
    return found.operator.id if found and found.stage == "password" else None


@routes.get("/accesso/codice", name="login_code")
@public
async def ask_code(request: web.Request) -> web.StreamResponse:
    """The form for the second factor."""
    return render(request, "login_code.html") if await owing(request) else redirect("/accesso")


@routes.post("/accesso/codice")
@public
async def enter_code(request: web.Request) -> web.StreamResponse:
    """The code of the moment, or a recovery code."""
    account_id = await owing(request)
    if account_id is None:
        return redirect("/accesso")
    code, address = str((await request.post()).get("code", "")), client_address(request)
    async with request.app[ENGINE].begin() as connection:
        allowed = await lockout.take(connection, code=str(account_id), address=address)
        account = await account_of(connection, account_id)
        method = await take_code(connection, account, code) if allowed and account else None
        if account is None or method is None:
            await audit.record(connection, None, "codice sbagliato", f"account:{account_id}", locked=not allowed)
            return render(request, "login_code.html", status=403, error=WRONG_CODE, error_field="code")
        await lockout.succeeded(connection, code=str(account_id), address=address)
        # Another token than the one that was known before the code.
        await sessions.end(connection, sessions.hashed(request.cookies[COOKIE]))
        token = await sessions.start(connection, account_id, stage="full")
        await audit.record(connection, as_operator(account), "accesso", method=method)
    answer = redirect("/")
    set_cookie(request, answer, COOKIE, token)
    return answer


@routes.post("/esci", name="logout")
@public
async def leave(request: web.Request) -> web.StreamResponse:
    """Sign out, at the agency's identity too for who came with it."""
    token = request.cookies.get(COOKIE, "")
    async with request.app[ENGINE].begin() as connection:
        await sessions.end(connection, sessions.hashed(token))
        if OPERATOR in request:
            await audit.record(connection, request[OPERATOR], "uscita")
    address = await farewell(request)
    # A page, not a redirect: a form of ours may not lead to another site.
    answer = redirect("/accesso") if address is None else render(request, "again.html", address=address)
    answer.del_cookie(COOKIE, path="/")
    answer.del_cookie(ENTE_COOKIE, path=ENTE_PATH)
    return answer
