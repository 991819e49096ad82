"""Trained models, the runs that made them, which is live, and which process serves it where.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE models (
    id text PRIMARY KEY,
    program text NOT NULL,
    topics text[] NOT NULL,
    examples integer NOT NULL,
    trained_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at timestamptz
);
CREATE TABLE model_runs (
    id uuid PRIMARY KEY,
    state text NOT NULL DEFAULT 'waiting' CHECK (
        state IN ('waiting', 'copying', 'training', 'comparing', 'done', 'failed', 'cancelled')
    ),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    stage_at timestamptz,
    ended_at timestamptz,
    cancel_asked_at timestamptz,
    place text,
    model_id text,
    live_id text,
    trained boolean NOT NULL DEFAULT false,
    failure text,
    regression jsonb,
    replayed integer,
    changes jsonb,
    CONSTRAINT model_runs_ended CHECK ((state IN ('done', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
);
-- One at a time.
CREATE UNIQUE INDEX model_runs_open ON model_runs ((true)) WHERE ended_at IS NULL;
CREATE INDEX model_runs_of_model ON model_runs (model_id, ended_at) WHERE state = 'done';

CREATE TABLE model_choices (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id text NOT NULL REFERENCES models,
    how text NOT NULL CHECK (how IN ('start', 'live', 'back')),
    chosen_by text NOT NULL,
    files text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    live_at timestamptz,
    failed_at timestamptz,
    failure text,
    CONSTRAINT model_choices_failed CHECK ((failed_at IS NULL) = (failure IS NULL))
);
CREATE TABLE model_servers (
    place text PRIMARY KEY,
    url text NOT NULL,
    model_id text NOT NULL,
    step text NOT NULL DEFAULT 'serving' CHECK (step IN ('serving', 'starting', 'draining')),
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Adds events to a conversation of the dialogue if nobody added any since they were read up to `expected` (NULL: whatever
-- there is). Gives the number of the last one, NULL when somebody did: two processes that serve models never interleave.
CREATE FUNCTION append_events(
    sender text, expected bigint, types text[], moments float8[], intents text[], actions text[], contents text[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    newest bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(sender, 7406905));
    IF expected IS NOT NULL AND expected <> (SELECT coalesce(max(id), 0) FROM events WHERE sender_id = sender) THEN
        RETURN NULL;
    END IF;
    INSERT INTO events (sender_id, type_name, "timestamp", intent_name, action_name, data)
    SELECT sender, one.type_name, one.moment, one.intent, one.action, one.content
    FROM unnest(types, moments, intents, actions, contents) WITH ORDINALITY
        AS one (type_name, moment, intent, action, content, place)
    ORDER BY one.place;
    SELECT max(id) INTO newest FROM events WHERE sender_id = sender;
    RETURN newest;
END
$$;
"""

DOWN = """
DROP FUNCTION append_events(text, bigint, text[], float8[], text[], text[], text[]);
DROP TABLE model_servers, model_choices, model_runs, models;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
