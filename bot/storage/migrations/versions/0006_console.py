"""The operators' console: accounts, sessions, audit, summaries, notes, tags, and the words of messages for searching.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Words are kept twice: their stems with places, for phrases, and whole without accents, for beginnings of words.
UP = r"""
CREATE TEXT SEARCH DICTIONARY sportello_whole (TEMPLATE = simple, STOPWORDS = italian);
CREATE TEXT SEARCH CONFIGURATION sportello_whole (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION sportello_whole
    ALTER MAPPING FOR asciiword, word, hword, hword_part, asciihword, hword_asciipart, numword, numhword, hword_numpart
    WITH sportello_whole;
CREATE FUNCTION sportello_plain(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT pg_catalog.translate(pg_catalog.lower(said), 'àáâèéêìíîòóôùúûÀÁÂÈÉÊÌÍÎÒÓÔÙÚÛ', 'aaaeeeiiiooouuuaaaeeeiiiooouuu')
$$;
CREATE FUNCTION sportello_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT pg_catalog.to_tsvector('pg_catalog.italian'::regconfig, public.sportello_plain(said))
        || pg_catalog.strip(pg_catalog.to_tsvector('public.sportello_whole'::regconfig, public.sportello_plain(said)))
$$;
ALTER TABLE messages ADD COLUMN words tsvector GENERATED ALWAYS AS (sportello_words(text)) STORED;
CREATE INDEX messages_words ON messages USING gin (words);

CREATE TABLE console_accounts (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE CHECK (username = lower(username) AND username <> ''),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('operatore', 'supervisore', 'amministratore')),
    centres text[] NOT NULL DEFAULT '{}',
    password_hash text,
    totp_sealed bytea,
    totp_step bigint,
    recovery_hashes bytea[] NOT NULL DEFAULT '{}',
    oidc_issuer text,
    oidc_subject text,
    disabled_at timestamptz,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (oidc_issuer, oidc_subject)
);
CREATE TABLE console_sessions (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES console_accounts ON DELETE CASCADE,
    stage text NOT NULL CHECK (stage IN ('password', 'full')),
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX console_sessions_of_account ON console_sessions (account_id);
CREATE TABLE console_links (
    token_hash bytea PRIMARY KEY,
    account_id uuid REFERENCES console_accounts ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE TABLE console_tries (
    key bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE console_audit (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    account_id uuid,
    account text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL,
    note bytea,
    note_mac bytea,
    mac bytea NOT NULL
);
CREATE INDEX console_audit_by_subject ON console_audit (subject, seq);
CREATE INDEX console_audit_by_account ON console_audit (account_id, seq);
CREATE TABLE console_audit_head (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    seq bigint NOT NULL,
    mac bytea NOT NULL
);
-- Written once: only a note can be taken out, when the person it names asks to be forgotten.
CREATE FUNCTION console_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.note IS NULL AND (NEW.seq, NEW.at, NEW.account_id, NEW.account, NEW.action, NEW.subject, NEW.detail,
                                 NEW.note_mac, NEW.mac) IS NOT DISTINCT FROM
                                (OLD.seq, OLD.at, OLD.account_id, OLD.account, OLD.action, OLD.subject, OLD.detail,
                                 OLD.note_mac, OLD.mac) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is only added to';
END $$;
CREATE TRIGGER console_audit_kept BEFORE UPDATE OR DELETE ON console_audit
    FOR EACH ROW EXECUTE FUNCTION console_audit_keep();
CREATE TRIGGER console_audit_whole BEFORE TRUNCATE ON console_audit
    FOR EACH STATEMENT EXECUTE FUNCTION console_audit_keep();

-- What the list of conversations is filtered by; the console keeps it up to date, away from the way of a message.
CREATE TABLE console_summaries (
    conversation_id uuid PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    channel text NOT NULL,
    created_at timestamptz NOT NULL,
    last_message_at timestamptz NOT NULL,
    through_seq integer NOT NULL,
    citizen_messages integer NOT NULL,
    topic text,
    intents text[] NOT NULL DEFAULT '{}',
    fallback boolean NOT NULL,
    min_confidence double precision,
    centre text,
    appointment boolean NOT NULL,
    outcome text NOT NULL
);
-- Rare topics are to be known as such.
ALTER TABLE console_summaries ALTER COLUMN intents SET STATISTICS 1000;
CREATE INDEX console_summaries_latest ON console_summaries (last_message_at DESC, conversation_id DESC);
CREATE INDEX console_summaries_intents ON console_summaries USING gin (intents);
CREATE INDEX console_summaries_facets ON console_summaries (centre, channel, outcome, last_message_at DESC);

CREATE TABLE console_work (
    conversation_id uuid PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    assigned_to uuid REFERENCES console_accounts ON DELETE SET NULL,
    assigned_at timestamptz,
    centre text,
    outcome text
);
CREATE INDEX console_work_of_account ON console_work (assigned_to);
CREATE TABLE console_notes (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    account_id uuid REFERENCES console_accounts ON DELETE SET NULL,
    author text NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX console_notes_of_conversation ON console_notes (conversation_id, created_at);
CREATE TABLE console_tags (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    tag text NOT NULL,
    account_id uuid REFERENCES console_accounts ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, tag)
);
CREATE INDEX console_tags_by_tag ON console_tags (tag, conversation_id);
CREATE TABLE console_reads (
    account_id uuid NOT NULL REFERENCES console_accounts ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq integer NOT NULL,
    PRIMARY KEY (account_id, conversation_id)
);
CREATE INDEX console_reads_of_conversation ON console_reads (conversation_id);
"""

DOWN = """
DROP TABLE console_reads, console_tags, console_notes, console_work, console_summaries, console_audit_head;
DROP TABLE console_audit;
DROP FUNCTION console_audit_keep();
DROP TABLE console_tries, console_links, console_sessions, console_accounts;
ALTER TABLE messages DROP COLUMN words;
DROP FUNCTION sportello_words(text);
DROP FUNCTION sportello_plain(text);
DROP TEXT SEARCH CONFIGURATION sportello_whole;
DROP TEXT SEARCH DICTIONARY sportello_whole;
"""


def upgrade() -> None:
    """Create."""
    op.execute(UP)


def downgrade() -> None:
    """Drop."""
    op.execute(DOWN)
