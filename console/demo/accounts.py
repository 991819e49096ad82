"""The three accounts to look at the console with. Nobody has their passwords: each begins with a one-time link."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import Settings
from console.accounts import account_named, add_account
from console.demo.world import Colleague
from console.operators import Role
from console.setup_links import make_link
from console.tables import accounts

PEOPLE: tuple[tuple[Role, str], ...] = (
    ("operatore", "Anna Esempio"),
    ("supervisore", "Bruno Esempio"),
    ("amministratore", "Carla Esempio"),
)


async def ensure(connection: AsyncConnection, settings: Settings) -> tuple[list[Colleague], list[tuple[str, str]]]:
    """The three, made if they are missing; and the links of those who never came in, each with its user name."""
    colleagues, links = [], []
    for role, name in PEOPLE:
        username = await _free_name(connection, role)
        account = await account_named(connection, username)
        if account is None:
            await add_account(connection, username=username, name=name, role=role, sample=True)
            account = await account_named(connection, username)
        assert account is not None
        colleagues.append(Colleague(id=account["id"], full_name=account["name"]))
        if account["password_hash"] is None:
            links.append((username, await make_link(connection, settings, account["id"])))
    return colleagues, links


async def _free_name(connection: AsyncConnection, role: Role) -> str:
    """The role's name, unless a real person has it."""
    account = await account_named(connection, role)
    return role if account is None or account["sample"] else f"{role}-esempio"


async def remove(connection: AsyncConnection) -> int:
    """Take them away, whoever uses them; how many there were."""
    gone: Sequence[object] = (
        await connection.execute(delete(accounts).where(accounts.c.sample).returning(accounts.c.id))
    ).all()
    return len(gone)


async def count(connection: AsyncConnection) -> int:
    """How many there are."""
    return int((await connection.execute(select(func.count()).where(accounts.c.sample))).scalar_one())
