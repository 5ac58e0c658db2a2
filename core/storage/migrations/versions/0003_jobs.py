"""Jobs, and the lines that they set aside."""

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JOBS = """
CREATE TABLE job (
    job_id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    operator text NOT NULL,
    done bigint NOT NULL,
    total bigint NOT NULL,
    position bigint NOT NULL,
    counts text NOT NULL,
    seconds double precision NOT NULL,
    error text,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE INDEX job_subject ON job (kind, subject, started_at);
CREATE INDEX job_started ON job (started_at);
-- Whatever happens, there is one unfinished job on a subject at most.
CREATE UNIQUE INDEX job_unfinished ON job (kind, subject) WHERE state <> 'finished';

CREATE TABLE job_rejection (
    job_id uuid NOT NULL REFERENCES job,
    line bigint NOT NULL,
    field text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (job_id, line, field)
);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON job TO {role};
GRANT SELECT, INSERT ON job_rejection TO {role};
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(JOBS)
    op.execute(GRANTS.format(role=context.config.attributes["program_role"]))
