"""Accounts of operators: made, changed, disabled. Nobody but their owner ever knows a password."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.knowledge import get_knowledge
from console import sessions
from console.operators import ROLES, Role
from console.tables import accounts

USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")


class AccountError(Exception):
    """What was asked cannot be done; the text says why, in Italian."""


async def add_account(
    connection: AsyncConnection,
    *,
    username: str,
    name: str,
    role: Role,
    centres: Iterable[str] = (),
    password_hash: str | None = None,
    **more: object,
) -> UUID:
    """A new account. Raises `AccountError` when the name is taken or something is not valid."""
    username, name = username.strip().casefold(), " ".join(name.split())
    if not USERNAME.fullmatch(username):
        raise AccountError("Il nome utente ha da 2 a 64 caratteri: lettere senza accento, cifre, punto, trattino, @.")
    if not 1 <= len(name) <= 80:
        raise AccountError("Scrivi nome e cognome, al massimo 80 caratteri.")
    account_id = uuid4()
    row = {
        "id": account_id,
        "username": username,
        "name": name,
        "role": valid_role(role),
        "centres": valid_centres(centres),
        "password_hash": password_hash,
    } | more
    try:
        async with connection.begin_nested():
            await connection.execute(insert(accounts).values(row))
    except IntegrityError:
        raise AccountError(f"Il nome utente {username} c'è già.") from None
    return account_id


def valid_role(role: str) -> Role:
    """The role. Raises `AccountError`."""
    for one in ROLES:
        if one == role:
            return one
    raise AccountError(f"Il ruolo {role!r} non c'è: scegli fra {', '.join(ROLES)}.")


def valid_centres(centres: Iterable[str]) -> list[str]:
    """Ids of centres that exist. Raises `AccountError` naming the first that does not."""
    known = get_knowledge().centres
    chosen = sorted({one.strip() for one in centres if one.strip()})
    for one in chosen:
        if one not in known:
            raise AccountError(f"Il centro {one!r} non c'è. I centri: {', '.join(sorted(known))}.")
    return chosen


async def account_named(connection: AsyncConnection, username: str) -> RowMapping | None:
    """The account with that name, disabled or not."""
    query = select(accounts).where(accounts.c.username == username.strip().casefold())
    return (await connection.execute(query)).mappings().one_or_none()


async def existing(connection: AsyncConnection, username: str) -> RowMapping:
    """The account with that name. Raises `AccountError` when there is none."""
    account = await account_named(connection, username)
    if account is None:
        raise AccountError(f"Il nome utente {username} non c'è.")
    return account


async def account_of(connection: AsyncConnection, account_id: UUID) -> RowMapping | None:
    """The account."""
    return (await connection.execute(select(accounts).where(accounts.c.id == account_id))).mappings().one_or_none()


async def all_accounts(connection: AsyncConnection) -> list[RowMapping]:
    """Every account by name."""
    return list((await connection.execute(select(accounts).order_by(accounts.c.username))).mappings())


async def change_account(connection: AsyncConnection, account_id: UUID, **values: Any) -> None:
    """Change an account. With a new role, new centres, or disabled, its sessions end; the last administrator stays one.

    Raises `AccountError`.
    """
    async with connection.begin_nested():
        before = await _administrators(connection)
        await connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
        if before and not await _administrators(connection):
            raise AccountError("È l'ultimo amministratore: prima dai il ruolo a un'altra persona.")
    if values.keys() & {"role", "centres", "disabled_at"}:
        await sessions.end_all(connection, account_id)


async def _administrators(connection: AsyncConnection) -> int:
    query = select(func.count()).where(accounts.c.role == "amministratore", accounts.c.disabled_at.is_(None))
    return int((await connection.execute(query)).scalar_one())
