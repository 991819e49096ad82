"""Requests for a person, calls to make, ready-made answers; erasures with their receipts, legal holds.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE handoffs (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('waiting', 'taken', 'closed', 'given_back', 'expired', 'withdrawn')),
    reason text NOT NULL CHECK (reason IN ('asked', 'not_understood', 'complaint', 'operator')),
    operator text,
    operator_name text,
    outcome text,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT handoffs_owned CHECK (state <> 'taken' OR operator IS NOT NULL),
    CONSTRAINT handoffs_ended CHECK ((state IN ('waiting', 'taken')) = (ended_at IS NULL))
);
-- One open request a conversation, hence one owner.
CREATE UNIQUE INDEX handoffs_open ON handoffs (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX handoffs_of_conversation ON handoffs (conversation_id, requested_at);
CREATE INDEX handoffs_queue ON handoffs (requested_at) WHERE state = 'waiting';
CREATE INDEX handoffs_of_operator ON handoffs (operator) WHERE state = 'taken';
CREATE INDEX handoffs_lately ON handoffs (taken_at) WHERE taken_at IS NOT NULL;

CREATE TABLE handoff_steps (
    handoff_id uuid NOT NULL REFERENCES handoffs ON DELETE CASCADE,
    number integer NOT NULL,
    what text NOT NULL,
    operator text,
    operator_name text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (handoff_id, number)
);

CREATE TABLE call_backs (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    sealed bytea NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    promised_from timestamptz NOT NULL,
    done_at timestamptz,
    operator text,
    outcome text CHECK (outcome IN ('spoken', 'no_answer', 'wrong_number')),
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX call_backs_open ON call_backs (conversation_id) WHERE done_at IS NULL;
CREATE INDEX call_backs_of_conversation ON call_backs (conversation_id);

CREATE TABLE canned_answers (
    id uuid PRIMARY KEY,
    title text NOT NULL CHECK (title <> ''),
    text text NOT NULL CHECK (text <> ''),
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO canned_answers (id, title, text) VALUES
    (gen_random_uuid(), 'Saluto', 'Ciao, ho letto quello che hai scritto. Dimmi se ho capito bene.'),
    (gen_random_uuid(), 'Un momento', 'Sto controllando. Torno da te tra qualche minuto.'),
    (gen_random_uuid(), 'Chiedo il centro', 'Mi dici in quale comune abiti? Così vedo qual è il tuo centro.'),
    (gen_random_uuid(), 'Serve un appuntamento', 'Per questo è meglio vedersi. Se vuoi ti aiuto a prenotare.'),
    (gen_random_uuid(), 'Non ci sei più', 'Non ti leggo da un po''. Se ti serve ancora, scrivi qui quando vuoi.'),
    (gen_random_uuid(), 'Congedo', 'Se è tutto chiaro, chiudo qui. Buona giornata.');

ALTER TABLE conversations DROP CONSTRAINT conversations_expects_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_expects_check
    CHECK (expects IN ('name', 'contact', 'codice_fiscale', 'surname', 'phone'));
ALTER TABLE private_answers DROP CONSTRAINT private_answers_kind_check;
ALTER TABLE private_answers ADD CONSTRAINT private_answers_kind_check
    CHECK (kind IN ('name', 'contact', 'codice_fiscale', 'surname', 'phone'));

CREATE TABLE erasures (
    number text PRIMARY KEY,
    asked_by text NOT NULL CHECK (asked_by IN ('citizen', 'operator', 'command', 'retention')),
    operator text,
    conversations uuid[] NOT NULL DEFAULT '{}',
    appointments uuid[] NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at timestamptz,
    swept_at timestamptz,
    erased jsonb,
    signature bytea,
    CHECK ((done_at IS NULL) = (erased IS NULL) AND (done_at IS NULL) = (signature IS NULL))
);
CREATE INDEX erasures_due ON erasures (due_at) WHERE swept_at IS NULL;
CREATE TABLE legal_holds (
    conversation_id uuid PRIMARY KEY REFERENCES conversations,
    reason text NOT NULL CHECK (reason <> ''),
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE retention_runs (
    day date PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    removed jsonb
);
-- Erasing a conversation looks for rows that refer to its messages.
CREATE INDEX IF NOT EXISTS incidents_of_message ON incidents (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS addresses_more ON addresses (more_message_id) WHERE more_message_id IS NOT NULL;
"""

DOWN = """
DROP INDEX addresses_more, incidents_of_message;
DROP TABLE retention_runs, legal_holds, erasures, canned_answers, call_backs, handoff_steps, handoffs;
UPDATE conversations SET expects = NULL WHERE expects = 'phone';
DELETE FROM private_answers WHERE kind = 'phone';
ALTER TABLE conversations DROP CONSTRAINT conversations_expects_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_expects_check
    CHECK (expects IN ('name', 'contact', 'codice_fiscale', 'surname'));
ALTER TABLE private_answers DROP CONSTRAINT private_answers_kind_check;
ALTER TABLE private_answers ADD CONSTRAINT private_answers_kind_check
    CHECK (kind IN ('name', 'contact', 'codice_fiscale', 'surname'));
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
