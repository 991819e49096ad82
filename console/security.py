"""What every request passes through: headers, failures as pages, the session, roles, forgery of requests.

The order is that of `MIDDLEWARES`. What is not declared open is closed.
"""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from aiohttp import web
from sqlalchemy.exc import OperationalError

from bot.agenda.model import BookUnavailableError
from channels.problems import Handler
from console import sessions
from console.access import access_of
from console.keys import CSRF, ENGINE, FRESH_SEED, OPERATOR, SETTINGS
from console.pages import problem, render
from console.sessions import csrf_of
from console.uploads import close_files, with_room

log = structlog.get_logger()

COOKIE = "sportello_console"
SEED_COOKIE = "sportello_console_seed"
"""Before somebody is signed in, forms are bound to the browser by this one."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers then hide the origin of our own forms, too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
SAFE = ("GET", "HEAD")


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The headers every answer carries. Answers that are streamed take `HEADERS` themselves."""
    answer = await handler(request)
    if not answer.prepared:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if FRESH_SEED in request:
            set_cookie(request, answer, SEED_COOKIE, request[FRESH_SEED])
    return answer


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong is a page in Italian; the unexpected has a number that finds it in the logs."""
    try:
        return await handler(request)
    except web.HTTPRedirection:
        raise
    except web.HTTPException as error:
        return problem(request, error.status, error.text if error.content_type == "text/x-console" else None)
    except ConnectionError:
        raise
    except BookUnavailableError:
        return problem(request, 503)
    except OperationalError as error:
        log.warning("database away", reason=type(error.orig).__name__)
        return problem(request, 503)
    except Exception:
        number = uuid4().hex[:12]
        log.exception("page failed", id=number, method=request.method, route=str(request.match_info.route.name))
        return problem(request, 500, number=number)


@web.middleware
async def session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find who asks, and let the request through only if its handler is open to them."""
    access = access_of(request.match_info.handler)
    if request.match_info.http_exception is not None:
        raise request.match_info.http_exception
    token = request.cookies.get(COOKIE, "")
    found = await _found(request, token) if token else None
    if found is not None and found.stage == "full":
        request[OPERATOR], request[CSRF] = found.operator, csrf_of(token)
    else:
        _seeded(request)
    if access == "public":
        return await handler(request)
    if OPERATOR not in request:
        return _to_login(request, owes=found is not None)
    if access is None or not request[OPERATOR].has(access):
        raise web.HTTPForbidden
    return await handler(request)


async def _found(request: web.Request, token: str) -> sessions.Session | None:
    async with request.app[ENGINE].begin() as connection:
        # What the page fetches by itself does not keep a session alive.
        touch = "X-Background" not in request.headers
        return await sessions.find(connection, token, request.app[SETTINGS], touch=touch)


def _seeded(request: web.Request) -> None:
    seed = request.cookies.get(SEED_COOKIE, "")
    if not seed:
        seed = request[FRESH_SEED] = secrets.token_urlsafe(32)
    request[CSRF] = csrf_of(seed)


def _to_login(request: web.Request, *, owes: bool) -> web.StreamResponse:
    if request.method not in SAFE or "X-Background" in request.headers:
        raise web.HTTPUnauthorized
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # A link from a mail or a chat: the browser keeps the cookie back until the page asks again by itself.
        return render(request, "again.html", address=request.rel_url.raw_path_qs)
    if owes:
        return web.Response(status=303, headers={"Location": "/accesso/codice"})
    path = request.rel_url.raw_path_qs
    where = "" if path == "/" else f"?{request.rel_url.build(query={'poi': path}).raw_query_string}"
    return web.Response(status=303, headers={"Location": f"/accesso{where}"})


@web.middleware
async def forgery(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what changes something unless it comes from our own pages: origin first, then the form's token."""
    if request.method in SAFE:
        return await handler(request)
    _same_site(request)
    request = with_room(request, request.app[SETTINGS])
    form: Mapping[str, Any] = {}
    try:
        given = request.headers.get("X-CSRF-Token")
        if given is None:
            form = await request.post()
            given = str(form.get("csrf", ""))
        if not hmac.compare_digest(given.encode(errors="replace"), request[CSRF].encode()):
            raise refusal(
                web.HTTPForbidden, "La pagina era aperta da troppo tempo. Torna indietro, ricaricala e riprova."
            )
        return await handler(request)
    finally:
        close_files(form)


def _same_site(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden


def refusal(kind: type[web.HTTPException], sentence: str) -> web.HTTPException:
    """An HTTP refusal with a sentence of our own for the page."""
    return kind(text=sentence, content_type="text/x-console")


def set_cookie(request: web.Request, answer: web.StreamResponse, name: str, value: str) -> None:
    """A cookie no script reads and no other site sends."""
    secure = request.app[SETTINGS].console_url.startswith("https://")
    answer.set_cookie(name, value, httponly=True, samesite="Strict", secure=secure, path="/")


MIDDLEWARES = (headers, failures, session, forgery)
