"""What became of messages that were never sent: parts, segments, receipts, and now and then a failure."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from bot.conversations.model import Button, Link
from bot.storage.tables import deliveries
from channels.capabilities import CHANNELS
from channels.render import render
from console.demo.ids import new_id
from console.demo.rows import Rows

ENDINGS: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "telegram": (("sent",), (1,)),
    "whatsapp": (("read", "delivered", "sent"), (74, 22, 4)),
    "sms": (("delivered", "sent"), (96, 4)),
}
FAILURES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "telegram": (("failed", "403", "bot was blocked by the user"), ("unknown", "timeout", "nessuna risposta")),
    "whatsapp": (("failed", "63016", "fuori dalla finestra di 24 ore"), ("failed", "63024", "destinatario non valido")),
    "sms": (("failed", "30003", "telefono non raggiungibile"), ("failed", "30006", "il numero non riceve SMS")),
}


def delivered(
    rows: Rows, chance: Random, channel: str, said: list[dict[str, Any]], address_id: UUID, *, fails: bool
) -> None:
    """Note on each outgoing message how its parts ended; with `fails`, the last one did not arrive."""
    outgoing = [row for row in said if row["sender"] != "citizen"]
    for row in outgoing:
        failure = chance.choice(FAILURES[channel]) if fails and row is outgoing[-1] else None
        states, weights = ENDINGS[channel]
        state = failure[0] if failure else chance.choices(states, weights)[0]
        buttons = [Button(**one) for one in row["buttons"]]
        parts = render(row["text"], buttons, [Link(**one) for one in row["links"]], CHANNELS[channel]).parts
        for number, part in enumerate(parts):
            rows.add(
                deliveries,
                id=new_id(chance),
                message_id=row["id"],
                part=number,
                channel=channel,
                address_id=address_id,
                state=state,
                provider_id=f"esempio-{chance.getrandbits(96):024x}",
                attempts=2 if chance.random() < 0.01 else 1,
                segments=part.segments,
                error_code=failure[1] if failure else None,
                error=failure[2] if failure else None,
                started_at=row["created_at"],
                changed_at=row["created_at"] + timedelta(seconds=chance.uniform(0.5, 40)),
            )
        row["delivery"] = state
