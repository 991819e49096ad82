"""Signing in with the agency's own identity: OpenID Connect, authorisation code with PKCE, state and nonce.

What is kept between going and coming back travels in a sealed cookie of ten minutes. Accounts are known by issuer and
subject, never by a name or address; their role and centres come from the provider at every sign-in.
"""

import json
import time
from typing import Any
from urllib.parse import quote

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth, web
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.privacy.sealing import SealError, seal, unseal
from bot.settings import Settings
from console import audit, sessions
from console.access import public
from console.accounts import AccountError
from console.keys import ENGINE, SETTINGS
from console.oidc_accounts import NotAdmittedError, admit
from console.pages import render, safe_path
from console.security import COOKIE, refusal, set_cookie

log = structlog.get_logger()
routes = web.RouteTableDef()

TRIP_COOKIE = "sportello_console_oidc"
TRIP_SECONDS = 600
KEPT_SECONDS = 3600
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
RETURN = "/accesso/oidc/ritorno"
FAILED = "L'accesso con l'identità dell'ente non è riuscito. Riprova dall'inizio."
AWAY = "L'identità dell'ente non risponde. Riprova fra poco, o entra con nome utente e password."


class Provider:
    """What the provider says of itself, fetched when needed and kept for an hour."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = (settings.console_oidc_issuer or "").rstrip("/")
        self._settings = settings
        self._about: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._fetched = 0.0

    @property
    def redirect(self) -> str:
        """Where people come back to, as it is registered at the provider."""
        return self._settings.console_url.rstrip("/") + RETURN

    async def address(self, trip: dict[str, Any]) -> str:
        """Where to send a browser."""
        uri: str = prepare_grant_uri(
            (await self.about())["authorization_endpoint"],
            client_id=self._settings.console_oidc_client_id,
            response_type="code",
            redirect_uri=self.redirect,
            scope=self._settings.console_oidc_scopes,
            state=trip["state"],
            nonce=trip["nonce"],
            code_challenge=create_s256_code_challenge(trip["verifier"]),
            code_challenge_method="S256",
        )
        return uri

    async def id_token(self, code: str, verifier: str) -> str:
        """Change a code for the token that says who came. Raises `ClientError`, `ValueError`."""
        client_id, secret = self._settings.console_oidc_client_id or "", self._settings.console_oidc_client_secret
        known = {} if secret else {"client_id": client_id}
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self.redirect, code_verifier=verifier, **known
        )
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        if secret:
            form["Authorization"] = encode_basic_auth(quote(client_id, ""), quote(secret.get_secret_value(), ""))
        async with (
            _http() as http,
            http.post((await self.about())["token_endpoint"], data=body, headers=form) as answer,
        ):
            if answer.status >= 500:
                answer.raise_for_status()
            told = await answer.json(content_type=None)
        if not isinstance(told, dict) or not isinstance(told.get("id_token"), str):
            raise ValueError("no token")  # noqa: TRY004 - what was told is wrong, not who asked
        token: str = told["id_token"]
        return token

    async def about(self) -> dict[str, Any]:
        """Its addresses. Raises `ClientError`, or `ValueError` when they are somebody else's."""
        if time.monotonic() - self._fetched > KEPT_SECONDS or not self._about:
            answer = await _json(f"{self.issuer}/.well-known/openid-configuration")
            if str(answer.get("issuer", "")).rstrip("/") != self.issuer:
                raise ValueError("another issuer")
            self._about, self._keys, self._fetched = answer, None, time.monotonic()
        return self._about

    async def claims_of(self, id_token: str, *, nonce: str) -> dict[str, Any]:
        """What a token says, once it is known to be the provider's, for us, of now and of this very trip.

        Raises `JoseError` or `ValueError` when it is not.
        """
        try:
            token = jwt.decode(id_token, await self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys since.
            token = jwt.decode(id_token, await self._key_set(again=True), algorithms=ALGORITHMS)
        client_id = self._settings.console_oidc_client_id or ""
        registry = jwt.JWTClaimsRegistry(
            leeway=60,
            iss={"essential": True, "value": (await self.about())["issuer"]},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(token.claims)
        audience = token.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and token.claims.get("azp") != client_id:
            raise ValueError("for another client")
        return dict(token.claims)

    async def _key_set(self, *, again: bool = False) -> KeySet:
        if self._keys is None or again:
            self._keys = KeySet.import_key_set(await _json((await self.about())["jwks_uri"]))
        return self._keys


def _http() -> ClientSession:
    return ClientSession(timeout=ClientTimeout(total=8))


async def _json(url: str) -> Any:
    async with _http() as http, http.get(url, raise_for_status=True) as answer:
        return await answer.json(content_type=None)


PROVIDER = web.AppKey("provider", Provider)


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
    claims = await _claims(provider, trip, request.query["code"])
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
    answer.del_cookie(TRIP_COOKIE, path="/accesso/oidc")
    return answer


def _turned_away(request: web.Request, sentence: str) -> web.Response:
    answer = render(request, "problem.html", status=403, heading="Non puoi entrare", sentence=sentence, number="")
    answer.del_cookie(TRIP_COOKIE, path="/accesso/oidc")
    return answer


async def _claims(provider: Provider, trip: dict[str, Any], code: str) -> dict[str, Any]:
    try:
        token = await provider.id_token(code, trip["verifier"])
        return await provider.claims_of(token, nonce=trip["nonce"])
    except (ClientError, TimeoutError) as error:
        log.warning("identity provider away", reason=type(error).__name__)
        raise refusal(web.HTTPServiceUnavailable, AWAY) from None
    except (JoseError, ValueError, KeyError) as error:
        log.warning("identity refused", reason=type(error).__name__)
        raise refusal(web.HTTPForbidden, FAILED) from None
