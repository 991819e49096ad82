"""Twilio's REST client as we use it: asynchronous, tried once, and its errors told apart by whether a request left.

The outbox is the only layer that tries again. The SDK's own HTTP client logs what it sends when asked to be talkative, and
does not say why a request failed: this one logs nothing and says it.
"""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.privacy.masking import mask
from bot.settings import Settings
from channels.sender import RateLimitedError, RefusedError, SendError, UncertainError, UnreachedError
from channels.twilio_words import why_of

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
DEFAULT_WAIT = 2.0
"""Seconds, when 429 does not say how long."""
OFFICIAL = "https://api.twilio.com"
UNAUTHORISED = 401


class HttpClient(AsyncHttpClient):
    """One request, once. Raises the errors of `channels.sender` for everything that is not an answer to act upon."""

    def __init__(self, api_url: str) -> None:
        super().__init__(None, True, None)
        self._api_url = api_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def request(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
        allow_redirects: bool = False,
    ) -> Response:
        """See the SDK's `AsyncHttpClient`."""
        if self._session is None:
            patience = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS)
            connector = aiohttp.TCPConnector(keepalive_timeout=10)
            self._session = aiohttp.ClientSession(timeout=patience, connector=connector, trust_env=True)
        if auth:
            headers = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        as_json = (headers or {}).get("Content-Type") == "application/json"
        asked: dict[str, Any] = {"json" if as_json else "data": data}
        try:
            async with self._session.request(
                method,
                self._address(url),
                params={name: str(value) for name, value in (params or {}).items()},
                headers=headers,
                allow_redirects=allow_redirects,
                **asked,
            ) as answer:
                text = await answer.text()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UnreachedError(f"no connection: {type(error).__name__}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _silent(method, type(error).__name__) from error
        if answer.status == 429:
            raise RateLimitedError(_seconds(answer.headers.get("Retry-After")))
        if answer.status >= 500:
            # Twilio's own words say that it failed; a gateway's say nothing of what happened behind it.
            own = answer.content_type == "application/json" and answer.status != 504
            raise UnreachedError(f"HTTP {answer.status}") if own else _silent(method, f"HTTP {answer.status}")
        return Response(answer.status, text, answer.headers)

    def _address(self, url: str) -> str:
        """The address asked, at another place when the API is elsewhere."""
        if self._api_url == OFFICIAL:
            return url
        parts = urlsplit(url)
        base = urlsplit(self._api_url)
        return urlunsplit((base.scheme, base.netloc, base.path + parts.path, parts.query, ""))

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _silent(method: str, reason: str) -> SendError:
    """No answer: only what changes nothing may simply be asked again."""
    return UnreachedError(reason) if method.upper() == "GET" else UncertainError(reason)


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or DEFAULT_WAIT))
    except ValueError:
        return DEFAULT_WAIT


def create_client(settings: Settings) -> tuple[Client, HttpClient]:
    """The SDK's client of the configured account, and its HTTP client, to be closed."""
    assert settings.twilio_account_sid
    assert settings.twilio_auth_token
    http = HttpClient(settings.twilio_api_url)
    # An environment meant for other programs must not send our messages elsewhere.
    client = Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        http_client=http,
        environment={"_": ""},
    )
    return client, http


def as_send_error(error: TwilioRestException | TwilioServiceException, address: str = "") -> SendError:
    """A 4xx as the outbox takes it, without the address it may quote."""
    code = str(error.code or error.status)
    said = error.msg if isinstance(error, TwilioRestException) else " ".join(filter(None, (error.title, error.detail)))
    reason = mask(said.replace(address, "[telefono]") if address else said)
    if error.status == UNAUTHORISED:
        # Not the message's fault: it waits until the credentials are right again.
        return UnreachedError(f"{code}: {reason}")
    return RefusedError(code, reason, why=why_of(code))
