"""The tables of models, as queries are written against them; migration 0012 makes them."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Integer, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bot.storage.tables import metadata

MOMENT = DateTime(timezone=True)
NOW = func.clock_timestamp()

models = Table(
    "models",
    metadata,
    Column("id", Text, primary_key=True),  # bot.launch.model.fingerprint of all it was trained from
    Column("program", Text, nullable=False),  # the part of it that the system serving it must have too
    Column("topics", ARRAY(Text), nullable=False),  # the topics it can name: each needs an answer
    Column("examples", Integer, nullable=False),
    Column("trained_at", MOMENT, nullable=False, server_default=NOW),
    Column("removed_at", MOMENT),  # its file was deleted
)

runs = Table(
    "model_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", MOMENT, nullable=False, server_default=NOW),
    Column("started_at", MOMENT),
    Column("stage_at", MOMENT),  # since when it is in this state
    Column("ended_at", MOMENT),
    Column("cancel_asked_at", MOMENT),
    Column("place", Text),  # where it is carried out
    Column("model_id", Text),  # asked to be compared, or what came of the training
    Column("live_id", Text),  # what it was compared with
    Column("trained", Boolean, nullable=False, server_default="false"),  # not when the model was there already
    Column("failure", Text),  # why it failed, a sentence
    Column("regression", JSONB),  # bot.teaching.comparison.Regression
    Column("replayed", Integer),  # how many past messages both models were asked about
    # which of them are understood otherwise: [{message, times, before, after}]; the words stay in the transcript
    Column("changes", JSONB),
)

# Every decision which model is to be live; the last that did not fail holds.
choices = Table(
    "model_choices",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("model_id", Text, ForeignKey("models.id"), nullable=False),
    Column("how", Text, nullable=False),  # start | live | back
    Column("chosen_by", Text, nullable=False),
    # fingerprint of the project's files that were there, and known to people, when it was chosen or lately
    Column("files", Text, nullable=False),
    Column("asked_at", MOMENT, nullable=False, server_default=NOW),
    Column("live_at", MOMENT),  # since when citizens are answered with it
    Column("failed_at", MOMENT),
    Column("failure", Text),
)

# Where models are served: a row for each `sportello run`, kept by it.
servers = Table(
    "model_servers",
    metadata,
    Column("place", Text, primary_key=True),  # bot.dialogue.address.place_of
    Column("url", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("step", Text, nullable=False, server_default="serving"),  # serving | starting (another) | draining (the old)
    Column("since", MOMENT, nullable=False, server_default=NOW),
    Column("seen_at", MOMENT, nullable=False, server_default=NOW),
)
