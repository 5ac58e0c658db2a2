"""The states that an invited operator will be bound to."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; an invitation made before it binds to no state."""
    op.execute("ALTER TABLE operator_invitation ADD COLUMN states text[]")
