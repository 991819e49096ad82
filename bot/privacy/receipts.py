"""Receipts of erasures: a number, when, how many of what, and a signature that only this system can make."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.codes import new_code
from bot.privacy.sealing import fingerprint, fingerprints
from bot.privacy.tables import erasures

PURPOSE = "erasure receipt"

TITLES: dict[str, str] = {
    "conversations": "conversazioni",
    "messages": "messaggi",
    "understood": "letture dei messaggi",
    "private_answers": "dati chiesti (nome, contatto, codice fiscale)",
    "addresses": "numeri e indirizzi dei canali",
    "deliveries": "esiti di consegna",
    "attachments": "file allegati",
    "handoffs": "richieste di una persona",
    "call_backs": "richieste di chiamata",
    "promises": "domande lasciate",
    "appointments": "appuntamenti resi anonimi",
    "cancelled": "appuntamenti futuri disdetti",
    "waiting": "posti in lista d'attesa",
    "dialogue_events": "passi del dialogo automatico",
    "jobs": "lavori in coda",
}
"""What an erasure counts, as people read it."""
KEPT = "stops_kept"
STOP_KEPT = (
    "un'impronta cifrata dell'indirizzo che ha scritto STOP. Serve a non scrivergli mai più per primi, "
    "e da sola non dice di chi è."
)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was erased, without a word about whom."""

    number: str
    asked_by: str
    asked_at: datetime
    done_at: datetime
    erased: Mapping[str, int]
    signature: bytes

    @property
    def is_genuine(self) -> bool:
        """Whether this system signed exactly this."""
        signed = _signed(self.number, self.asked_by, self.asked_at, self.done_at, self.erased)
        return any(compare_digest(self.signature, one) for one in fingerprints(PURPOSE, signed))


def new_number(now: datetime) -> str:
    """A number such as `RC-2026-A7K3F9`."""
    return f"RC-{now.year}-{new_code().replace('-', '')}"


def sign(number: str, asked_by: str, asked_at: datetime, done_at: datetime, erased: Mapping[str, int]) -> bytes:
    """The signature of a receipt."""
    return fingerprint(PURPOSE, _signed(number, asked_by, asked_at, done_at, erased))


async def read_receipt(connection: AsyncConnection, number: str) -> Receipt | None:
    """The receipt of that number, however it was typed; None when there is none or the erasure is still to be done."""
    query = select(erasures).where(erasures.c.number == number.strip().upper(), erasures.c.done_at.is_not(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    kept = ("number", "asked_by", "asked_at", "done_at", "erased", "signature")
    return Receipt(**{name: row[name] for name in kept})


def in_words(erased: Mapping[str, int]) -> list[str]:
    """`12 messaggi`, one a line, without what was not there."""
    return [f"{count} {TITLES.get(kind, kind)}" for kind, count in erased.items() if count and kind != KEPT]


def kept_in_words(erased: Mapping[str, int]) -> str:
    """What an erasure leaves, and why; empty when it leaves nothing."""
    return STOP_KEPT if erased.get(KEPT) else ""


def _signed(number: str, asked_by: str, asked_at: datetime, done_at: datetime, erased: Mapping[str, int]) -> str:
    times = [moment.astimezone(UTC).isoformat(timespec="microseconds") for moment in (asked_at, done_at)]
    return json.dumps([number, asked_by, *times, sorted(erased.items())], separators=(",", ":"))
