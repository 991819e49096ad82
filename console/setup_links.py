"""One-time links: the first set-up, and choosing one's own password. There is no password anybody else has known."""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import Settings
from bot.storage.engine import create_engine
from console.sessions import hashed
from console.tables import accounts, links

LASTS = timedelta(hours=24)


async def make_link(connection: AsyncConnection, settings: Settings, account_id: UUID | None) -> str:
    """A link for the account, or for the first set-up when None; earlier ones for the same stop working."""
    token = secrets.token_urlsafe(32)
    same = links.c.account_id == account_id if account_id else links.c.account_id.is_(None)
    await connection.execute(delete(links).where(same | (links.c.expires_at < func.now())))
    row = {"token_hash": hashed(token), "account_id": account_id, "expires_at": func.now() + LASTS}
    await connection.execute(insert(links).values(row))
    return f"{settings.console_url.rstrip('/')}/invito/{token}"


async def is_first(connection: AsyncConnection) -> bool:
    """Whether nobody has an account yet."""
    return (await connection.execute(select(accounts.c.id).limit(1))).first() is None


async def find_link(connection: AsyncConnection, token: str, *, lock: bool = False) -> tuple[bool, UUID | None]:
    """Whether the link works, and whose it is: None for the first set-up, which ends with the first account."""
    query = select(links.c.account_id).where(links.c.token_hash == hashed(token), links.c.expires_at > func.now())
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None or (row.account_id is None and not await is_first(connection)):
        return False, None
    return True, row.account_id


async def use_link(connection: AsyncConnection, token: str) -> None:
    """It does not work again."""
    await connection.execute(delete(links).where(links.c.token_hash == hashed(token)))


async def first_link(settings: Settings) -> str | None:
    """A new link for the first set-up while nobody has an account; None afterwards."""
    engine = create_engine(pool_size=1)
    try:
        async with engine.begin() as connection:
            if not await is_first(connection):
                return None
            return await make_link(connection, settings, None)
    finally:
        await engine.dispose()
