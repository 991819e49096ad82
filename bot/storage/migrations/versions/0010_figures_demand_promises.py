"""What figures are counted from, demand that was not met, questions left for a person.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The last statement of UP has the console count every conversation it knows already, the next time it starts.
UP = """
CREATE TABLE figure_days (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    day date NOT NULL,
    channel text NOT NULL,
    centre text,
    citizen integer NOT NULL,
    assistant integer NOT NULL,
    operator integer NOT NULL,
    parsed integer NOT NULL,
    not_understood integer NOT NULL,
    off_topic integer NOT NULL,
    topics text[] NOT NULL,
    outcome text CHECK (outcome IN ('answered', 'not_understood', 'person')),
    PRIMARY KEY (conversation_id, day),
    CHECK ((citizen = 0) = (outcome IS NULL))
);
CREATE INDEX figure_days_by_day ON figure_days (day);
CREATE TABLE figure_hours (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    day date NOT NULL,
    hour smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
    channel text NOT NULL,
    centre text,
    citizen integer NOT NULL,
    PRIMARY KEY (conversation_id, day, hour)
);
CREATE INDEX figure_hours_by_day ON figure_hours (day);
CREATE INDEX handoffs_by_time ON handoffs (requested_at);
CREATE INDEX deliveries_paid ON deliveries (started_at) INCLUDE (channel, segments, address_id)
    WHERE segments IS NOT NULL;

CREATE TABLE unmet_demand (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('no_place', 'no_answer', 'off_topic', 'no_hours')),
    reason text NOT NULL DEFAULT '',
    conversation_id uuid REFERENCES conversations ON DELETE SET NULL,
    service_id text,
    mode text,
    centre text,
    province text,
    topic text,
    wish jsonb NOT NULL DEFAULT '{}'
);
-- The same lack told twice in a day to the same person counts once.
CREATE UNIQUE INDEX unmet_demand_once ON unmet_demand (conversation_id, day, kind, coalesce(service_id, ''),
    coalesce(centre, ''), coalesce(province, ''), coalesce(topic, '')) WHERE conversation_id IS NOT NULL;
CREATE INDEX unmet_demand_by_day ON unmet_demand (day);

CREATE TABLE promises (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    question_id uuid REFERENCES messages ON DELETE SET NULL,
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    assigned_to text,
    late_told_at timestamptz,
    answer_id uuid REFERENCES messages ON DELETE SET NULL,
    done_at timestamptz,
    done_by text,
    outcome text CHECK (outcome IN ('answered', 'phoned', 'elsewhere', 'not_needed', 'withdrawn')),
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX promises_open ON promises (conversation_id) WHERE done_at IS NULL;
CREATE INDEX promises_of_conversation ON promises (conversation_id);
CREATE INDEX promises_due ON promises (due_at) WHERE done_at IS NULL;
CREATE INDEX promises_done ON promises (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX promises_question ON promises (question_id);
CREATE INDEX promises_answer ON promises (answer_id);

ALTER TABLE conversations DROP CONSTRAINT conversations_expects_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_expects_check
    CHECK (expects IN ('name', 'contact', 'codice_fiscale', 'surname', 'phone', 'question'));

UPDATE console_summaries SET through_seq = -1;
"""

DOWN = """
DROP TABLE promises, unmet_demand, figure_hours, figure_days;
DROP INDEX deliveries_paid, handoffs_by_time;
UPDATE conversations SET expects = NULL WHERE expects = 'question';
ALTER TABLE conversations DROP CONSTRAINT conversations_expects_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_expects_check
    CHECK (expects IN ('name', 'contact', 'codice_fiscale', 'surname', 'phone'));
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
