"""Files that operators send with a message.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL UNIQUE REFERENCES messages (id) ON DELETE CASCADE,
    name text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL CHECK (size > 0),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- What is sealed does not get smaller by compressing it.
ALTER TABLE attachments ALTER COLUMN sealed SET STORAGE EXTERNAL;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute("DROP TABLE attachments")
