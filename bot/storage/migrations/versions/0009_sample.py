"""Conversations and accounts that are samples; nothing said in a sample conversation leaves.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

QUEUE = """
CREATE OR REPLACE FUNCTION sportello_queue_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM conversations WHERE id = NEW.conversation_id AND channel <> 'webchat'{}) THEN
        INSERT INTO outbox (message_id, conversation_id, seq) VALUES (NEW.id, NEW.conversation_id, NEW.seq);
        UPDATE messages SET delivery = 'queued' WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
"""
UP = """
ALTER TABLE conversations ADD COLUMN sample boolean NOT NULL DEFAULT false;
CREATE INDEX conversations_sample ON conversations (id) WHERE sample;
ALTER TABLE console_accounts ADD COLUMN sample boolean NOT NULL DEFAULT false;
"""

DOWN = """
DELETE FROM agenda_appointments WHERE conversation_id IN (SELECT id FROM conversations WHERE sample);
DELETE FROM agenda_claims WHERE conversation_id IN (SELECT id FROM conversations WHERE sample);
DELETE FROM conversations WHERE sample;
DELETE FROM console_accounts WHERE sample;
ALTER TABLE console_accounts DROP COLUMN sample;
ALTER TABLE conversations DROP COLUMN sample;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)
    op.execute(QUEUE.format(" AND NOT sample"))


def downgrade() -> None:
    """Drop, with the samples: without the mark nothing would tell them from real ones."""
    op.execute(QUEUE.format(""))
    op.execute(DOWN)
