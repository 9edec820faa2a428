-- The four group roles and what each may do. Run after every migration; idempotent; whoever logs in is made a member
-- of one of them elsewhere. None may log in itself, own anything, or become an owner or a superuser.

-- Here no function is looked up in schema public.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    wanted text;
    login name;
    ours regprocedure;
    table_of_ours regclass;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['intake_viewer', 'intake_support', 'intake_operator', 'intake_pipeline'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOCREATEDB NOCREATEROLE', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster made it meanwhile
            END;
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted
                    AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolcanlogin OR rolreplication OR rolbypassrls))
           OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = wanted)
        THEN
            RAISE EXCEPTION 'role % has more rights than it may have (attributes or memberships)', wanted
                USING HINT = 'Take them away with ALTER ROLE and REVOKE, then migrate again.';
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), wanted);
    END LOOP;

    -- No person's login may take all sessions, and with them the pipeline's; one that has a limit keeps it.
    FOR login IN SELECT DISTINCT u.rolname FROM pg_roles u JOIN pg_auth_members m ON m.member = u.oid
                   JOIN pg_roles g ON g.oid = m.roleid
                  WHERE g.rolname IN ('intake_viewer', 'intake_support', 'intake_operator')
                    AND u.rolcanlogin AND u.rolconnlimit = -1 AND NOT u.rolsuper AND u.rolname <> current_user
    LOOP
        BEGIN
            EXECUTE format('ALTER ROLE %I CONNECTION LIMIT 20', login);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL; -- made by somebody else; the doctor names it
        END;
    END LOOP;

    FOR ours IN SELECT p.oid FROM pg_proc p
                 WHERE p.pronamespace = 'public'::regnamespace
                   AND p.proowner = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)
                   AND NOT EXISTS (SELECT FROM pg_depend d
                                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
                   AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false)
                   AND p.prokind IN ('f', 'p')
    LOOP
        EXECUTE format('ALTER ROUTINE %s SET search_path = pg_catalog, public, pg_temp', ours);
    END LOOP;

    -- Tables of others are nobody's business here.
    FOR table_of_ours IN SELECT c.oid FROM pg_class c
                          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                            AND pg_has_role(c.relowner, 'USAGE')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, intake_viewer, intake_support, intake_operator, intake_pipeline',
                       table_of_ours);
        EXECUTE format('GRANT SELECT ON %s TO intake_viewer, intake_support, intake_operator, intake_pipeline',
                       table_of_ours);
    END LOOP;

    BEGIN
        REVOKE ALL ON SCHEMA public FROM intake_viewer, intake_support, intake_operator, intake_pipeline;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- the schema is somebody else's; migrate and doctor say so
    END;
END
$$;

SET LOCAL search_path = public, pg_temp;

REVOKE ALL ON FUNCTION intake_claim_upload, intake_prune, intake_prune_step, intake_prune_batch
    FROM PUBLIC, intake_viewer, intake_support, intake_operator, intake_pipeline;

GRANT USAGE ON SCHEMA public TO intake_viewer, intake_support, intake_operator, intake_pipeline;

-- Every role tells what it did, and what it was refused.
GRANT INSERT ON audit_log TO intake_viewer, intake_support, intake_operator, intake_pipeline;

GRANT INSERT, UPDATE ON notifications TO intake_support, intake_operator, intake_pipeline;

-- What one shift tells the next. Notes stay as they were written.
GRANT INSERT, UPDATE, DELETE ON acknowledgements, upload_assignments TO intake_support, intake_operator;
GRANT INSERT ON upload_notes TO intake_support, intake_operator;
GRANT INSERT ON fixed_uploads TO intake_operator;

-- An operator takes in again what is in the table; the function finds it, and could insert nothing for him.
GRANT EXECUTE ON FUNCTION intake_claim_upload TO intake_operator;
GRANT INSERT (vendor_id, vendor_name, email), UPDATE (vendor_name, email, status) ON vendors TO intake_operator;
GRANT INSERT (category_name, parent_category_id), UPDATE (is_active) ON product_categories TO intake_operator;
GRANT UPDATE ON upload_history TO intake_operator;
GRANT INSERT, UPDATE ON upload_records TO intake_operator;
GRANT INSERT, UPDATE, DELETE ON marks_due TO intake_operator, intake_pipeline;
GRANT INSERT, DELETE ON validation_errors, violation_rows, violation_packs TO intake_operator;
GRANT INSERT ON products TO intake_operator;
GRANT INSERT, UPDATE, DELETE ON outbox TO intake_operator;
GRANT INSERT, UPDATE, DELETE ON upload_reports TO intake_operator;
GRANT INSERT ON dead_letter_replays TO intake_operator;

-- Counters go with what they count: who writes the one writes the other.
GRANT INSERT, DELETE ON vendor_deltas TO intake_operator, intake_pipeline;
GRANT INSERT, UPDATE ON vendor_days, vendor_totals TO intake_operator, intake_pipeline;
GRANT UPDATE ON counters_folded TO intake_operator, intake_pipeline;

GRANT INSERT, UPDATE ON upload_history TO intake_pipeline;
GRANT INSERT, UPDATE ON upload_records TO intake_pipeline;
GRANT INSERT ON validation_errors, violation_rows, violation_packs TO intake_pipeline;
GRANT INSERT ON products TO intake_pipeline;
GRANT INSERT, UPDATE, DELETE ON outbox TO intake_pipeline;
GRANT INSERT, UPDATE, DELETE ON upload_reports TO intake_pipeline;
GRANT INSERT, UPDATE ON sweeps TO intake_pipeline;
GRANT INSERT ON late_errors TO intake_operator, intake_pipeline;
GRANT EXECUTE ON FUNCTION intake_claim_upload TO intake_pipeline;

-- Retention. What may be deleted, and when, the triggers of 0016 decide.
GRANT EXECUTE ON FUNCTION intake_prune, intake_prune_step, intake_prune_batch TO intake_operator, intake_pipeline;
GRANT DELETE ON upload_records TO intake_operator;
GRANT DELETE ON upload_records, violation_rows, violation_packs TO intake_pipeline;
GRANT INSERT, UPDATE ON prunes TO intake_pipeline;

-- Locks are their holders' alone; support takes those of the uploads whose notices it resends.
GRANT INSERT, UPDATE, DELETE ON leases TO intake_pipeline, intake_operator, intake_support;
ALTER TABLE leases ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS leases_read ON leases;
DROP POLICY IF EXISTS leases_support ON leases;
DROP POLICY IF EXISTS leases_all ON leases;
CREATE POLICY leases_read ON leases FOR SELECT USING (true);
CREATE POLICY leases_support ON leases TO intake_support
    USING (name LIKE 'operator UPLOAD\_%') WITH CHECK (name LIKE 'operator UPLOAD\_%');
CREATE POLICY leases_all ON leases TO intake_operator, intake_pipeline USING (true) WITH CHECK (true);

-- Support resends and nothing else: which notice a role may write is a matter of the row.
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS notifications_read ON notifications;
DROP POLICY IF EXISTS notifications_resend ON notifications;
DROP POLICY IF EXISTS notifications_mark_resend ON notifications;
DROP POLICY IF EXISTS notifications_all ON notifications;
CREATE POLICY notifications_read ON notifications FOR SELECT USING (true);
CREATE POLICY notifications_resend ON notifications FOR INSERT TO intake_support WITH CHECK (kind = 'resend');
CREATE POLICY notifications_mark_resend ON notifications FOR UPDATE TO intake_support
    USING (kind = 'resend') WITH CHECK (kind = 'resend');
CREATE POLICY notifications_all ON notifications TO intake_operator, intake_pipeline
    USING (true) WITH CHECK (true);
