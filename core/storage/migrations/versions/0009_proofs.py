"""Credentials over commitments, and what has been learnt about each citizen; row-level security on both."""

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
-- Begins where its encoding has five bytes and keeps them: the length of a credential says nothing about its number.
CREATE SEQUENCE eligibility_status_index MINVALUE 65536;
CREATE TABLE eligibility_credential (
    identity_token text PRIMARY KEY REFERENCES directory,
    citizen_revision integer NOT NULL,
    data_key_id uuid NOT NULL,
    credential bytea NOT NULL,
    openings_enc bytea NOT NULL,
    status_index bigint NOT NULL UNIQUE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE TABLE learning_budget (
    identity_token text PRIMARY KEY REFERENCES directory,
    data_key_id uuid NOT NULL,
    learnt_enc bytea NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON eligibility_credential, learning_budget TO {role};
GRANT USAGE ON eligibility_status_index TO {role};
"""

# Seen with the citizen: the condition asks the directory, whose own policy says whom the connection sees. No state
# stands here, so none has to move with a citizen. Where all are seen, the directory is not asked.
SEEN = """
    (SELECT current_setting('citizen_zero.states', true)) = '*'
    OR EXISTS (SELECT FROM directory d WHERE d.identity_token = {table}.identity_token)
"""
ROW_SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY with_citizen ON {table} TO {role} USING ({seen});
"""


def upgrade() -> None:
    """Make the tables, empty: credentials are issued when they are first needed, or by the job that re-issues."""
    op.execute(TABLES)
    role = context.config.attributes["program_role"]
    op.execute(GRANTS.format(role=role))
    for table in ("eligibility_credential", "learning_budget"):
        op.execute(ROW_SECURITY.format(role=role, table=table, seen=SEEN.format(table=table)))
