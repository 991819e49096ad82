"""What a message written first is about: a place that freed up, an appointment nobody came to.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE agenda_said (
    message_id uuid PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('freed_place', 'missed')),
    about uuid NOT NULL
);
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute("DROP TABLE agenda_said")
