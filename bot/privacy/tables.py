"""The tables of erasures and legal holds; migration 0007 makes them. Nothing here is about a person."""

from sqlalchemy import ARRAY, Column, Date, DateTime, ForeignKey, LargeBinary, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.tables import metadata

MOMENT = DateTime(timezone=True)

# An erasure asked for, and once done its receipt.
erasures = Table(
    "erasures",
    metadata,
    Column("number", Text, primary_key=True),
    Column("asked_by", Text, nullable=False),  # citizen | operator | command | retention
    Column("operator", Text),
    Column("conversations", ARRAY(Uuid), nullable=False),  # emptied once nothing of them can come back
    Column("appointments", ARRAY(Uuid), nullable=False),
    Column("asked_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("due_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("done_at", MOMENT),
    Column("swept_at", MOMENT),  # looked at a second time, for what was under way during the erasure
    Column("erased", JSONB),  # how many of each kind
    Column("signature", LargeBinary),
)

# What must be kept for now, whoever asks for its erasure. The reference does not cascade: the database itself refuses.
legal_holds = Table(
    "legal_holds",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", MOMENT, nullable=False, server_default=func.now()),
)

# One run a night of what removes what is too old.
retention_runs = Table(
    "retention_runs",
    metadata,
    Column("day", Date, primary_key=True),
    Column("started_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("ended_at", MOMENT),
    Column("removed", JSONB),  # how many of each kind
)
