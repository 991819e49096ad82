"""Figures of what citizens thought of conversations, and of text messages that are paid for."""

from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.figures.centres import within
from bot.figures.model import Column, Figure, Total, Value, share, veiled
from bot.figures.period import Period, Scope
from bot.settings import get_settings
from bot.storage.tables import addresses, conversations, deliveries, feedback

_F, _D = feedback.c, deliveries.c


async def ratings(connection: AsyncConnection, period: Period, scope: Scope) -> tuple[Total, Figure]:
    """Thumbs up and down given in the period, by channel; the last word of each conversation."""
    first, after = period.moments()
    up, down = func.count().filter(_F.rating == "up"), func.count().filter(_F.rating == "down")
    query = (
        select(conversations.c.channel, up, down)
        .join(conversations, conversations.c.id == _F.conversation_id)
        .where(_F.changed_at >= first, _F.changed_at < after)
        .group_by(conversations.c.channel)
        .order_by(func.count().desc(), conversations.c.channel)
    )
    if scope.is_of_centres:
        query = query.where(within(scope, _F.conversation_id))
    found = (await connection.execute(query)).all()
    rows: list[tuple[Value, ...]] = []
    for channel, good, bad in found:
        told = veiled([good, bad], [good, bad], hidden=scope.is_of_centres)
        rows.append((channel, *told, share(good, good + bad) if told == [good, bad] else None))
    good, bad = sum(row[1] for row in found), sum(row[2] for row in found)
    total = veiled([good, bad], [good, bad], hidden=scope.is_of_centres)
    useful = share(good, good + bad) if total == [good, bad] else None
    return (
        Total(key="useful", title="Giudicate utili", kind="share", now=useful, better="more"),
        Figure(
            key="voti",
            title="Voti",
            columns=(
                Column("Canale", "channel"),
                Column("Utile"),
                Column("Non utile"),
                Column("Quota utile", "share"),
            ),
            rows=rows,
        ),
    )


async def text_messages(connection: AsyncConnection, period: Period, scope: Scope) -> tuple[list[Total], Figure]:
    """Parts of messages that left as SMS, the segments they are paid by, and what they cost if a price is set."""
    first, after = period.moments()
    month = func.date_trunc("month", func.timezone("Europe/Rome", _D.started_at))
    sent: list[ColumnElement[bool]] = [
        _D.channel == "sms",
        _D.segments.is_not(None),
        _D.started_at >= first,
        _D.started_at < after,
    ]
    query = select(month, func.count(), func.sum(_D.segments)).where(*sent).group_by(month).order_by(month)
    if scope.is_of_centres:
        query = query.join(addresses, addresses.c.id == _D.address_id)
        query = query.where(within(scope, addresses.c.conversation_id))
    price = get_settings().sms_segment_price
    rows: list[tuple[Value, ...]] = [
        (at.date(), parts, int(segments), *([float(segments * price)] if price is not None else []))
        for at, parts, segments in await connection.execute(query)
    ]
    segments = sum(int(row[2]) for row in rows if isinstance(row[2], int))
    totals = [Total(key="segments", title="Segmenti SMS", now=segments)]
    columns = [Column("Mese dal", "day"), Column("SMS partiti"), Column("Segmenti")]
    note = "Il costo non c'è: nella configurazione manca il prezzo di un segmento."
    if price is not None:
        cost = float(Decimal(segments) * price)
        totals.append(Total(key="cost", title="Costo degli SMS", kind="money", now=cost))
        columns.append(Column("Costo", "money"))
        note = f"Un segmento costa {str(price).replace('.', ',')} euro, come dice la configurazione."
    return totals, Figure(key="sms", title="SMS", columns=tuple(columns), rows=rows, drawn=2, by="columns", note=note)
