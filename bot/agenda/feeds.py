"""The calendar of a desk for its operators, reached with a secret address."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.model import Appointment, NotFoundError
from bot.agenda.records import appointment_of
from bot.agenda.tables import appointments, desks, sites

SHOWN = ("da_erogare", "erogato", "non_presentato")


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A desk and its appointments, by start."""

    desk_id: int
    desk_title: str
    site_title: str
    appointments: Sequence[Appointment]


async def rotate_secret(connection: AsyncConnection, desk_id: int) -> str:
    """A new secret for a desk's feed, kept nowhere; the one before no longer works. Raises `NotFoundError`."""
    secret = secrets.token_urlsafe(32)
    changed = update(desks).where(desks.c.id == desk_id).values(feed_secret_hash=_hash(secret))
    if (await connection.execute(changed.returning(desks.c.id))).first() is None:
        raise NotFoundError(str(desk_id))
    return secret


async def feed_of(
    connection: AsyncConnection, secret: str, *, since: datetime | None = None, with_citizens: bool = False
) -> Feed:
    """The desk with that secret and its appointments from `since` on, who they are for only when asked.

    Raises `NotFoundError`.
    """
    query = (
        select(desks.c.id, desks.c.title, sites.c.title.label("site_title"))
        .join(sites, sites.c.id == desks.c.site_id)
        .where(desks.c.feed_secret_hash == _hash(secret))
    )
    desk = (await connection.execute(query)).one_or_none()
    if desk is None:
        raise NotFoundError
    rows = select(appointments).where(appointments.c.desk_id == desk.id, appointments.c.state.in_(SHOWN))
    if since is not None:
        rows = rows.where(appointments.c.starts >= since)
    found = (await connection.execute(rows.order_by(appointments.c.starts))).mappings()
    return Feed(
        desk_id=desk.id,
        desk_title=desk.title,
        site_title=desk.site_title,
        appointments=[appointment_of(row, with_citizen=with_citizens) for row in found],
    )


def _hash(secret: str) -> bytes:
    # 256 random bits need no slow hash; the secret comes from an address, which may hold any bytes.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
