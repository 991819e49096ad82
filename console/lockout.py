"""Tries to sign in: counted by account name (known or not) and by network address, in the database.

A try is counted before it is looked at, so that many at once gain nothing. After `MOST` without a success nothing is
accepted until `LOCKED` has passed since the last one. Whoever tries is told the same for a wrong password, an unknown
name and a locked account.
"""

from datetime import timedelta

from sqlalchemy import case, delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.sealing import fingerprint
from console.tables import tries

MOST = {"account": 5, "code": 5, "address": 30}
LOCKED = timedelta(minutes=15)


def _key(kind: str, value: str) -> bytes:
    return fingerprint("console tries", f"{kind}:{value}")


async def take(connection: AsyncConnection, **who: str) -> bool:
    """Count a try against each; False when one has used up its tries. `who`: account, code or address, and its value."""
    allowed = True
    for kind, value in who.items():
        row = insert(tries).values(key=_key(kind, value), failures=1)
        old = tries.c.last_at < func.now() - LOCKED
        counted = row.on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": case((old, 1), else_=tries.c.failures + 1), "last_at": func.now()},
            where=or_(old, tries.c.failures < MOST[kind]),
        ).returning(tries.c.key)
        allowed = (await connection.execute(counted)).first() is not None and allowed
    return allowed


async def succeeded(connection: AsyncConnection, *, address: str, **who: str) -> None:
    """Clear what was counted against the account, and this one try against the address."""
    for kind, value in who.items():
        await connection.execute(delete(tries).where(tries.c.key == _key(kind, value)))
    await connection.execute(
        update(tries).where(tries.c.key == _key("address", address)).values(failures=tries.c.failures - 1)
    )
    await connection.execute(delete(tries).where(tries.c.last_at < func.now() - LOCKED))
