"""The console's tables, as queries are written against them; migration 0006 makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bot.storage.tables import metadata

MOMENT = DateTime(timezone=True)

accounts = Table(
    "console_accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False),  # what citizens and colleagues read
    Column("role", Text, nullable=False),
    Column("centres", ARRAY(Text), nullable=False, server_default="{}"),  # empty: every centre
    Column("password_hash", Text),  # argon2id; null: none chosen yet, or only the corporate identity
    Column("totp_sealed", LargeBinary),
    Column("totp_step", BigInteger),  # the last code taken: none is taken twice
    Column("recovery_hashes", ARRAY(LargeBinary), nullable=False, server_default="{}"),
    Column("oidc_issuer", Text),
    Column("oidc_subject", Text),
    Column("sample", Boolean, nullable=False, server_default="false"),  # to look at the console with
    Column("disabled_at", MOMENT),
    Column("last_login_at", MOMENT),
    Column("created_at", MOMENT, nullable=False, server_default=func.now()),
)

sessions = Table(
    "console_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("console_accounts.id", ondelete="CASCADE"), nullable=False),
    Column("stage", Text, nullable=False),  # password: the second factor is still owed | full
    Column("created_at", MOMENT, nullable=False, server_default=func.now()),
    Column("seen_at", MOMENT, nullable=False, server_default=func.now()),
)

# One-time links: the first set-up (no account), or choosing one's password.
links = Table(
    "console_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("console_accounts.id", ondelete="CASCADE")),
    Column("created_at", MOMENT, nullable=False, server_default=func.now()),
    Column("expires_at", MOMENT, nullable=False),
)

tries = Table(
    "console_tries",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # keyed hash of an account's name or a network address
    Column("failures", Integer, nullable=False),
    Column("last_at", MOMENT, nullable=False, server_default=func.now()),
)

audit = Table(
    "console_audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", MOMENT, nullable=False),
    Column("account_id", Uuid),
    Column("account", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("note", LargeBinary),  # sealed free text; can be erased without breaking the chain
    Column("note_mac", LargeBinary),
    Column("mac", LargeBinary, nullable=False),
)

audit_head = Table(
    "console_audit_head",
    metadata,
    Column("id", Boolean, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

summaries = Table(
    "console_summaries",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("last_message_at", MOMENT, nullable=False),
    Column("through_seq", Integer, nullable=False),
    Column("citizen_messages", Integer, nullable=False),
    Column("topic", Text),  # the last intent understood
    Column("intents", ARRAY(Text), nullable=False),
    Column("fallback", Boolean, nullable=False),
    Column("min_confidence", Float),
    Column("centre", Text),  # chosen by an operator, else of the appointment, else asked about
    Column("appointment", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
)

work = Table(
    "console_work",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("assigned_to", Uuid, ForeignKey("console_accounts.id", ondelete="SET NULL")),
    Column("assigned_at", MOMENT),
    Column("centre", Text),
    Column("outcome", Text),
)

notes = Table(
    "console_notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Uuid, ForeignKey("console_accounts.id", ondelete="SET NULL")),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", MOMENT, nullable=False, server_default=func.now()),
)

tags = Table(
    "console_tags",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("account_id", Uuid, ForeignKey("console_accounts.id", ondelete="SET NULL")),
    Column("created_at", MOMENT, nullable=False, server_default=func.now()),
)

# Up to which message each operator has read a conversation.
reads = Table(
    "console_reads",
    metadata,
    Column("account_id", Uuid, ForeignKey("console_accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, nullable=False),
)
