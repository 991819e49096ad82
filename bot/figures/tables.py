"""What figures are counted from; migration 0010 makes these tables, `counting.py` fills them."""

from sqlalchemy import ARRAY, Column, Date, ForeignKey, Integer, SmallInteger, Table, Text, Uuid

from bot.storage.tables import metadata

# One row a conversation and Italian day with messages: what the figures call a conversation, when a citizen wrote.
figure_days = Table(
    "figure_days",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("centre", Text),  # of the conversation as it is known now
    # messages of that day by who wrote them
    Column("citizen", Integer, nullable=False),
    Column("assistant", Integer, nullable=False),
    Column("operator", Integer, nullable=False),
    # of the citizen's: how many were read by the model, how many of those not understood, how many out of its field
    Column("parsed", Integer, nullable=False),
    Column("not_understood", Integer, nullable=False),
    Column("off_topic", Integer, nullable=False),
    Column("topics", ARRAY(Text), nullable=False),  # intents understood, small talk apart
    Column("outcome", Text),  # answered | not_understood | person; null when no citizen wrote
)

figure_hours = Table(
    "figure_hours",
    metadata,
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("hour", SmallInteger, primary_key=True),  # on Italian clocks
    Column("channel", Text, nullable=False),
    Column("centre", Text),
    Column("citizen", Integer, nullable=False),
)
