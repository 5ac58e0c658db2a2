"""Limits: what was used when. Row-level security by state, and the states that an operator is bound to."""

from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A use is counted by number, so that "the tenth newest of this holder" is one look into the primary key.
# `until` is when its longest window has passed: then it means nothing any more and may go.
LIMITS = """
CREATE TABLE limit_use (
    holder text NOT NULL,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (holder, number)
);
CREATE INDEX limit_use_until ON limit_use (until);

-- Every window (amounts and seconds, side by side) of every holder: one use is counted with all holders, or with none
-- where a window is full. Gives the one that is full for longest. Plain loops: they cost half of what joins do.
-- Whoever names several holders names them in one order, so that two never wait for each other.
CREATE FUNCTION take_limits(holders text[], amounts bigint[], seconds bigint[])
RETURNS TABLE (holder_place integer, window_place integer, wait double precision) LANGUAGE plpgsql AS $function$
DECLARE
    moment timestamptz;
    newest bigint[];
    used timestamptz;
    kept bigint := 0;
    longest double precision := 0;
BEGIN
    -- A transaction of its own needs no way to the disk: what follows it, the entry in the log, is written
    -- after it and waits for the disk, so a use that let anything out is never forgotten, whatever crashes.
    PERFORM set_config('synchronous_commit', 'off', true);
    FOR h IN 1 .. cardinality(holders) LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('limit ' || holders[h], 0));
    END LOOP;
    moment := clock_timestamp();
    FOR h IN 1 .. cardinality(holders) LOOP
        newest[h] := (SELECT u.number FROM limit_use u WHERE u.holder = holders[h] ORDER BY u.number DESC LIMIT 1);
        FOR w IN 1 .. cardinality(amounts) LOOP
            kept := greatest(kept, seconds[w]);
            CONTINUE WHEN newest[h] IS NULL OR newest[h] < amounts[w];
            SELECT u.at INTO used FROM limit_use u
                WHERE u.holder = holders[h] AND u.number = newest[h] + 1 - amounts[w];
            IF extract(epoch FROM used - moment) + seconds[w] > longest THEN
                longest := extract(epoch FROM used - moment) + seconds[w];
                holder_place := h;
                window_place := w;
            END IF;
        END LOOP;
    END LOOP;
    IF longest > 0 THEN
        wait := longest;
        RETURN NEXT;
        RETURN;
    END IF;
    FOR h IN 1 .. cardinality(holders) LOOP
        INSERT INTO limit_use (holder, number, at, until)
            VALUES (holders[h], 1 + coalesce(newest[h], 0), moment, moment + make_interval(secs => kept));
        -- Now and then whoever adds rows takes away twice as many that mean nothing any more.
        CONTINUE WHEN newest[h] % 8 > 0;
        DELETE FROM limit_use WHERE ctid = ANY (ARRAY(
            SELECT old.ctid FROM limit_use old WHERE old.until < moment ORDER BY old.until LIMIT 16
            FOR UPDATE SKIP LOCKED
        ));
    END LOOP;
END
$function$;

-- The limit of searches by name was counted with it.
DROP INDEX audit_entry_search;
"""

# Citizens are seen by state. The setting of the connection names the states, or all of them by `*`; where it is not
# set, nothing is seen. Read in sub-selects, it is read once a statement and not once a row.
SEEN = """
    (SELECT current_setting('citizen_zero.states', true)) = '*'
    OR state = ANY ((SELECT string_to_array(current_setting('citizen_zero.states', true), ','))::text[])
"""

# The partitions have no policy of their own: whoever were granted one would see nothing in it.
ROW_SECURITY = """
ALTER TABLE operator ADD COLUMN states text[];

ALTER TABLE directory ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_vault ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_state ON directory TO {role} USING ({seen});
CREATE POLICY by_state ON identity_vault TO {role} USING ({seen});
DO $do$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'identity_vault'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
    END LOOP;
END
$do$;

-- The owner's view: the same rows by the same condition, but one that the index of names can be used beside.
CREATE VIEW named_directory AS
    SELECT identity_token, user_id, state, aadhaar_hash, pan_hash, phone_digest, email_digest, name_digests, revision,
           row_seal
    FROM directory WHERE {seen};
GRANT SELECT ON named_directory TO {role};
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON limit_use TO {role};
"""


def upgrade() -> None:
    """Add tables, function, policies and column."""
    op.execute(LIMITS)
    role = context.config.attributes["program_role"]
    op.execute(GRANTS.format(role=role))
    op.execute(ROW_SECURITY.format(role=role, seen=SEEN))
