"""The table of demand that was not met; migration 0010 makes it."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from bot.storage.tables import metadata

unmet_demand = Table(
    "unmet_demand",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("day", Date, nullable=False),  # Italian
    Column("kind", Text, nullable=False),  # no_place | no_answer | off_topic | no_hours
    Column("reason", Text, nullable=False),
    # null once the conversation is erased: what was missing is nobody's any more
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="SET NULL")),
    Column("service_id", Text),
    Column("mode", Text),
    Column("centre", Text),
    Column("province", Text),
    Column("topic", Text),  # an intent's name
    Column("wish", JSONB, nullable=False),
)
