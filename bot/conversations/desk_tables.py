"""The tables of requests for a person, calls to make, questions left, ready-made answers, files sent."""

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

# Questions left for a person, to be answered in writing. At most one a conversation is open.
promises = Table(
    "promises",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column(
        "question_id", Uuid, ForeignKey("messages.id", ondelete="SET NULL")
    ),  # what was written after that counts too
    Column("asked_at", MOMENT, nullable=False),
    Column("due_at", MOMENT, nullable=False),  # the citizen was told so
    Column("assigned_to", Text),  # the account's id
    Column("late_told_at", MOMENT),  # the citizen was told that it takes longer
    Column("answer_id", Uuid, ForeignKey("messages.id", ondelete="SET NULL")),
    Column("done_at", MOMENT),
    Column("done_by", Text),  # the account's id; null when the citizen withdrew it
    Column("outcome", Text),  # answered | phoned | elsewhere | not_needed | withdrawn
)

canned_answers = Table(
    "canned_answers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("changed_at", MOMENT, nullable=False, server_default=func.now()),
)

# A file an operator sent with a message; it goes when the message goes.
attachments = Table(
    "attachments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),  # in bytes, before it was sealed
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", MOMENT, nullable=False, server_default=func.clock_timestamp()),
)
