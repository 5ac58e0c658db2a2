"""Settings, operators, keys, citizens by state, and the audit log."""

from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# ISO 3166-2:IN without `IN-`, as of the 2023-11-23 edition. A later code gets its partition by a migration.
STATES = """
    AN AP AR AS BR CG CH DH DL GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD PB PY RJ SK TN TR TS UK UP WB
""".split()  # noqa: SIM905 (one line reads better than 36 literals)

TABLES = """
CREATE TABLE setting (
    name text PRIMARY KEY,
    value text NOT NULL,
    revision integer NOT NULL,
    updated_at timestamptz NOT NULL,
    row_seal bytea NOT NULL
);

CREATE TABLE operator (
    name text PRIMARY KEY,
    role text NOT NULL,
    state text NOT NULL,
    salt bytea NOT NULL,
    argon2_memory_kib integer NOT NULL,
    argon2_passes integer NOT NULL,
    argon2_lanes integer NOT NULL,
    encryption_public bytea NOT NULL,
    signing_public bytea NOT NULL,
    private_sealed bytea NOT NULL,
    pin_sealed bytea NOT NULL,
    owner_password_sealed bytea,
    recovery_secret_sealed bytea,
    created_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);

CREATE TABLE kek (
    kek_id text PRIMARY KEY,
    state text NOT NULL,
    algorithm text NOT NULL,
    capacity integer NOT NULL,
    cryptoperiod_days integer NOT NULL,
    check_value text,
    token_serial text NOT NULL,
    created_at timestamptz NOT NULL,
    activated_at timestamptz,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);

CREATE TABLE kek_members (
    kek_id text PRIMARY KEY REFERENCES kek,
    members integer NOT NULL CHECK (members >= 0)
);

CREATE TABLE key_backup (
    label text PRIMARY KEY,
    public_key bytea NOT NULL,
    private_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);

CREATE TABLE directory (
    identity_token text PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE,
    state text NOT NULL,
    aadhaar_hash varchar(64) UNIQUE,
    pan_hash varchar(64) UNIQUE,
    phone_digest bytea,
    email_digest bytea,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE INDEX directory_phone ON directory (phone_digest);
CREATE INDEX directory_email ON directory (email_digest) WHERE email_digest IS NOT NULL;

CREATE TABLE data_key (
    data_key_id uuid PRIMARY KEY,
    identity_token text NOT NULL UNIQUE REFERENCES directory,
    kek_id text NOT NULL REFERENCES kek,
    algorithm text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL
);
CREATE INDEX data_key_kek ON data_key (kek_id);

CREATE TABLE identity_vault (
    identity_token text NOT NULL,
    user_id uuid NOT NULL,
    name_enc bytea,
    phone_enc bytea,
    email_enc bytea,
    address_enc bytea,
    birth_date_enc bytea,
    gstin_enc bytea,
    attributes_enc bytea,
    aadhaar_hash varchar(64),
    pan_hash varchar(64),
    state text NOT NULL,
    district text,
    roles text[] NOT NULL,
    primary_role text NOT NULL,
    verification_level text NOT NULL,
    last_verified timestamptz,
    status text NOT NULL,
    encryption_key_id uuid NOT NULL,
    revision integer NOT NULL,
    row_seal bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    is_deleted boolean NOT NULL,
    PRIMARY KEY (state, identity_token)
) PARTITION BY LIST (state);

CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    size bigint NOT NULL
);
INSERT INTO audit_head (size) VALUES (0);

CREATE TABLE audit_entry (
    index bigint PRIMARY KEY,
    time timestamptz NOT NULL,
    operator text NOT NULL,
    origin text NOT NULL,
    login_session text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    identity_token text,
    purpose text,
    reason text,
    citizen_revision integer,
    entry bytea NOT NULL,
    mac bytea
);
CREATE INDEX audit_entry_time ON audit_entry (time);
CREATE INDEX audit_entry_citizen ON audit_entry (identity_token, index) WHERE identity_token IS NOT NULL;
CREATE INDEX audit_entry_revision ON audit_entry (identity_token, index) WHERE citizen_revision IS NOT NULL;
"""

# The program's role gets what the use cases need and no more; of the log it can neither change nor delete a line.
GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE ON setting, operator, kek, kek_members, key_backup, directory, identity_vault TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON data_key TO {role};
GRANT SELECT, UPDATE ON audit_head TO {role};
GRANT SELECT, INSERT ON audit_entry TO {role};
GRANT SELECT ON alembic_version TO {role};
"""


def upgrade() -> None:
    """Make the first tables."""
    op.execute(TABLES)
    for state in STATES:
        op.execute(f"CREATE TABLE identity_vault_{state.lower()} PARTITION OF identity_vault FOR VALUES IN ('{state}')")
    op.execute(GRANTS.format(role=context.config.attributes["program_role"]))
