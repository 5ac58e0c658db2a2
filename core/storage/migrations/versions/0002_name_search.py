"""Search by the beginnings of names, and the index that its limit is counted by."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# No list of changes that are waiting: each enrolment pays for its own, and no search reads through a heap of them.
NAMES = """
ALTER TABLE directory ADD COLUMN name_digests bytea[];
CREATE INDEX directory_names ON directory USING gin (name_digests) WITH (fastupdate = off);
CREATE INDEX audit_entry_search ON audit_entry (operator, time) WHERE action = 'citizen:search' AND outcome = 'done';
"""


def upgrade() -> None:
    """Add column and indexes. Citizens enrolled before keep NULL until `citizen index-names` has seen them."""
    op.execute(NAMES)
