-- One look at the notices of each upload, not three: a plan over half a million of them took longer than a statement may.
CREATE OR REPLACE VIEW prune_candidates AS
SELECT h.upload_id, h.upload_timestamp,
       greatest(h.upload_timestamp, h.processing_completed_at, n.last_at) AS settled_at,
       h.total_records, h.error_records, h.pruned_at,
       CASE WHEN h.pruned_at IS NOT NULL THEN NULL
            WHEN h.status = 'processing' OR h.valid_records + h.error_records <> h.total_records THEN 'processing'
            WHEN EXISTS (SELECT FROM acknowledgements k
                          WHERE k.upload_id = h.upload_id AND (k.until IS NULL OR k.until > now())) THEN 'acknowledged'
            WHEN EXISTS (SELECT FROM upload_assignments w WHERE w.upload_id = h.upload_id) THEN 'assigned'
            WHEN h.items_doubted_at IS NOT NULL
                 OR EXISTS (SELECT FROM outbox o WHERE o.upload_id = h.upload_id AND o.refused_at IS NULL)
                 OR n.not_accepted_at >= coalesce(n.accepted_at, '-infinity') THEN 'open'
            END AS kept
  FROM upload_history h
 CROSS JOIN LATERAL (SELECT max(c.claimed_at) AS last_at,
                            max(c.claimed_at) FILTER (WHERE c.outcome = 'accepted') AS accepted_at,
                            max(c.claimed_at) FILTER (WHERE c.outcome <> 'accepted') AS not_accepted_at
                       FROM notifications c WHERE c.upload_id = h.upload_id) n
 WHERE h.prune_finished_at IS NULL;

-- As many rows at once as took some milliseconds the last time: where the machine is slow, or the records are large, the
-- next transaction begins with that many and not with 16 again, which there held the locks of each for too long. It begins
-- with 32 at most: the next upload's records may be larger.
CREATE FUNCTION intake_prune_step(p_upload_id text, p_before timestamptz, p_days integer, p_token text, p_budget_ms integer,
                                  p_step integer)
RETURNS TABLE (state text, records bigint, messages bigint, notices bigint, step integer)
LANGUAGE plpgsql AS $$
DECLARE
    ends      timestamptz := pg_catalog.clock_timestamp()
                             + least(greatest(p_budget_ms, 1), 25) * interval '1 millisecond';
    looked_at timestamptz;
    upload    public.prune_candidates;
    place     integer; -- the first row that is left,
    last      integer; -- and the last one
    gone      bigint;
    took_ms   double precision;
BEGIN
    state := 'kept'; records := 0; messages := 0; notices := 0;
    step := least(greatest(coalesce(p_step, 16), 1), 32);
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
        took_ms := extract(epoch FROM pg_catalog.clock_timestamp() - looked_at) * 1000;
        step := CASE WHEN took_ms < 2 THEN least(step * 2, 128)
                     WHEN took_ms > 4 THEN greatest(floor(step * 3 / took_ms), 1)
                     ELSE step END;
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

-- Of the release before.
CREATE OR REPLACE FUNCTION intake_prune(p_upload_id text, p_before timestamptz, p_days integer, p_token text,
                                        p_budget_ms integer)
RETURNS TABLE (state text, records bigint, messages bigint, notices bigint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT s.state, s.records, s.messages, s.notices
                   FROM public.intake_prune_step(p_upload_id, p_before, p_days, p_token, p_budget_ms, 16) s;
END
$$;

-- Search inside names and ids of products: without it one that finds nothing reads all of them. It costs 60 bytes a product.
-- It wants pg_trgm, which is used where it may be created.
DO $$
BEGIN
    CREATE INDEX products_search ON products
        USING gin (((sku || E'\n' || vendor_product_id || E'\n' || product_name) COLLATE "default") gin_trgm_ops)
        WITH (gin_pending_list_limit = 64);
EXCEPTION
    WHEN undefined_object THEN
        NULL; -- no pg_trgm
END
$$;
