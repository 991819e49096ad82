"""The tables of the transcript. Alembic migrations create them; this module is what queries are written against."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    FetchedValue,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("sample", Boolean, nullable=False, server_default="false"),  # made up: nothing said in it leaves
    Column("token_hash", LargeBinary),  # web chat: SHA-256 of the bearer token, never the token
    # the private answer asked for last: the next message is looked at for it before the dialogue sees it
    Column("expects", Text),  # name | contact | codice_fiscale | surname | phone | question
    Column("owner", Text, nullable=False, server_default="bot"),  # bot | operator: who answers the next message
    Column("operator_name", Text),  # as the operator who has the conversation is called towards the citizen
    Column("operator_typing_until", DateTime(timezone=True)),
    Column("citizen_typing_until", DateTime(timezone=True)),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_message_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("sender", Text, nullable=False),  # citizen | bot | operator
    Column("author", Text),  # the operator's name, as the citizen reads it
    Column("kind", Text, nullable=False, server_default="message"),  # message | notice (answer delayed)
    Column("text", Text, nullable=False, server_default=""),
    Column("sealed", LargeBinary),  # what was written, when it was personal data asked for; `text` then only names it
    Column("payload", Text),  # the button pressed, for a citizen's message without words
    Column("buttons", JSONB, nullable=False, server_default="[]"),
    Column("links", JSONB, nullable=False, server_default="[]"),
    Column("channel_message_id", Text),
    Column("in_reply_to", Uuid, ForeignKey("messages.id", ondelete="CASCADE")),
    # said on this channel because it could not be, or might not be seen, on another
    Column("instead_of", Uuid, ForeignKey("messages.id", ondelete="SET NULL"), unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("answered_at", DateTime(timezone=True)),
    # stored | queued | sent | delivered | read | failed | unknown | undeliverable
    Column("delivery", Text, nullable=False, server_default="stored"),
    Column("words", TSVECTOR, FetchedValue()),  # made by the database, for searching
    UniqueConstraint("conversation_id", "seq", name="messages_in_order"),
    UniqueConstraint("conversation_id", "channel_message_id", name="messages_received_once"),
    Index("messages_waiting", "created_at", postgresql_where=text("sender = 'citizen' AND answered_at IS NULL")),
)

# What a citizen thought of a conversation, the last word of it.
feedback = Table(
    "feedback",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("rating", Text, nullable=False),  # up | down
    Column("comment", Text, nullable=False, server_default=""),  # personal data masked
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

parses = Table(
    "parses",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("intent", Text),
    Column("confidence", Float),
    Column("fallback", Boolean, nullable=False),
    Column("entities", JSONB, nullable=False, server_default="[]"),
    Column("ranking", JSONB, nullable=False, server_default="[]"),
    Column("model", Text),  # which trained model understood it so
    Column("actions", ARRAY(Text), nullable=False, server_default="{}"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# Personal data the assistant asked for, sealed, while it needs them.
private_answers = Table(
    "private_answers",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # name | contact | codice_fiscale | surname
    Column("sealed", LargeBinary, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# People's addresses on channels that are written to.
addresses = Table(
    "addresses",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("address_hash", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("opted_out_at", DateTime(timezone=True)),
    Column("blocked_at", DateTime(timezone=True)),
    Column("last_inbound_at", DateTime(timezone=True)),
    # an answer cut short, whose rest may be asked for
    Column("more_message_id", Uuid, ForeignKey("messages.id", ondelete="SET NULL")),
    Column("more_from", Integer),
    Column("more_part", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("channel", "address_hash"),
)

# Messages on their way out. A trigger on `messages` fills it; a row goes when its message left or cannot leave.
outbox = Table(
    "outbox",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("from_char", Integer, nullable=False, server_default="0"),
    # the number of the first part still to send: the rest of a message goes on counting
    Column("first_part", Integer, nullable=False, server_default="0"),
    Column("not_before", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

# What became of each part of a message; written before the provider is called, and again after.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address_id", Uuid, ForeignKey("addresses.id", ondelete="SET NULL")),
    # sending | again | queued (at the provider) | sent | delivered | read | failed | unknown | undeliverable
    Column("state", Text, nullable=False),
    Column("provider_id", Text),
    Column("attempts", Integer, nullable=False, server_default="1"),
    Column("segments", Integer),
    Column("error_code", Text),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    UniqueConstraint("message_id", "part"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE")),
    Column("where", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
