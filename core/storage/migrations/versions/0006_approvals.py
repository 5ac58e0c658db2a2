"""Invitations, requests and approvals of dual control, history of the settings."""

from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
-- Empty in rows made before: a seal leaves NULL columns out, so theirs still fit.
ALTER TABLE operator
    ADD COLUMN person text,
    ADD COLUMN invited_by text,
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN disabled_by text,
    ADD COLUMN pin_pending_sealed bytea;

CREATE TABLE operator_invitation (
    invitation_id bytea PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    person text NOT NULL,
    state text NOT NULL,
    invited_by text NOT NULL,
    encryption_public bytea NOT NULL,
    pin_sealed bytea NOT NULL,
    pin_pending_sealed bytea,
    owner_password_sealed bytea,
    recovery_secret_sealed bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);

CREATE TABLE approval_request (
    request_id uuid PRIMARY KEY,
    operation text NOT NULL,
    target text NOT NULL,
    target_revision integer,
    parameters text NOT NULL,
    requester text NOT NULL,
    requester_key bytea NOT NULL,
    reason text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    log_index bigint NOT NULL,
    log_hash bytea NOT NULL,
    signature bytea NOT NULL,
    status text NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE INDEX approval_request_created ON approval_request (created_at);
CREATE INDEX approval_request_open ON approval_request (expires_at) WHERE status IN ('waiting', 'approved');

CREATE TABLE approval (
    request_id uuid NOT NULL REFERENCES approval_request,
    operator text NOT NULL,
    operator_key bytea NOT NULL,
    verdict text NOT NULL,
    reason text,
    decided_at timestamptz NOT NULL,
    signature bytea NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL,
    PRIMARY KEY (request_id, operator)
);

CREATE TABLE setting_change (
    change_id uuid PRIMARY KEY,
    name text NOT NULL,
    old_value text NOT NULL,
    new_value text NOT NULL,
    changed_by text NOT NULL,
    approved_by text,
    approval_id uuid,
    reason text,
    changed_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE INDEX setting_change_name ON setting_change (name, revision);

-- The few entries that say which row of an operator, setting or approval is the current one.
CREATE INDEX audit_entry_governance ON audit_entry (index) WHERE action IN (
    'operator:add', 'operator:invite', 'operator:join', 'operator:disable', 'operator:role', 'operator:states',
    'operator:factor_add', 'operator:factor_remove', 'setting:change', 'approval:execute', 'approval:reject'
);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON operator_invitation, approval_request TO {role};
GRANT SELECT, INSERT ON approval, setting_change TO {role};
"""


def upgrade() -> None:
    """Add columns, tables and the index."""
    op.execute(TABLES)
    op.execute(GRANTS.format(role=context.config.attributes["program_role"]))
