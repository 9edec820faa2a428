-- Errors have numbers that grow with time, so that those of an old month are walked among the numbers of that month: without
-- it a search in it sorted all of its errors, seconds for a hundred thousand. Which uploads got errors long after they came
-- (judged again, held up) stands here: theirs are looked at besides. They are few. Kept by a trigger, whoever writes.
CREATE TABLE late_errors (
    upload_id text COLLATE "C" PRIMARY KEY REFERENCES upload_history ON DELETE CASCADE
);

CREATE FUNCTION late_errors_note() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.late_errors (upload_id)
    SELECT h.upload_id FROM (SELECT DISTINCT a.upload_id FROM added a) w JOIN public.upload_history h USING (upload_id)
     WHERE pg_catalog.clock_timestamp() - h.upload_timestamp > interval '1 hour'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- Writers finish first what they began. Readers do not wait; about a second for a million errors.
LOCK TABLE violation_rows IN SHARE ROW EXCLUSIVE MODE;

CREATE TRIGGER violation_rows_late AFTER INSERT ON violation_rows
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION late_errors_note();

INSERT INTO late_errors (upload_id)
SELECT DISTINCT h.upload_id FROM violation_rows e JOIN upload_history h USING (upload_id)
 WHERE e.created_at - h.upload_timestamp > interval '1 hour';
