"""Private answers: sealed values, sealed messages, and what a conversation is waiting for.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE conversations ADD COLUMN expects text
    CHECK (expects IN ('name', 'contact', 'codice_fiscale', 'surname'));
ALTER TABLE messages ADD COLUMN sealed bytea;
CREATE TABLE private_answers (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('name', 'contact', 'codice_fiscale', 'surname')),
    sealed bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, kind)
);
"""

DOWN = """
DROP TABLE private_answers;
ALTER TABLE messages DROP COLUMN sealed;
ALTER TABLE conversations DROP COLUMN expects;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
