"""Addresses of people who said STOP and were erased, as keyed hashes.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE stopped_addresses (
    channel text NOT NULL,
    address_hash bytea NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (channel, address_hash)
);
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute("DROP TABLE stopped_addresses")
