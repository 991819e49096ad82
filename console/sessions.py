"""Sessions on the server: the browser holds a random token, the database its hash.

A session ends when nothing was done for `console_idle_minutes`, in any case after `console_session_hours`, when the
operator leaves, and when the account is disabled. Its CSRF token is derived from the session's with the system's secret.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.sealing import fingerprint
from bot.settings import Settings
from console.operators import Operator
from console.tables import accounts, sessions

Stage = Literal["password", "full"]
SEEN_EVERY = func.make_interval(0, 0, 0, 0, 0, 0, 30.0)
"""An active session is written to this often, not at each request."""


@dataclass(frozen=True)
class Session:
    """A session that is alive. At stage `password` the second factor is still owed."""

    operator: Operator
    stage: Stage


def hashed(token: str) -> bytes:
    """What is stored of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def csrf_of(token: str) -> str:
    """The token that forms of the browser with this cookie carry."""
    return fingerprint("console csrf", token).hex()


async def start(connection: AsyncConnection, account_id: UUID, *, stage: Stage) -> str:
    """A new session; returns its token, which is not kept anywhere."""
    token = secrets.token_urlsafe(32)
    row = {"token_hash": hashed(token), "account_id": account_id, "stage": stage}
    await connection.execute(insert(sessions).values(row))
    if stage == "full":
        await connection.execute(update(accounts).where(accounts.c.id == account_id).values(last_login_at=func.now()))
    return token


async def find(connection: AsyncConnection, token: str, settings: Settings, *, touch: bool = True) -> Session | None:
    """The live session of a token. `touch`: the operator did something just now."""
    key = hashed(token)
    row = (await connection.execute(_alive(settings).where(sessions.c.token_hash == key))).mappings().one_or_none()
    if row is None:
        return None
    if touch:
        await connection.execute(
            update(sessions)
            .where(sessions.c.token_hash == key, sessions.c.seen_at < func.now() - SEEN_EVERY)
            .values(seen_at=func.now())
        )
    operator = Operator(
        id=row["id"],
        username=row["username"],
        name=row["name"],
        role=row["role"],
        centres=tuple(row["centres"]),
        session=key,
    )
    return Session(operator, row["stage"])


def _alive(settings: Settings):  # type: ignore[no-untyped-def]
    idle = func.make_interval(0, 0, 0, 0, 0, settings.console_idle_minutes)
    most = func.make_interval(0, 0, 0, 0, settings.console_session_hours)
    shown = (accounts.c.id, accounts.c.username, accounts.c.name, accounts.c.role, accounts.c.centres)
    return (
        select(*shown, sessions.c.stage)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(
            accounts.c.disabled_at.is_(None),
            sessions.c.seen_at > func.now() - idle,
            sessions.c.created_at > func.now() - most,
        )
    )


async def end(connection: AsyncConnection, key: bytes) -> None:
    """Sign out. `key`: the token's hash."""
    await connection.execute(delete(sessions).where(sessions.c.token_hash == key))


async def end_all(connection: AsyncConnection, account_id: UUID, *, but: bytes = b"") -> None:
    """Sign an account out everywhere, one session excepted."""
    await connection.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.token_hash != but))


async def sweep(connection: AsyncConnection, settings: Settings) -> None:
    """Forget sessions that are over."""
    most = func.make_interval(0, 0, 0, 0, settings.console_session_hours)
    idle = func.make_interval(0, 0, 0, 0, 0, settings.console_idle_minutes)
    over = (sessions.c.created_at < func.now() - most) | (sessions.c.seen_at < func.now() - idle)
    await connection.execute(delete(sessions).where(over))
