"""Messages to review, in clusters; lessons.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE lessons (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('examples', 'entities', 'topic', 'answer', 'centre', 'place', 'owner', 'regression')),
    title text NOT NULL,
    intent text,
    account_id uuid,
    author text NOT NULL,
    diff text NOT NULL,
    files text[] NOT NULL,
    taught_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at timestamptz,
    undone_by text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE INDEX lessons_latest ON lessons (taught_at DESC);

CREATE TABLE review_clusters (
    id uuid PRIMARY KEY,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'taught', 'ignored')),
    decided_by text,
    decided_at timestamptz,
    lesson_id uuid REFERENCES lessons ON DELETE SET NULL,
    proposed_intent text,
    proposed_by text,
    proposed_at timestamptz,
    CHECK ((status = 'open') = (decided_at IS NULL))
);
CREATE INDEX review_clusters_of_lesson ON review_clusters (lesson_id) WHERE lesson_id IS NOT NULL;
CREATE TABLE review_items (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    cluster_id uuid NOT NULL REFERENCES review_clusters ON DELETE CASCADE,
    reasons text[] NOT NULL CHECK (reasons <> '{}'),
    said_at timestamptz NOT NULL
);
CREATE INDEX review_items_of_cluster ON review_items (cluster_id, said_at DESC);
CREATE TABLE review_flags (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    account_id uuid,
    flagged_by text NOT NULL,
    flagged_at timestamptz NOT NULL DEFAULT now()
);

-- What may have been misunderstood is looked for among the latest messages each time the page is opened.
CREATE INDEX parses_doubtful ON parses (created_at) WHERE fallback OR confidence < 0.75;
CREATE INDEX parses_reactions ON parses (created_at) WHERE intent IN ('complaint', 'insult', 'deny', 'talk_to_operator');
CREATE INDEX feedback_down ON feedback (changed_at) WHERE rating = 'down';
CREATE INDEX handoffs_wanted ON handoffs (requested_at) WHERE reason <> 'operator';
"""

DOWN = """
DROP INDEX handoffs_wanted, feedback_down, parses_reactions, parses_doubtful;
DROP TABLE review_flags, review_items, review_clusters, lessons;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
