"""A real OpenID Connect provider on loopback: it signs, checks PKCE and the client, and lies when told to."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import unquote

from aiohttp import BasicAuth, web
from aiohttp.test_utils import TestServer
from authlib.common.security import generate_token
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "sportello-console", "un segreto di prova"


class Provider:
    """Whoever comes is `person`; `change` is laid over the claims of the token, `key` signs it."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "uno"})
        self.published = self.key
        self.person: dict[str, Any] = {
            "sub": "p-1",
            "name": "Rita Ente",
            "preferred_username": "rita",
            "roles": ["cpi-op"],
        }
        self.change: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.ends_sessions = True
        self.left: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._about)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/jwks", self._jwks)
        app.router.add_get("/logout", self._logout)
        self.server = TestServer(app)

    @property
    def issuer(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def _about(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                **({"end_session_endpoint": f"{self.issuer}/logout"} if self.ends_sessions else {}),
            }
        )

    async def _logout(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["client_id"] == CLIENT
        hint = jwt.decode(asked["id_token_hint"], KeySet([self.key]), algorithms=["RS256"]).claims
        assert hint["sub"] == self.person["sub"]
        self.left.append(asked)
        raise web.HTTPFound(asked["post_logout_redirect_uri"])

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = generate_token(24)
        self._codes[code] = asked
        back = web.HTTPFound(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")
        raise back

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        who = BasicAuth.decode(request.headers["Authorization"])
        asked = self._codes.pop(str(form["code"]), None)
        if asked is None or (unquote(who.login), unquote(who.password)) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_grant"}, status=400)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 300}
        claims |= {"nonce": asked["nonce"]} | self.person | self.change
        token = jwt.encode({"alg": self.algorithm, "kid": "uno"}, claims, self.key)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": token})

    async def _jwks(self, request: web.Request) -> web.Response:
        return web.json_response(KeySet([self.published]).as_dict(private=False))
