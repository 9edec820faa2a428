-- A prune of many small uploads: several in each transaction, many rows in each statement. One at a time took 7 ms for five
-- records, most of it three commits and as many round trips.

-- Writing an upload's row again is what a prune of it costs most, and the index of the search most of that: it took what
-- was put aside for it 4 MB at a time, for a tenth of a second and more, whoever it was that filled it.
ALTER INDEX IF EXISTS upload_history_search SET (gin_pending_list_limit = 64);

-- The first uploads of p_uploads, which have p_records records each, as long as the budget lasts: some at once, with about
-- p_step records, more while they go fast (step: of the next call). Each is marked and finished in this transaction, under
-- the lease that operators take, which comes and goes within it: nobody sees one half done. `looked_at` of them are done
-- with. passed_over: the pipeline is at it, or it is kept since. `apart`: somebody has its lease, or died with it.
CREATE FUNCTION intake_prune_batch(p_uploads text[], p_records integer[], p_before timestamptz, p_days integer,
                                   p_token text, p_budget_ms integer, p_step integer)
RETURNS TABLE (looked_at integer, uploads bigint, records bigint, messages bigint, notices bigint, passed_over bigint,
               apart text[], step integer)
LANGUAGE plpgsql 
    SET plan_cache_mode = force_generic_plan -- to plan them each time took longer than to run them
    SET enable_seqscan = off                 -- leases come and go, and their table is mostly what is gone
    SET jit = off                            -- which what is off is dear enough for
AS $$
DECLARE
    upload_weight CONSTANT integer := 4; -- in records: what an upload costs besides those
    ends     timestamptz := pg_catalog.clock_timestamp()
                            + least(greatest(p_budget_ms, 1), 25) * interval '1 millisecond';
    began    timestamptz;
    took_ms  double precision;
    asked    text[]; -- of this round, and of them
    free     text[]; -- whose lease nobody had,
    locked   text[]; -- whose row nobody had,
    due      text[]; -- and that may go
    leased   text[] := '{}';
    upto     integer;
    weight   integer;
    gone     bigint;
BEGIN
    looked_at := 0; uploads := 0; records := 0; messages := 0; notices := 0; passed_over := 0; apart := '{}';
    step := least(greatest(coalesce(p_step, 16), 1), 512);
    IF p_days IS NULL OR p_before IS NULL OR p_days < 90
       OR p_before > pg_catalog.now() - p_days * interval '24 hours' THEN
        RAISE EXCEPTION 'records of uploads younger than 90 days are not pruned' USING ERRCODE = 'check_violation';
    END IF;
    IF cardinality(p_uploads) IS DISTINCT FROM cardinality(p_records) OR p_token IS NULL THEN
        RAISE EXCEPTION 'as many counts as uploads, and a token' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A lease that comes up in between is not waited for with all this locked.
    PERFORM pg_catalog.set_config('lock_timeout', '20ms', true);

    WHILE looked_at < cardinality(p_uploads) LOOP
        began := pg_catalog.clock_timestamp();
        upto := looked_at + 1;
        weight := p_records[upto] + upload_weight;
        WHILE upto < cardinality(p_uploads) AND weight + p_records[upto + 1] + upload_weight <= step LOOP
            upto := upto + 1;
            weight := weight + p_records[upto] + upload_weight;
        END LOOP;
        asked := p_uploads[looked_at + 1:upto];
        looked_at := upto;

        WITH taken AS (
            INSERT INTO public.leases (name, token, holder, session_pid, renewed_at, until)
            SELECT 'operator ' || a.upload_id, p_token, '', 0, pg_catalog.now(), pg_catalog.now()
              FROM unnest(asked) WITH ORDINALITY a (upload_id, place)
             WHERE NOT EXISTS (SELECT FROM public.leases l WHERE l.name = 'operator ' || a.upload_id)
             ORDER BY a.place
            ON CONFLICT DO NOTHING
            RETURNING substr(name, length('operator ') + 1) AS upload_id
        )
        SELECT coalesce(array_agg(t.upload_id), '{}') INTO free FROM taken t;
        leased := leased || free;
        PERFORM pg_catalog.set_config('intake.leased', 'operator ' || coalesce(free[1], ''), true);
        IF cardinality(free) < cardinality(asked) THEN
            apart := apart || ARRAY(SELECT unnest(asked) EXCEPT SELECT unnest(free));
        END IF;

        -- Whoever may still change an upload, the pipeline too, takes its row's lock. One that is at work is not waited for.
        locked := ARRAY(SELECT h.upload_id FROM public.upload_history h WHERE h.upload_id = ANY (free)
                         ORDER BY h.upload_id FOR UPDATE SKIP LOCKED);
        passed_over := passed_over + cardinality(free) - cardinality(locked);

        -- Nothing is due twice; what another prune finished meanwhile was not passed over. A record that was judged again
        -- since is as young as that.
        passed_over := passed_over + (SELECT count(*) FROM public.prune_candidates c
                                       WHERE c.upload_id = ANY (locked)
                                         AND (c.pruned_at IS NOT NULL OR c.kept IS NOT NULL OR c.settled_at >= p_before));
        due := ARRAY(SELECT c.upload_id FROM public.prune_candidates c
                      WHERE c.upload_id = ANY (locked) AND c.pruned_at IS NULL AND c.kept IS NULL
                        AND c.settled_at < p_before);
        WITH judged AS MATERIALIZED (
            SELECT r.upload_id, r.error_type, count(*) AS records, max(r.judged_at) AS newest_at
              FROM public.upload_records r WHERE r.upload_id = ANY (due) GROUP BY r.upload_id, r.error_type
        ), told AS (
            SELECT d.upload_id, jsonb_object_agg(j.error_type, j.records) FILTER (WHERE j.error_type IS NOT NULL) AS errors
              FROM unnest(due) d (upload_id) LEFT JOIN judged j ON j.upload_id = d.upload_id
             GROUP BY d.upload_id HAVING max(j.newest_at) >= p_before IS NOT TRUE
        ), marked AS (
            UPDATE public.upload_history h
               SET pruned_at = pg_catalog.clock_timestamp(), prune_finished_at = pg_catalog.clock_timestamp(),
                   pruned_by = session_user, prune_days = p_days, pruned_errors = coalesce(t.errors, '{}')
              FROM told t WHERE h.upload_id = t.upload_id
            RETURNING h.upload_id
        )
        SELECT coalesce(array_agg(m.upload_id), '{}'), passed_over + cardinality(due) - count(*) INTO due, passed_over
          FROM marked m;

        IF due <> '{}' THEN
            DELETE FROM public.violation_packs p WHERE p.upload_id = ANY (due);
            DELETE FROM public.violation_rows e WHERE e.upload_id = ANY (due);
            DELETE FROM public.upload_records r WHERE r.upload_id = ANY (due);
            GET DIAGNOSTICS gone = ROW_COUNT;
            records := records + gone;
            DELETE FROM public.outbox o WHERE o.upload_id = ANY (due);
            GET DIAGNOSTICS gone = ROW_COUNT;
            messages := messages + gone;
            UPDATE public.notifications n SET body = NULL WHERE n.upload_id = ANY (due) AND n.body IS NOT NULL;
            GET DIAGNOSTICS gone = ROW_COUNT;
            notices := notices + gone;
        END IF;
        uploads := uploads + cardinality(due);

        took_ms := extract(epoch FROM pg_catalog.clock_timestamp() - began) * 1000;
        step := CASE WHEN took_ms < 3 THEN least(step * 2, 512)
                     WHEN took_ms > 6 THEN greatest(floor(step * 4 / took_ms), 1)
                     ELSE step END;
        EXIT WHEN pg_catalog.clock_timestamp() >= ends;
    END LOOP;

    DELETE FROM public.leases l WHERE l.name = ANY (SELECT 'operator ' || d FROM unnest(leased) d) AND l.token = p_token;
    RETURN NEXT;
END
$$;

-- As in 0016, but a lease that is named is not looked for among all. Naming one opens nothing: it must be this transaction's,
-- and what was deleted is looked at all the same.
CREATE OR REPLACE FUNCTION prune_guard() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    refused text;
BEGIN
    IF pg_catalog.pg_has_role(current_user, (SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = TG_RELID), 'USAGE')
       OR (TG_TABLE_NAME <> 'upload_records' AND pg_catalog.pg_has_role(current_user, 'intake_operator', 'USAGE')) THEN
        RETURN NULL;
    END IF;
    IF TG_WHEN = 'BEFORE' THEN
        IF NOT EXISTS (SELECT FROM public.leases l WHERE l.name = pg_catalog.current_setting('intake.leased', true)
                          AND l.xmin = pg_catalog.pg_current_xact_id()::xid)
           AND NOT EXISTS (SELECT FROM public.leases l WHERE l.xmin = pg_catalog.pg_current_xact_id()::xid) THEN
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
