"""Reading and writing the transcript. Every function takes an open connection: the caller decides the transaction.

The statements of every message are made once: making one and looking up how it reads in SQL takes as long as running it.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Text, Uuid, and_, bindparam, column, func, insert, literal, select, text, true, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate
from sqlalchemy.sql.elements import BindParameter

from bot.conversations.attachments import keep, link_to
from bot.conversations.model import InboundMessage, Kind, Message, Parse, Reply, Sender, Waiting
from bot.privacy.showing import filled_in
from bot.settings import get_settings
from bot.storage.tables import conversations, incidents, messages

NEW_MESSAGES = "sportello_messages"
"""PostgreSQL notification channel; the payload is the conversation's id."""

SHOWN = (
    messages.c.id,
    messages.c.seq,
    messages.c.sender,
    messages.c.kind,
    messages.c.text,
    messages.c.payload,
    messages.c.buttons,
    messages.c.links,
    messages.c.in_reply_to,
    messages.c.created_at,
    messages.c.author,
    messages.c.channel_message_id,
    messages.c.sealed,
)


def hash_token(token: str) -> bytes:
    """What is stored of a bearer token. The token is 256 random bits, so a plain hash cannot be reversed."""
    # A header may hold any bytes; those that are no text arrive as lone surrogates.
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


async def open_conversation(connection: AsyncConnection, *, channel: str) -> tuple[UUID, str]:
    """Start a conversation; returns its id and the bearer token, which is not kept anywhere."""
    conversation_id, token = uuid4(), secrets.token_urlsafe(32)
    await connection.execute(
        insert(conversations).values(id=conversation_id, channel=channel, token_hash=hash_token(token))
    )
    return conversation_id, token


# Nobody has written for so long: to whoever has the token it is as if it were no longer there.
_NOT_EXPIRED = conversations.c.last_message_at > func.now() - func.make_interval(0, 0, 0, 0, bindparam("hours"))
_TOKEN_HASH = select(conversations.c.token_hash).where(conversations.c.id == bindparam("conversation"), _NOT_EXPIRED)


async def token_hash_of(connection: AsyncConnection, conversation_id: UUID) -> bytes | None:
    """The stored hash of the conversation's token, or None when there is no such conversation or it has expired."""
    values = {"conversation": conversation_id, "hours": get_settings().webchat_expiry_hours}
    return (await connection.execute(_TOKEN_HASH, values)).scalar_one_or_none()


def _advance(conversation_id: UUID | BindParameter[UUID]) -> ReturningUpdate[tuple[int]]:
    """Take the next sequence number. Locks the conversation's row until the transaction ends, so numbers appear in order."""
    return (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_seq=conversations.c.last_seq + 1, last_message_at=func.now())
        .returning(conversations.c.last_seq)
    )


def _store_inbound() -> ReturningInsert[Any]:
    """One statement: it locks the conversation's row, so nobody else can be storing the same message meanwhile."""
    conversation = bindparam("conversation", type_=Uuid)
    numbered = _advance(conversation).cte("numbered")
    row = {
        "id": bindparam("message", type_=Uuid),
        "conversation_id": conversation,
        "seq": numbered.c.last_seq,
        "sender": literal("citizen"),
        "text": bindparam("text", type_=Text),
        "payload": bindparam("payload", type_=Text),
        "channel_message_id": bindparam("channel_message", type_=Text),
    }
    return (
        pg_insert(messages)
        .from_select(list(row), select(*row.values()))
        .on_conflict_do_nothing(constraint="messages_received_once")
        # announced like every other message: the citizen may have the conversation open twice
        .returning(func.pg_notify(NEW_MESSAGES, messages.c.conversation_id.cast(Text)))
    )


_STORE_INBOUND = _store_inbound()


async def store_inbound(connection: AsyncConnection, message: InboundMessage) -> tuple[UUID, bool]:
    """Store a citizen's message once.

    Returns its id and whether it is new; the same `channel_message_id` again returns the first one's id.
    """
    text = message.text
    if message.payload is not None:
        text = await pressed_title(connection, message.conversation_id, message.payload) or message.text
    message_id = uuid4()
    values = {
        "message": message_id,
        "conversation": message.conversation_id,
        "text": text,
        "payload": message.payload,
        "channel_message": message.channel_message_id,
    }
    stored = await connection.execute(_STORE_INBOUND, values)
    if stored.first() is not None:
        return message_id, True
    # A repeated delivery leaves no hole in the numbers: the row is still locked.
    await connection.execute(
        update(conversations)
        .where(conversations.c.id == message.conversation_id)
        .values(last_seq=conversations.c.last_seq - 1)
    )
    known = select(messages.c.id).where(
        messages.c.conversation_id == message.conversation_id,
        messages.c.channel_message_id == message.channel_message_id,
    )
    return (await connection.execute(known)).scalar_one(), False


async def pressed_title(connection: AsyncConnection, conversation_id: UUID, payload: str) -> str:
    """The words on the button last shown with this payload, so that the transcript reads as the citizen saw it."""
    button = func.jsonb_array_elements(messages.c.buttons).table_valued(column("value", JSONB)).render_derived()
    query = (
        select(button.c.value["title"].astext)
        .select_from(messages)
        .join(button, true())
        .where(messages.c.conversation_id == conversation_id, button.c.value["payload"].astext == payload)
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none() or ""


_before = messages.alias("before")
_SHOWN_LAST = (
    select(_before.c.buttons)
    .where(_before.c.conversation_id == messages.c.conversation_id, _before.c.seq < messages.c.seq)
    .where(_before.c.sender != "citizen", _before.c.kind == "message")
    .order_by(_before.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_WAITING = (
    select(
        messages.c.id,
        messages.c.conversation_id,
        messages.c.text,
        messages.c.payload,
        conversations.c.owner,
        conversations.c.channel,
        messages.c.answered_at.is_not(None).label("answered"),
        conversations.c.expects,
        func.coalesce(_SHOWN_LAST, literal([], JSONB)).label("choices"),
    )
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(messages.c.id == bindparam("message"))
)


async def waiting_message(connection: AsyncConnection, message_id: UUID) -> Waiting | None:
    """The message to answer, or None when it was erased meanwhile."""
    row = (await connection.execute(_WAITING, {"message": message_id})).mappings().one_or_none()
    return Waiting(**row) if row else None


async def is_from_citizen(connection: AsyncConnection, conversation_id: UUID, message: str) -> bool:
    """Whether a text is the id of a message that the citizen wrote in this conversation."""
    try:
        wanted = UUID(message)
    except ValueError:
        return False
    mine = (messages.c.id == wanted, messages.c.conversation_id == conversation_id, messages.c.sender == "citizen")
    return (await connection.execute(select(messages.c.id).where(*mine))).first() is not None


async def add_outgoing(
    connection: AsyncConnection,
    conversation_id: UUID,
    replies: Iterable[Reply],
    *,
    in_reply_to: UUID | None = None,
    sender: Sender = "bot",
    kind: Kind = "message",
    author: str | None = None,
) -> None:
    """Append messages to a conversation and tell whoever is listening, when the transaction commits.

    `author`: the name by which the citizen knows the operator who writes.
    """
    for reply in replies:
        seq = (await connection.execute(_advance(conversation_id))).scalar_one()
        message_id, attachment_id = uuid4(), uuid4()
        links = [*reply.links, *([link_to(attachment_id, reply.attachment)] if reply.attachment else [])]
        await connection.execute(
            insert(messages).values(
                id=message_id,
                conversation_id=conversation_id,
                seq=seq,
                sender=sender,
                kind=kind,
                author=author,
                text=reply.text,
                buttons=[asdict(button) for button in reply.buttons],
                links=[asdict(link) for link in links],
                in_reply_to=in_reply_to,
            )
        )
        if reply.attachment:
            await keep(connection, attachment_id, message_id, reply.attachment)
    await connection.execute(select(func.pg_notify(NEW_MESSAGES, str(conversation_id))))


async def last_message_id(connection: AsyncConnection, conversation_id: UUID) -> UUID:
    """The message said last in a conversation that has one."""
    last = select(conversations.c.last_seq).where(conversations.c.id == conversation_id).scalar_subquery()
    query = select(messages.c.id).where(messages.c.conversation_id == conversation_id, messages.c.seq == last)
    found: UUID = (await connection.execute(query)).scalar_one()
    return found


_STORE_ANSWER = text("""
WITH turn AS (
    SELECT id FROM conversations WHERE id = :conversation AND owner = 'bot' FOR UPDATE
), claimed AS (
    UPDATE messages SET answered_at = clock_timestamp()
    FROM turn WHERE messages.id = :message AND messages.conversation_id = turn.id AND answered_at IS NULL
    RETURNING messages.conversation_id
), understood AS (
    INSERT INTO parses (message_id, intent, confidence, fallback, entities, ranking, model, actions)
    SELECT :message, parse.* FROM claimed, jsonb_to_record(:parse) AS parse (
        intent text, confidence double precision, fallback boolean,
        entities jsonb, ranking jsonb, model text, actions text[]
    )
    WHERE :parse IS NOT NULL
    ON CONFLICT DO NOTHING
), numbered AS (
    UPDATE conversations
    SET last_seq = last_seq + jsonb_array_length(:replies), last_message_at = now(), expects = :expects
    FROM claimed WHERE conversations.id = claimed.conversation_id
    RETURNING conversations.id, last_seq - jsonb_array_length(:replies) AS before
), said AS (
    INSERT INTO messages (id, conversation_id, seq, sender, text, buttons, links, in_reply_to)
    SELECT CAST(reply->>'id' AS uuid), numbered.id, before + place, 'bot',
           reply->>'text', reply->'buttons', reply->'links', :message
    FROM numbered, jsonb_array_elements(:replies) WITH ORDINALITY AS replies (reply, place)
)
SELECT pg_notify(:channel, CAST(conversation_id AS text)) FROM claimed
""").bindparams(
    bindparam("conversation", type_=Uuid),
    bindparam("message", type_=Uuid),
    bindparam("parse", type_=JSONB(none_as_null=True)),
    bindparam("replies", type_=JSONB),
    bindparam("expects", type_=Text),
    bindparam("channel", type_=Text),
)


async def store_answer(
    connection: AsyncConnection, waiting: Waiting, replies: Sequence[Reply], parse: Parse | None
) -> bool:
    """Store the answer to a message once, in one statement.

    False, and nothing written, when it was answered already, or when a person has taken the conversation meanwhile:
    whose turn it is is looked at when the answer leaves, not when the question came.
    """
    values = {
        "conversation": waiting.conversation_id,
        "message": waiting.id,
        "parse": None if parse is None else asdict(parse),
        "replies": [{"id": str(uuid4()), **asdict(reply)} for reply in replies],
        "expects": next((reply.expects for reply in reversed(replies) if reply.expects), None),
        "channel": NEW_MESSAGES,
    }
    return (await connection.execute(_STORE_ANSWER, values)).first() is not None


_IS_AFTER = and_(messages.c.conversation_id == bindparam("conversation", type_=Uuid), messages.c.seq > bindparam("seq"))
_MESSAGES_AFTER = select(*SHOWN).where(_IS_AFTER).order_by(messages.c.seq).limit(bindparam("most"))
_TOKEN_HASH_AND_MESSAGES_AFTER = (
    select(conversations.c.token_hash, *SHOWN)
    .select_from(conversations)
    .outerjoin(messages, _IS_AFTER)
    .where(conversations.c.id == bindparam("conversation", type_=Uuid), _NOT_EXPIRED)
    .order_by(messages.c.seq)
    .limit(bindparam("most"))
)
MOST_AT_ONCE = 200


async def messages_after(connection: AsyncConnection, conversation_id: UUID, seq: int) -> list[Message]:
    """The conversation's messages with a greater sequence number, oldest first, the first 200."""
    values = {"conversation": conversation_id, "seq": seq, "most": MOST_AT_ONCE}
    rows = [dict(row) for row in (await connection.execute(_MESSAGES_AFTER, values)).mappings()]
    return await _as_shown(connection, conversation_id, rows)


async def token_hash_and_messages_after(
    connection: AsyncConnection, conversation_id: UUID, seq: int
) -> tuple[bytes | None, list[Message]]:
    """What `token_hash_of` and `messages_after` give, asked at once."""
    hours = get_settings().webchat_expiry_hours
    values = {"conversation": conversation_id, "seq": seq, "most": MOST_AT_ONCE, "hours": hours}
    rows = [dict(row) for row in (await connection.execute(_TOKEN_HASH_AND_MESSAGES_AFTER, values)).mappings()]
    hashes = [row.pop("token_hash") for row in rows]
    found = await _as_shown(connection, conversation_id, [row for row in rows if row["id"] is not None])
    return (hashes[0] if hashes else None), found


async def _as_shown(
    connection: AsyncConnection, conversation_id: UUID, rows: Sequence[dict[str, Any]]
) -> list[Message]:
    """Rows as messages, personal data as the citizen wrote them."""
    shown = await filled_in(connection, conversation_id, [(row["text"], row.pop("sealed")) for row in rows])
    return [Message(**(row | {"text": text})) for row, text in zip(rows, shown, strict=True)]


async def add_late_notices(connection: AsyncConnection, *, after_seconds: float, reply: Reply) -> int:
    """Say `reply` once in each conversation whose oldest unanswered message has waited longer than `after_seconds`.

    Returns how many conversations were told. A conversation is told again only about a later wait.
    """
    notices = messages.alias("notices")
    told = select(literal(1)).where(notices.c.in_reply_to == messages.c.id, notices.c.kind == "notice").exists()
    late = (
        select(messages.c.conversation_id, messages.c.id, told.label("told"))
        .ext(distinct_on(messages.c.conversation_id))
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.sender == "citizen",
            messages.c.answered_at.is_(None),
            conversations.c.owner == "bot",
            messages.c.created_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, after_seconds),
        )
        .order_by(messages.c.conversation_id, messages.c.seq)
    )
    count = 0
    for row in (await connection.execute(late)).all():
        if row.told:
            continue
        # Another worker may be telling, or answering, right now: look again once the conversation is ours alone.
        own = select(conversations.c.id).where(conversations.c.id == row.conversation_id).with_for_update()
        await connection.execute(own)
        still = select(messages.c.id).where(messages.c.id == row.id, messages.c.answered_at.is_(None), ~told)
        if (await connection.execute(still)).scalar_one_or_none() is not None:
            await add_outgoing(connection, row.conversation_id, [reply], in_reply_to=row.id, kind="notice")
            count += 1
    return count


async def record_incident(connection: AsyncConnection, *, message_id: UUID | None, where: str, what: str) -> int:
    """Keep a failure for the operators; returns the number that the citizen can quote."""
    statement = insert(incidents).values(message_id=message_id, where=where, what=what[:2000]).returning(incidents.c.id)
    return int((await connection.execute(statement)).scalar_one())
