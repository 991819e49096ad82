"""From what the identity provider says of a person to an account of the console."""

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.knowledge import get_knowledge
from bot.settings import Settings
from console.accounts import USERNAME, account_named, add_account, change_account
from console.operators import ROLES, Operator, Role
from console.tables import accounts


class NotAdmittedError(Exception):
    """The person is known to the provider, but has no business here; the text says so in Italian."""


def claim(claims: dict[str, Any], path: str) -> list[str] | None:
    """The values of a claim, of one inside another with a dot (`realm_access.roles`); None when it is missing."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def role_of(claims: dict[str, Any], settings: Settings) -> Role:
    """The highest role the person's groups have here. Raises `NotAdmittedError`."""
    groups = claim(claims, settings.console_oidc_role_claim) or []
    given = {settings.console_oidc_roles[one] for one in groups if one in settings.console_oidc_roles}
    for role in reversed(ROLES):
        if role in given:
            return role
    raise NotAdmittedError("Il tuo profilo dell'ente non ha un ruolo nella console. Chiedilo a chi la amministra.")


def centres_of(claims: dict[str, Any], settings: Settings) -> list[str]:
    """The centres the person is limited to; empty: no limit. A limit nobody understands is no permission.

    Raises `NotAdmittedError`.
    """
    named = claim(claims, settings.console_oidc_centres_claim)
    if named is None:
        return []
    known = sorted(one for one in named if one in get_knowledge().centres)
    if not known:
        raise NotAdmittedError("Il tuo profilo dell'ente non indica nessun centro che conosciamo.")
    return known


async def admit(connection: AsyncConnection, claims: dict[str, Any], issuer: str, settings: Settings) -> Operator:
    """The operator of these claims, made at the first sign-in. Raises `NotAdmittedError`, `AccountError`."""
    role, centres, subject = role_of(claims, settings), centres_of(claims, settings), str(claims["sub"])
    known = select(accounts).where(accounts.c.oidc_issuer == issuer, accounts.c.oidc_subject == subject)
    row = (await connection.execute(known)).mappings().one_or_none()
    if row is None:
        username = await _free_name(connection, claims, issuer, subject)
        name = str(claims.get("name") or username)[:80]
        identity = {"oidc_issuer": issuer, "oidc_subject": subject}
        await add_account(connection, username=username, name=name, role=role, centres=centres, **identity)
    elif row["disabled_at"] is not None:
        raise NotAdmittedError("Il tuo accesso alla console è disattivato.")
    elif (row["role"], sorted(row["centres"])) != (role, centres):
        await change_account(connection, row["id"], role=role, centres=centres)
    row = (await connection.execute(known)).mappings().one()
    return Operator(
        id=row["id"], username=row["username"], name=row["name"], role=row["role"], centres=tuple(row["centres"])
    )


async def _free_name(connection: AsyncConnection, claims: dict[str, Any], issuer: str, subject: str) -> str:
    mark = hashlib.sha256(f"{issuer} {subject}".encode()).hexdigest()[:8]
    wanted = str(claims.get("preferred_username") or claims.get("email") or "").strip().casefold()
    if not USERNAME.fullmatch(wanted) or len(wanted) > 50:
        return f"ente-{mark}"
    return wanted if await account_named(connection, wanted) is None else f"{wanted}-{mark}"
