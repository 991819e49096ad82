"""Channels that are written to: addresses of people, the outbox, deliveries.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The outbox is filled by a trigger: whoever adds a message for a channel that is written to, it leaves, once.
UP = """
CREATE TABLE addresses (
    id uuid PRIMARY KEY,
    channel text NOT NULL,
    address_hash bytea NOT NULL,
    sealed bytea NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    opted_out_at timestamptz,
    blocked_at timestamptz,
    last_inbound_at timestamptz,
    more_message_id uuid REFERENCES messages ON DELETE SET NULL,
    more_from integer,
    more_part integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, address_hash)
);
CREATE INDEX addresses_of_conversation ON addresses (conversation_id);

CREATE TABLE outbox (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq integer NOT NULL,
    from_char integer NOT NULL DEFAULT 0,
    first_part integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_in_order ON outbox (conversation_id, seq);
CREATE INDEX outbox_due ON outbox (created_at);

CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    part integer NOT NULL,
    channel text NOT NULL,
    address_id uuid REFERENCES addresses ON DELETE SET NULL,
    state text NOT NULL CHECK (state IN
        ('sending', 'again', 'queued', 'sent', 'delivered', 'read', 'failed', 'unknown', 'undeliverable')),
    provider_id text,
    attempts integer NOT NULL DEFAULT 1,
    segments integer,
    error_code text,
    error text,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (message_id, part)
);
CREATE UNIQUE INDEX deliveries_by_provider ON deliveries (channel, provider_id) WHERE provider_id IS NOT NULL;

ALTER TABLE messages DROP CONSTRAINT messages_delivery_check;
ALTER TABLE messages ADD CONSTRAINT messages_delivery_check CHECK (delivery IN
    ('stored', 'queued', 'sent', 'delivered', 'read', 'failed', 'unknown', 'undeliverable'));

-- A message said on another channel because it could not be on this one, or might not be seen there: once.
ALTER TABLE messages ADD COLUMN instead_of uuid UNIQUE REFERENCES messages ON DELETE SET NULL;

CREATE FUNCTION sportello_queue_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM conversations WHERE id = NEW.conversation_id AND channel <> 'webchat') THEN
        INSERT INTO outbox (message_id, conversation_id, seq) VALUES (NEW.id, NEW.conversation_id, NEW.seq);
        UPDATE messages SET delivery = 'queued' WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER messages_leave AFTER INSERT ON messages
    FOR EACH ROW WHEN (NEW.sender <> 'citizen') EXECUTE FUNCTION sportello_queue_outgoing();
"""

DOWN = """
DROP TRIGGER messages_leave ON messages;
DROP FUNCTION sportello_queue_outgoing();
UPDATE messages SET delivery = CASE delivery WHEN 'queued' THEN 'stored' ELSE 'failed' END
    WHERE delivery IN ('queued', 'unknown', 'undeliverable');
ALTER TABLE messages DROP CONSTRAINT messages_delivery_check;
ALTER TABLE messages ADD CONSTRAINT messages_delivery_check CHECK (delivery IN
    ('stored', 'sent', 'delivered', 'read', 'failed'));
ALTER TABLE messages DROP COLUMN instead_of;
DROP TABLE deliveries;
DROP TABLE outbox;
DROP TABLE addresses;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
