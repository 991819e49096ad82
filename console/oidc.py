"""Signing in with the agency's own identity: OpenID Connect, authorisation code with PKCE, state and nonce.

What is kept between going and coming back travels in a sealed cookie of ten minutes. Accounts are known by issuer and
subject, never by a name or address; their role and centres come from the provider at every sign-in.
"""

import json
import time
from typing import Any

import structlog
from aiohttp import ClientError, web
from authlib.common.security import generate_token
from joserfc.errors import JoseError

from bot.privacy.sealing import SealError, seal, unseal
from console import audit, sessions
from console.access import public
from console.accounts import AccountError
from console.keys import ENGINE, SETTINGS
from console.oidc_accounts import NotAdmittedError, admit
from console.oidc_leaving import remember
from console.oidc_provider import PROVIDER, RETURN, Provider
from console.pages import render, safe_path
from console.security import COOKIE, refusal, set_cookie

log = structlog.get_logger()
routes = web.RouteTableDef()

TRIP_COOKIE = "sportello_console_oidc"
TRIP_SECONDS = 600
FAILED = "L'accesso con l'identità dell'ente non è riuscito. Riprova dall'inizio."
AWAY = "L'identità dell'ente non risponde. Riprova fra poco, o entra con nome utente e password."


def set_up(app: web.Application) -> None:
    """Know the provider of the settings, if there is one."""
    app[PROVIDER] = Provider(app[SETTINGS])


def _switched_on(request: web.Request) -> Provider:
    if not request.app[PROVIDER].issuer:
        raise web.HTTPNotFound
    return request.app[PROVIDER]


@routes.get("/accesso/oidc", name="oidc")
@public
async def go(request: web.Request) -> web.StreamResponse:
    """To the provider."""
    provider = _switched_on(request)
    trip = {"state": generate_token(32), "nonce": generate_token(32), "verifier": generate_token(64)}
    trip["then"] = safe_path(request.query.get("poi", "/"))
    try:
        address = await provider.address(trip)
    except (ClientError, TimeoutError, ValueError, KeyError) as error:
        log.warning("identity provider away", reason=type(error).__name__)
        raise refusal(web.HTTPServiceUnavailable, AWAY) from None
    answer = web.Response(status=303, headers={"Location": address})
    secure = request.app[SETTINGS].console_url.startswith("https://")
    # Lax: the way back starts at the provider's site.
    answer.set_cookie(
        TRIP_COOKIE,
        seal(json.dumps(trip | {"at": time.time()})).decode(),
        max_age=TRIP_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=secure,
        path="/accesso/oidc",
    )
    return answer


def _trip(request: web.Request) -> dict[str, Any]:
    """What was kept when the browser left. Raises HTTP 403."""
    try:
        trip: dict[str, Any] = json.loads(unseal(request.cookies.get(TRIP_COOKIE, "").encode()))
    except (SealError, ValueError):
        raise refusal(web.HTTPForbidden, FAILED) from None
    if time.time() - trip["at"] > TRIP_SECONDS or request.query.get("state", "") != trip["state"]:
        raise refusal(web.HTTPForbidden, FAILED)
    return trip


@routes.get(RETURN, name="oidc_return")
@public
async def come_back(request: web.Request) -> web.StreamResponse:
    """From the provider, with a code to be changed for the identity."""
    provider, trip = _switched_on(request), _trip(request)
    if "code" not in request.query:
        raise refusal(web.HTTPForbidden, FAILED)
    claims, id_token = await _claims(provider, trip, request.query["code"])
    async with request.app[ENGINE].begin() as connection:
        try:
            operator = await admit(connection, claims, provider.issuer, request.app[SETTINGS])
        except (NotAdmittedError, AccountError) as error:
            await audit.record(connection, None, "accesso negato", "", issuer=provider.issuer)
            return _turned_away(request, str(error))
        token = await sessions.start(connection, operator.id, stage="full")
        await audit.record(connection, operator, "accesso", method="ente")
    # A page, not a redirect: the browser sends the strict cookie only where it goes from a page of ours.
    answer = render(request, "again.html", address=safe_path(str(trip["then"])))
    set_cookie(request, answer, COOKIE, token)
    remember(request, answer, id_token)
    answer.del_cookie(TRIP_COOKIE, path="/accesso/oidc")
    return answer


def _turned_away(request: web.Request, sentence: str) -> web.Response:
    answer = render(request, "problem.html", status=403, heading="Non puoi entrare", sentence=sentence, number="")
    answer.del_cookie(TRIP_COOKIE, path="/accesso/oidc")
    return answer


async def _claims(provider: Provider, trip: dict[str, Any], code: str) -> tuple[dict[str, Any], str]:
    try:
        token = await provider.id_token(code, trip["verifier"])
        return await provider.claims_of(token, nonce=trip["nonce"]), token
    except (ClientError, TimeoutError) as error:
        log.warning("identity provider away", reason=type(error).__name__)
        raise refusal(web.HTTPServiceUnavailable, AWAY) from None
    except (JoseError, ValueError, KeyError) as error:
        log.warning("identity refused", reason=type(error).__name__)
        raise refusal(web.HTTPForbidden, FAILED) from None
