"""A use counted in the transaction of its entry: one way to the disk for both.

`take_limits` counts in a transaction of its own, as before. `count_uses` counts in the caller's, and tells the
statements behind it by a setting of the transaction that the use was refused.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LIMITS = """
CREATE FUNCTION count_uses(holders text[], amounts bigint[], seconds bigint[])
RETURNS TABLE (holder_place integer, window_place integer, wait double precision) LANGUAGE plpgsql AS $function$
DECLARE
    moment timestamptz;
    newest bigint[];
    used timestamptz;
    kept bigint := 0;
    longest double precision := 0;
BEGIN
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
        PERFORM set_config('citizen_zero.refused', 'yes', true);
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

CREATE OR REPLACE FUNCTION take_limits(holders text[], amounts bigint[], seconds bigint[])
RETURNS TABLE (holder_place integer, window_place integer, wait double precision) LANGUAGE plpgsql AS $function$
BEGIN
    -- A transaction of its own needs no way to the disk: what follows it, the entry in the log, is written
    -- after it and waits for the disk, so a use that let anything out is never forgotten, whatever crashes.
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN QUERY SELECT * FROM count_uses(holders, amounts, seconds);
END
$function$;
"""


def upgrade() -> None:
    """Take the counting out of the function that is a transaction of its own."""
    op.execute(LIMITS)
