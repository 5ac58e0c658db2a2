"""New names go into the index of names in passing: noted in a short list first, sorted in by the hundred.

The list is searched as well, so it is kept to 64 kB: some hundred citizens. It is as durable as the index.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the index take new names by a list (PostgreSQL: `fastupdate`)."""
    op.execute("ALTER INDEX directory_names SET (fastupdate = on, gin_pending_list_limit = 64)")
