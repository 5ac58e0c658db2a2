"""Second factors, tries that failed, and login sessions."""

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE operator ADD COLUMN factors text[];

CREATE TABLE operator_factor (
    factor_id text PRIMARY KEY,
    operator text NOT NULL,
    kind text NOT NULL,
    label text NOT NULL,
    state text NOT NULL,
    secret_sealed bytea,
    credential bytea,
    created_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE INDEX operator_factor_operator ON operator_factor (operator);

-- What a factor gave last: a time step, a counter, or the recovery codes that are used up.
CREATE TABLE factor_use (
    factor_id text PRIMARY KEY REFERENCES operator_factor ON DELETE CASCADE,
    used bigint NOT NULL
);

-- One row a bucket of names, 65,536 at most; no name stands here.
CREATE TABLE sign_in_try (
    bucket integer PRIMARY KEY,
    tries integer NOT NULL,
    tried_at timestamptz NOT NULL,
    paused_until timestamptz
);

CREATE TABLE login_session (
    login_session text PRIMARY KEY,
    operator text NOT NULL,
    role text NOT NULL,
    kind text NOT NULL,
    host text NOT NULL,
    system text NOT NULL,
    process integer NOT NULL,
    started_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_by text
);
CREATE INDEX login_session_seen ON login_session (last_seen_at);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_factor, factor_use, login_session TO {role};
GRANT SELECT, INSERT, UPDATE ON sign_in_try TO {role};
"""


def upgrade() -> None:
    """Add the tables. Operators stay without a second factor until they add one."""
    op.execute(TABLES)
    op.execute(GRANTS.format(role=context.config.attributes["program_role"]))
