"""The tables of teaching. What is taught lives in the project's files; here is who taught it, when, and what it was."""

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Table, Text, Uuid, func

from bot.storage.tables import metadata

MOMENT = DateTime(timezone=True)

lessons = Table(
    "lessons",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # see bot.teaching.lessons.Kind
    Column("title", Text, nullable=False),  # what was taught, in words
    Column("intent", Text),
    Column("account_id", Uuid),
    Column("author", Text, nullable=False),
    Column("diff", Text, nullable=False),
    Column("files", ARRAY(Text), nullable=False),
    Column("taught_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("undone_at", MOMENT),
    Column("undone_by", Text),
)

# Messages that are alike, reviewed together.
review_clusters = Table(
    "review_clusters",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("status", Text, nullable=False, server_default="open"),  # open | taught | ignored
    Column("decided_by", Text),
    Column("decided_at", MOMENT),
    Column("lesson_id", Uuid, ForeignKey("lessons.id", ondelete="SET NULL")),
    Column("proposed_intent", Text),
    Column("proposed_by", Text),
    Column("proposed_at", MOMENT),
)

review_items = Table(
    "review_items",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("cluster_id", Uuid, ForeignKey("review_clusters.id", ondelete="CASCADE"), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("said_at", MOMENT, nullable=False),
)

# Messages an operator pointed at in a transcript.
review_flags = Table(
    "review_flags",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid),
    Column("flagged_by", Text, nullable=False),
    Column("flagged_at", MOMENT, nullable=False, server_default=func.now()),
)
