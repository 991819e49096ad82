"""The audit log: who read, exported or changed what. Each entry is chained to the one before with the system's secret.

An entry that is changed, taken out, put in or reordered breaks the chain; one cut off at the end disagrees with the head.
Without the secret nobody can mend either. Free text (reasons, words searched for) is sealed in `note`, of which the chain
holds a keyed hash: it can be erased when the person it names asks for it, and the chain still holds.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.privacy.sealing import SealError, fingerprint, fingerprints, seal, unseal
from console.operators import Operator
from console.tables import audit, audit_head

ENTRY, NOTE, HEAD = "console audit", "console audit note", "console audit head"
START = b""
NOBODY = "sistema"


async def record(
    connection: AsyncConnection,
    operator: Operator | None,
    action: str,
    subject: str = "",
    *,
    note: str = "",
    **detail: object,
) -> int:
    """Add an entry; it is kept if the caller's transaction is. Returns its number.

    `subject` names what was read or changed, as `conversation:<id>`. `detail` holds no words of citizens: those, and
    reasons that may quote them, go into `note`. Entries are added one at a time: record last in a transaction.
    """
    await connection.execute(pg_insert(audit_head).values(id=True, seq=0, mac=START).on_conflict_do_nothing())
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    before = START
    if head.seq:
        before = (await connection.execute(select(audit.c.mac).where(audit.c.seq == head.seq))).scalar_one()
    row: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": datetime.now(UTC),
        "account_id": operator.id if operator else None,
        "account": operator.username if operator else NOBODY,
        "action": action,
        "subject": subject,
        "detail": detail,
        "note": seal(note) if note else None,
        "note_mac": fingerprint(NOTE, note) if note else None,
    }
    row["mac"] = fingerprint(ENTRY, _canonical(row, before))
    await connection.execute(insert(audit).values(row))
    mac = fingerprint(HEAD, _head(row["seq"], row["mac"]))
    await connection.execute(update(audit_head).values(seq=row["seq"], mac=mac))
    return int(row["seq"])


def _canonical(row: Mapping[str, Any] | RowMapping, before: bytes) -> str:
    parts = [
        row["seq"],
        row["at"].astimezone(UTC).isoformat(),
        str(row["account_id"] or ""),
        row["account"],
        row["action"],
        row["subject"],
        row["detail"],
        (row["note_mac"] or b"").hex(),
        before.hex(),
    ]
    return json.dumps(parts, sort_keys=True, ensure_ascii=True)


def _head(seq: int, mac: bytes) -> str:
    return f"{seq}:{mac.hex()}"


def opened_note(row: RowMapping) -> str:
    """The free text of an entry; says so when it was erased."""
    if row["note_mac"] is None:
        return ""
    if row["note"] is None:
        return "(cancellato)"
    try:
        return unseal(row["note"])
    except SealError:
        return "(cifrato con un'altra chiave)"


def anchor(seq: int, mac: bytes) -> str:
    """What can be written down elsewhere, to prove later that nothing up to this entry was lost or rewritten."""
    return f"{seq}:{mac.hex()[:16]}"


async def verify(connection: AsyncConnection, *, expected: str = "") -> tuple[list[str], str]:
    """Walk the whole chain. Returns what is wrong, in Italian, and the anchor of the last entry.

    `expected`: an anchor written down before.
    """
    wrong: list[str] = []
    before, seq, passed = START, 0, not expected
    rows = await connection.stream(select(audit).order_by(audit.c.seq))
    async for row in rows.mappings():
        if row["seq"] != seq + 1:
            wrong.append(f"dopo la voce {seq} c'è la {row['seq']}: mancano voci")
        wrong += _wrong_in(row, before)
        before, seq = row["mac"], row["seq"]
        passed = passed or anchor(seq, before) == expected
    head = (await connection.execute(select(audit_head))).one_or_none()
    if head is None and seq:
        wrong.append("manca la testa della catena")
    elif head is not None and not _fits(HEAD, _head(seq, before), head.mac) and (seq or head.seq):
        wrong.append(
            f"la catena finisce alla voce {seq}, ma la testa ne conta {head.seq}: la fine è stata tolta o cambiata"
        )
    if not passed:
        wrong.append(f"il punto {expected} non è nella catena: è stata riscritta o accorciata")
    return wrong, anchor(seq, before)


def _wrong_in(row: RowMapping, before: bytes) -> list[str]:
    wrong = []
    if not _fits(ENTRY, _canonical(row, before), row["mac"]):
        wrong.append(f"voce {row['seq']}: è stata cambiata, o quella prima di lei")
    if row["note"] is not None:
        try:
            kept = row["note_mac"] is not None and _fits(NOTE, unseal(row["note"]), row["note_mac"])
        except SealError:
            kept = False
        if not kept:
            wrong.append(f"voce {row['seq']}: la nota non è quella scritta allora")
    return wrong


def _fits(purpose: str, text: str, mac: bytes) -> bool:
    return any(hmac.compare_digest(one, mac) for one in fingerprints(purpose, text))


async def erase_notes(connection: AsyncConnection, subject: str) -> int:
    """Take out the free texts of entries about a subject; the entries stay. Returns how many."""
    statement = update(audit).where(audit.c.subject == subject, audit.c.note.is_not(None)).values(note=None)
    return (await connection.execute(statement)).rowcount


async def entries(
    connection: AsyncConnection,
    *,
    before: int | None = None,
    subject: str = "",
    account_id: UUID | None = None,
    action: str = "",
    most: int = 100,
) -> list[RowMapping]:
    """The newest entries, those before a number if given."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(most)
    if before is not None:
        query = query.where(audit.c.seq < before)
    if subject:
        query = query.where(audit.c.subject == subject)
    if account_id is not None:
        query = query.where(audit.c.account_id == account_id)
    if action:
        query = query.where(audit.c.action == action)
    return list((await connection.execute(query)).mappings())
