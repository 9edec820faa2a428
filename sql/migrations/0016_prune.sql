-- Retention. After a time what tells of single records goes: ledger, violations, messages, the notices' text. What is
-- counted of an upload, its row, its notes, the audit log and the products stay.
ALTER TABLE upload_history
    ADD COLUMN pruned_at         timestamptz, -- its records began to go: nothing of them is shown any more,
    ADD COLUMN prune_finished_at timestamptz, -- and they are gone
    ADD COLUMN pruned_by         text,        -- who or what did it,
    ADD COLUMN prune_days        integer CHECK (prune_days >= 90), -- by the rule of so many days
    ADD COLUMN pruned_errors     jsonb;       -- its rejected records by their primary error_type, as they were

-- What is left to prune is found by age; what a killed run left half by these few.
CREATE INDEX upload_history_unpruned ON upload_history (upload_timestamp, upload_id) WHERE prune_finished_at IS NULL;
CREATE INDEX upload_history_half_pruned ON upload_history (upload_id)
    WHERE pruned_at IS NOT NULL AND prune_finished_at IS NULL;

-- Uploads whose records are still here, and why they are kept whatever their age: kept is NULL where age alone decides.
-- An acknowledgement keeps its upload until it expires, an assignment until it is released.
CREATE VIEW prune_candidates AS
SELECT h.upload_id, h.upload_timestamp,
       greatest(h.upload_timestamp, h.processing_completed_at,
                (SELECT max(n.claimed_at) FROM notifications n WHERE n.upload_id = h.upload_id)) AS settled_at,
       h.total_records, h.error_records, h.pruned_at,
       CASE WHEN h.pruned_at IS NOT NULL THEN NULL
            WHEN h.status = 'processing' OR h.valid_records + h.error_records <> h.total_records THEN 'processing'
            WHEN EXISTS (SELECT FROM acknowledgements k
                          WHERE k.upload_id = h.upload_id AND (k.until IS NULL OR k.until > now())) THEN 'acknowledged'
            WHEN EXISTS (SELECT FROM upload_assignments w WHERE w.upload_id = h.upload_id) THEN 'assigned'
            WHEN h.items_doubted_at IS NOT NULL
                 OR EXISTS (SELECT FROM outbox o WHERE o.upload_id = h.upload_id AND o.refused_at IS NULL)
                 OR EXISTS (SELECT FROM notifications n
                             WHERE n.upload_id = h.upload_id AND n.outcome <> 'accepted'
                               AND NOT EXISTS (SELECT FROM notifications a
                                                WHERE a.upload_id = n.upload_id AND a.outcome = 'accepted'
                                                  AND a.claimed_at > n.claimed_at)) THEN 'open'
            END AS kept
  FROM upload_history h
 WHERE h.prune_finished_at IS NULL;

-- One short transaction of a prune: marks the upload as pruned, takes away records with all that tells of them, for as
-- long as the budget lasts, and says that it is finished when none is left: nothing younger than 90 days, nothing that is
-- kept, nothing without the lease that operators take on an upload.
CREATE FUNCTION intake_prune(p_upload_id text, p_before timestamptz, p_days integer, p_token text, p_budget_ms integer)
RETURNS TABLE (state text, records bigint, messages bigint, notices bigint)
LANGUAGE plpgsql AS $$
DECLARE
    ends      timestamptz := pg_catalog.clock_timestamp()
                             + least(greatest(p_budget_ms, 1), 25) * interval '1 millisecond';
    looked_at timestamptz;
    upload    public.prune_candidates;
    place     integer; -- the first row that is left,
    last      integer; -- and the last one
    step      integer := 16; -- rows at once: more while they go fast
    gone      bigint;
BEGIN
    state := 'kept'; records := 0; messages := 0; notices := 0;
    IF p_days IS NULL OR p_before IS NULL OR p_days < 90
       OR p_before > pg_catalog.now() - p_days * interval '24 hours' THEN
        RAISE EXCEPTION 'records of uploads younger than 90 days are not pruned' USING ERRCODE = 'check_violation';
    END IF;

    UPDATE public.leases l SET renewed_at = pg_catalog.clock_timestamp()
     WHERE l.name = 'operator ' || p_upload_id AND l.token = p_token;
    IF NOT FOUND THEN
        state := 'overtaken';
        RETURN NEXT;
        RETURN;
    END IF;

    -- Whoever may still change an upload, the pipeline too, takes its row's lock. One that is at work is not waited for.
    IF EXISTS (SELECT FROM public.upload_history h WHERE h.upload_id = p_upload_id AND h.pruned_at IS NULL) THEN
        PERFORM FROM public.upload_history h WHERE h.upload_id = p_upload_id FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            state := 'busy';
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    SELECT c.* INTO upload FROM public.prune_candidates c WHERE c.upload_id = p_upload_id;
    IF NOT FOUND OR upload.kept IS NOT NULL
       OR upload.settled_at >= (CASE WHEN upload.pruned_at IS NULL THEN p_before
                                     ELSE pg_catalog.now() - interval '90 days' END) THEN
        RETURN NEXT;
        RETURN;
    END IF;

    IF upload.pruned_at IS NULL THEN
        -- A record that was judged again since is as young as that.
        IF EXISTS (SELECT FROM public.upload_records r WHERE r.upload_id = p_upload_id AND r.judged_at >= p_before) THEN
            RETURN NEXT;
            RETURN;
        END IF;
        UPDATE public.upload_history h
           SET pruned_at = pg_catalog.clock_timestamp(), pruned_by = session_user, prune_days = p_days,
               pruned_errors = (SELECT coalesce(jsonb_object_agg(e.error_type, e.records), '{}')
                                  FROM (SELECT r.error_type, count(*) AS records FROM public.upload_records r
                                         WHERE r.upload_id = p_upload_id AND r.outcome = 'error'
                                         GROUP BY r.error_type) e)
         WHERE h.upload_id = p_upload_id;
    END IF;

    state := 'begun';
    SELECT min(s.row_number), max(s.row_number) INTO place, last
      FROM (SELECT min(r.row_number) AS row_number FROM public.upload_records r WHERE r.upload_id = p_upload_id
             UNION ALL SELECT max(r.row_number) FROM public.upload_records r WHERE r.upload_id = p_upload_id
             UNION ALL SELECT min(e.row_number) FROM public.violation_rows e WHERE e.upload_id = p_upload_id
             UNION ALL SELECT max(e.row_number) FROM public.violation_rows e WHERE e.upload_id = p_upload_id
             UNION ALL SELECT min(p.row_number) FROM public.violation_packs p WHERE p.upload_id = p_upload_id
             UNION ALL SELECT max(p.row_number) FROM public.violation_packs p WHERE p.upload_id = p_upload_id) s;
    WHILE place <= last LOOP
        looked_at := pg_catalog.clock_timestamp();
        IF looked_at >= ends THEN
            RETURN NEXT;
            RETURN;
        END IF;
        DELETE FROM public.violation_packs p
         WHERE p.upload_id = p_upload_id AND p.row_number >= place AND p.row_number < place + step;
        DELETE FROM public.violation_rows e
         WHERE e.upload_id = p_upload_id AND e.row_number >= place AND e.row_number < place + step;
        DELETE FROM public.upload_records r
         WHERE r.upload_id = p_upload_id AND r.row_number >= place AND r.row_number < place + step;
        GET DIAGNOSTICS gone = ROW_COUNT;
        records := records + gone;
        place := place + step;
        step := CASE WHEN pg_catalog.clock_timestamp() - looked_at < interval '2 milliseconds' THEN least(step * 2, 128)
                     ELSE greatest(step / 2, 1) END;
    END LOOP;

    LOOP
        IF pg_catalog.clock_timestamp() >= ends THEN
            RETURN NEXT;
            RETURN;
        END IF;
        DELETE FROM public.outbox o
         WHERE o.id IN (SELECT i.id FROM public.outbox i WHERE i.upload_id = p_upload_id ORDER BY i.id LIMIT 64);
        GET DIAGNOSTICS gone = ROW_COUNT;
        messages := messages + gone;
        EXIT WHEN gone = 0;
    END LOOP;

    UPDATE public.notifications n SET body = NULL WHERE n.upload_id = p_upload_id AND n.body IS NOT NULL;
    GET DIAGNOSTICS gone = ROW_COUNT;
    notices := gone;
    UPDATE public.upload_history h SET prune_finished_at = pg_catalog.clock_timestamp()
     WHERE h.upload_id = p_upload_id;
    state := 'finished';
    RETURN NEXT;
END
$$;

-- Who prunes has to be allowed to delete, and is held to it: records and violations go of uploads that are marked, 90 days
-- old, and under the lease that this very transaction renewed. Re-validation replaces an operator's violations as before.
CREATE FUNCTION prune_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    refused text;
BEGIN
    IF pg_catalog.pg_has_role(current_user, (SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = TG_RELID), 'USAGE')
       OR (TG_TABLE_NAME <> 'upload_records' AND pg_catalog.pg_has_role(current_user, 'intake_operator', 'USAGE')) THEN
        RETURN NULL;
    END IF;
    IF TG_WHEN = 'BEFORE' THEN
        IF NOT EXISTS (SELECT FROM public.leases l WHERE l.xmin = pg_catalog.pg_current_xact_id()::xid) THEN
            refused := 'these rows';
        END IF;
    ELSE
        SELECT g.upload_id INTO refused FROM (SELECT DISTINCT d.upload_id FROM gone d) g
         WHERE NOT EXISTS (SELECT FROM public.upload_history h
                             JOIN public.leases l ON l.name = 'operator ' || h.upload_id
                              AND l.xmin = pg_catalog.pg_current_xact_id()::xid
                            WHERE h.upload_id = g.upload_id AND h.pruned_at IS NOT NULL
                              AND greatest(h.upload_timestamp, h.processing_completed_at)
                                  < pg_catalog.now() - interval '90 days')
         LIMIT 1;
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'permission denied to delete % from %: use intake prune', refused, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER upload_records_guarded BEFORE DELETE ON upload_records
    FOR EACH STATEMENT EXECUTE FUNCTION prune_guard();
CREATE TRIGGER upload_records_gone AFTER DELETE ON upload_records REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION prune_guard();
CREATE TRIGGER violation_rows_guarded BEFORE DELETE ON violation_rows
    FOR EACH STATEMENT EXECUTE FUNCTION prune_guard();
CREATE TRIGGER violation_rows_gone AFTER DELETE ON violation_rows REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION prune_guard();
CREATE TRIGGER violation_packs_guarded BEFORE DELETE ON violation_packs
    FOR EACH STATEMENT EXECUTE FUNCTION prune_guard();
CREATE TRIGGER violation_packs_gone AFTER DELETE ON violation_packs REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION prune_guard();

-- How the schedule's last prune ended: one row, for whoever asks whether there are any.
CREATE TABLE prunes (
    only_one        boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    ended_at        timestamptz NOT NULL,
    older_than_days integer NOT NULL,
    uploads         bigint NOT NULL,
    records         bigint NOT NULL,
    more            boolean NOT NULL, -- its time or its share of records was over before all was done
    failure         text
);
