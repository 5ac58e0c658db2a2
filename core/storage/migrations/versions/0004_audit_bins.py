"""Counts of the log's entries in half hours, for charts."""

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE audit_bin (
    half_hour timestamptz NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (half_hour, action, outcome)
);

CREATE TABLE audit_bin_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    size bigint NOT NULL
);
INSERT INTO audit_bin_head (size) VALUES (0);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON audit_bin TO {role};
GRANT SELECT, UPDATE ON audit_bin_head TO {role};
"""


def upgrade() -> None:
    """Add the tables, empty: the first chart counts what the log holds already."""
    op.execute(TABLES)
    op.execute(GRANTS.format(role=context.config.attributes["program_role"]))
