"""One conversation as an operator reads it: what was said, how it was understood, what was done, what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.agenda.tables import appointments
from bot.conversations.attachments import linked
from bot.conversations.desk_tables import handoffs
from bot.conversations.promises import Promise, open_promise
from bot.conversations.uploads import size_words
from bot.privacy.answers import SHOWN
from bot.privacy.masking import mask
from bot.privacy.showing import PLACEHOLDERS, filled_in
from bot.storage.tables import conversations, feedback
from console.harmless import harmless
from console.operators import Operator
from console.tables import accounts, audit, notes, reads, summaries, tags, work
from console.transcripts.summaries import summarise

_MESSAGES = text("""
SELECT m.id, m.seq, m.sender, m.author, m.kind, m.text, m.sealed, m.payload, m.buttons, m.links, m.in_reply_to,
       m.created_at, m.answered_at, m.delivery, p.intent, p.confidence, p.fallback, p.entities, p.ranking, p.model, p.actions,
       (SELECT jsonb_agg(jsonb_build_object('part', d.part, 'channel', d.channel, 'state', d.state, 'attempts', d.attempts,
                                            'error_code', d.error_code, 'at', d.changed_at) ORDER BY d.part)
        FROM deliveries d WHERE d.message_id = m.id) AS deliveries,
       (SELECT array_agg(i.id ORDER BY i.id) FROM incidents i WHERE i.message_id = m.id) AS incidents,
       (SELECT jsonb_build_object('id', a.id, 'name', a.name, 'size', a.size)
        FROM attachments a WHERE a.message_id = m.id) AS attachment,
       (SELECT flagged_by FROM review_flags f WHERE f.message_id = m.id) AS flagged_by
FROM messages m LEFT JOIN parses p ON p.message_id = m.id
WHERE m.conversation_id = :conversation
ORDER BY m.seq
""")


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """Everything one page shows. `clear`: personal data are as they were written."""

    id: UUID
    about: RowMapping
    messages: list[dict[str, Any]]
    appointments: Sequence[RowMapping]
    handoffs: Sequence[RowMapping]
    notes: Sequence[RowMapping]
    tags: list[str]
    clear: bool
    promise: Promise | None = None  # a question left that waits for its answer


async def about_conversation(
    connection: AsyncConnection, conversation_id: UUID, operator: Operator
) -> RowMapping | None:
    """The head of a conversation; None when there is none, or it is of a centre the operator does not see."""
    missing = select(summaries.c.conversation_id).where(summaries.c.conversation_id == conversation_id)
    if (await connection.execute(missing)).first() is None:
        # Opened in the moment before the console summed it up.
        await summarise(connection, [conversation_id])
    talking = (
        select(handoffs.c.operator)
        .where(handoffs.c.conversation_id == summaries.c.conversation_id, handoffs.c.state == "taken")
        .scalar_subquery()
    )
    query = (
        select(
            summaries,
            conversations.c.sample,
            conversations.c.owner,
            conversations.c.operator_name,
            conversations.c.last_seq,
            work.c.assigned_to,
            work.c.centre.label("chosen_centre"),
            work.c.outcome.label("chosen_outcome"),
            accounts.c.name.label("assigned_name"),
            feedback.c.rating,
            feedback.c.comment,
            talking.label("held_by"),
        )
        .join(conversations, conversations.c.id == summaries.c.conversation_id)
        .outerjoin(work, work.c.conversation_id == summaries.c.conversation_id)
        .outerjoin(accounts, accounts.c.id == work.c.assigned_to)
        .outerjoin(feedback, feedback.c.conversation_id == summaries.c.conversation_id)
        .where(summaries.c.conversation_id == conversation_id)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return row if row is not None and operator.sees_centre(row["centre"]) else None


async def read_conversation(connection: AsyncConnection, about: RowMapping, *, clear: bool = False) -> Transcript:
    """The whole conversation. Unless `clear`, personal data are masked and sealed messages show their kind only."""
    conversation_id: UUID = about["conversation_id"]
    own = {"conversation": conversation_id}
    rows = [dict(row) for row in (await connection.execute(_MESSAGES, own)).mappings()]
    await _shown(connection, conversation_id, rows, clear=clear)
    done = select(appointments).where(appointments.c.conversation_id == conversation_id)
    people = select(handoffs).where(handoffs.c.conversation_id == conversation_id)
    written = select(notes).where(notes.c.conversation_id == conversation_id).order_by(notes.c.created_at)
    tagged = select(tags.c.tag).where(tags.c.conversation_id == conversation_id).order_by(tags.c.tag)
    return Transcript(
        id=conversation_id,
        about=about,
        messages=rows,
        appointments=(await connection.execute(done.order_by(appointments.c.created_at))).mappings().all(),
        handoffs=(await connection.execute(people.order_by(handoffs.c.requested_at))).mappings().all(),
        notes=(await connection.execute(written)).mappings().all(),
        tags=list((await connection.execute(tagged)).scalars()),
        clear=clear,
        promise=await open_promise(connection, conversation_id),
    )


_SAID = text("""
SELECT m.conversation_id, m.id, m.seq, m.sender, m.author, m.kind, m.text, m.sealed, m.payload, m.buttons, m.links,
       m.created_at, m.delivery, p.intent, p.confidence, p.fallback, p.entities, p.ranking, p.actions,
       (SELECT jsonb_build_object('id', a.id, 'name', a.name, 'size', a.size)
        FROM attachments a WHERE a.message_id = m.id) AS attachment
FROM messages m LEFT JOIN parses p ON p.message_id = m.id
WHERE m.conversation_id = ANY(:ids)
ORDER BY m.conversation_id, m.seq
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def read_words(connection: AsyncConnection, abouts: Sequence[RowMapping], *, clear: bool) -> list[Transcript]:
    """What was said in many conversations, with their tags alone: for files, read together instead of one by one."""
    ids = [about["conversation_id"] for about in abouts]
    said: dict[UUID, list[dict[str, Any]]] = {one: [] for one in ids}
    for row in (await connection.execute(_SAID, {"ids": ids})).mappings():
        said[row["conversation_id"]].append(dict(row))
    tagged: dict[UUID, list[str]] = {one: [] for one in ids}
    query = select(tags.c.conversation_id, tags.c.tag).where(tags.c.conversation_id.in_(ids)).order_by(tags.c.tag)
    for found in await connection.execute(query):
        tagged[found.conversation_id].append(found.tag)
    for one in ids:
        await _shown(connection, one, said[one], clear=clear)
    return [
        Transcript(
            id=about["conversation_id"],
            about=about,
            messages=said[about["conversation_id"]],
            appointments=(),
            handoffs=(),
            notes=(),
            tags=tagged[about["conversation_id"]],
            clear=clear,
        )
        for about in abouts
    ]


async def _shown(
    connection: AsyncConnection, conversation_id: UUID, rows: list[dict[str, Any]], *, clear: bool
) -> None:
    if clear:
        texts = await filled_in(connection, conversation_id, [(row["text"], row["sealed"]) for row in rows])
    else:
        texts = [masked(row["text"]) for row in rows]
    for row, said in zip(rows, texts, strict=True):
        row["is_sealed"] = row.pop("sealed") is not None
        row["text"] = harmless(said)
        row["payload"] = harmless(row["payload"] if clear else mask(row["payload"])) if row["payload"] else None
        for entity in row["entities"] or []:
            entity["value"] = harmless(str(entity.get("value")) if clear else mask(str(entity.get("value"))))
        _show_attachment(row, clear=clear)
        row["ranking"] = [one for one in row["ranking"] or [] if one.get("name") != row["intent"]][:3]


def _show_attachment(row: dict[str, Any], *, clear: bool) -> None:
    """Its name and size, in place of the address that is the citizen's: who reads here is logged."""
    found = row["attachment"]
    if found:
        found["name"] = harmless(found["name"] if clear else mask(found["name"]))
        found["size"] = size_words(found["size"])
        row["links"] = [one for one in row["links"] if linked(one["url"]) != UUID(found["id"])]


def masked(text: str) -> str:
    """A stored text without personal data."""
    for placeholder, kind in PLACEHOLDERS.items():
        text = text.replace(placeholder, f"({SHOWN[kind]})")
    return mask(text)


async def mark_read(connection: AsyncConnection, operator: Operator, conversation_id: UUID, seq: int) -> None:
    """The operator has read up to this message."""
    row = insert(reads).values(account_id=operator.id, conversation_id=conversation_id, seq=seq)
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=["account_id", "conversation_id"],
            set_={"seq": func.greatest(reads.c.seq, row.excluded.seq)},
        )
    )


async def logged_lately(connection: AsyncConnection, operator: Operator, subject: str) -> bool:
    """Whether this operator's reading of the same was logged in the last ten minutes."""
    lately = audit.c.at > func.now() - func.make_interval(0, 0, 0, 0, 0, 10)
    mine = (audit.c.account_id == operator.id, audit.c.subject == subject, audit.c.action == "lettura")
    return (await connection.execute(select(audit.c.seq).where(*mine, lately).limit(1))).first() is not None
