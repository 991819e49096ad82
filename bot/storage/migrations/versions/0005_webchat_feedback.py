"""Web chat: what citizens thought of it, who of the operators writes, who is writing just now.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE feedback (
    conversation_id uuid PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    rating text NOT NULL CHECK (rating IN ('up', 'down')),
    comment text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE messages ADD COLUMN author text;
ALTER TABLE conversations
    ADD COLUMN operator_name text,
    ADD COLUMN operator_typing_until timestamptz,
    ADD COLUMN citizen_typing_until timestamptz;
"""

DOWN = """
ALTER TABLE conversations
    DROP COLUMN citizen_typing_until,
    DROP COLUMN operator_typing_until,
    DROP COLUMN operator_name;
ALTER TABLE messages DROP COLUMN author;
DROP TABLE feedback;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
