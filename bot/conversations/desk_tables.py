"""The tables of requests for a person, calls to make and ready-made answers; migration 0007 makes them."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, Table, Text, Uuid, func

from bot.storage.tables import metadata

MOMENT = DateTime(timezone=True)

# One request for a person, or one conversation taken unasked. At most one a conversation is open (waiting or taken).
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    # waiting | taken | closed (by the operator) | given_back (the operator did not answer) | expired | withdrawn
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),  # asked | not_understood | complaint | operator
    Column("operator", Text),  # the account's id: whose the conversation is, or was last
    Column("operator_name", Text),  # the first name citizens hear
    Column("outcome", Text),
    Column("requested_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("taken_at", MOMENT),
    Column("ended_at", MOMENT),
)

# What happened to a request, in order: who held the conversation when.
handoff_steps = Table(
    "handoff_steps",
    metadata,
    Column("handoff_id", Uuid, ForeignKey("handoffs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("what", Text, nullable=False),  # the states above, and transferred
    Column("operator", Text),
    Column("operator_name", Text),
    Column("at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
)

# Citizens to telephone; the number is sealed.
call_backs = Table(
    "call_backs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("requested_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
    Column("promised_from", MOMENT, nullable=False),  # the opening the citizen was told
    Column("done_at", MOMENT),
    Column("operator", Text),
    Column("outcome", Text),  # spoken | no_answer | wrong_number
)

canned_answers = Table(
    "canned_answers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("changed_at", MOMENT, nullable=False, server_default=func.now()),
)
