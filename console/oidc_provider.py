"""The agency's identity provider: what it says of itself, its tokens, and whether a token is really its own."""

import time
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout, encode_basic_auth, web
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.settings import Settings

KEPT_SECONDS = 3600
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
RETURN = "/accesso/oidc/ritorno"


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
