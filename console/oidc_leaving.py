"""Signing out at the agency's identity too: whoever came in with it and leaves the console leaves there as well.

The provider wants to be shown the token it gave (`id_token_hint`). It travels in a sealed cookie that the browser sends to
the address of leaving alone; the database keeps nothing of it.
"""

from urllib.parse import urlencode, urlsplit

import structlog
from aiohttp import ClientError, web

from bot.privacy.sealing import SealError, seal, unseal
from console.keys import SETTINGS
from console.oidc_provider import PROVIDER

log = structlog.get_logger()

COOKIE = "sportello_console_ente"
PATH = "/esci"
MOST_CHARS = 3500
"""A browser keeps cookies of 4 KiB. Without the token the provider asks the person whether they mean it."""


def remember(request: web.Request, answer: web.StreamResponse, id_token: str) -> None:
    """Keep the token for leaving."""
    sealed = seal(id_token).decode()
    if len(sealed) > MOST_CHARS:
        sealed = seal("").decode()
    secure = request.app[SETTINGS].console_url.startswith("https://")
    answer.set_cookie(COOKIE, sealed, httponly=True, samesite="Strict", secure=secure, path=PATH)


async def farewell(request: web.Request) -> str | None:
    """Where the browser goes on to, to leave there too; None for who did not come from there, or if it has no such address.

    A provider that does not answer keeps nobody from leaving the console.
    """
    provider, given = request.app[PROVIDER], request.cookies.get(COOKIE)
    if given is None or not provider.issuer:
        return None
    try:
        address = (await provider.about()).get("end_session_endpoint")
        token = unseal(given.encode())
    except (ClientError, TimeoutError, ValueError, SealError) as error:
        log.warning("no way out at the identity provider", reason=type(error).__name__)
        return None
    if not isinstance(address, str) or urlsplit(address).scheme not in ("https", "http"):
        return None
    settings = request.app[SETTINGS]
    asked = {
        "client_id": settings.console_oidc_client_id or "",
        "post_logout_redirect_uri": settings.console_url.rstrip("/") + "/accesso",
    }
    if token:
        asked["id_token_hint"] = token
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"
