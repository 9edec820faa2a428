-- The ledger's row is written once, and as small as it can be. It was written again for the mark of its item: the row and
-- its index entries lay there twice, and pages that split in between stayed half empty. What is to be marked stands for
-- that moment in a table of its own. A third of the ledger's weight goes with it.
--
-- NULL in a row says: record_id: REC_ and the row's number in five digits; revision: 0. Of a valid record
-- vendor_product_id, sku, extra_fields, field_count: as the product says, and nothing is wrong with it. Rows from before
-- say all of it.
ALTER TABLE upload_records
    ALTER COLUMN record_id DROP NOT NULL,
    ALTER COLUMN revision DROP NOT NULL,
    ALTER COLUMN extra_fields DROP NOT NULL,
    ALTER COLUMN field_count DROP NOT NULL;

COMMENT ON COLUMN upload_records.item_marked_at IS
    'NULL: its item is to be marked. Of a record that was judged just now that stands in marks_due instead';

-- Records that were judged just now: whoever judged them marks their items, and takes them out of here. What is left of a
-- dead one goes back into the ledger within minutes (intake_fold_marks). No reference: it would cost more than the rest.
CREATE TABLE marks_due (
    upload_id  text COLLATE "C" NOT NULL,
    row_number integer NOT NULL,
    judged_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (upload_id, row_number)
);

-- Whose item is to be marked, wherever that stands.
CREATE VIEW unmarked_records AS
SELECT upload_id, row_number FROM upload_records WHERE item_marked_at IS NULL
 UNION
SELECT upload_id, row_number FROM marks_due;

-- A row whose item is to be marked says everything: the release before reads it, and adds 1 to the revision of a verdict
-- that it makes anew.
CREATE FUNCTION upload_records_fill() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.record_id := coalesce(NEW.record_id, 'REC_' || lpad(NEW.row_number::text,
                                                            greatest(5, length(NEW.row_number::text)), '0'));
    NEW.revision := coalesce(NEW.revision, (NEW.judged_at <> OLD.judged_at)::integer);
    RETURN NEW;
END
$$;

CREATE TRIGGER upload_records_filled BEFORE UPDATE ON upload_records
    FOR EACH ROW WHEN (NEW.item_marked_at IS NULL AND (NEW.record_id IS NULL OR NEW.revision IS NULL))
    EXECUTE FUNCTION upload_records_fill();

-- Of the marks that nobody wrote the ledger says so itself, where the sweep finds them: how many they were.
CREATE FUNCTION intake_fold_marks(most integer DEFAULT 20000) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    folded integer;
BEGIN
    WITH late AS (
        DELETE FROM public.marks_due
         WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM public.marks_due d
                                  WHERE d.judged_at < pg_catalog.now() - interval '2 minutes'
                                  LIMIT most FOR UPDATE SKIP LOCKED))
        RETURNING upload_id, row_number
    ), told AS (
        UPDATE public.upload_records r SET item_marked_at = NULL FROM late
         WHERE r.upload_id = late.upload_id AND r.row_number = late.row_number AND r.item_marked_at IS NOT NULL
    )
    SELECT count(*) INTO folded FROM late;
    RETURN folded;
END
$$;

-- As before, and the marks with them: this is what the sweep of the release before calls.
CREATE OR REPLACE FUNCTION intake_fold_counters(most integer DEFAULT 20000) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    folded integer;
BEGIN
    PERFORM public.intake_fold_marks();
    PERFORM FROM public.counters_folded FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    WITH taken AS (
        DELETE FROM public.vendor_deltas
         WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM public.vendor_deltas d LIMIT most))
        RETURNING *
    ), by_day AS MATERIALIZED (
        SELECT vendor_id, day, sum(uploads) AS uploads, sum(failed_uploads) AS failed_uploads, sum(records) AS records,
               sum(valid) AS valid, sum(errors) AS errors, sum(products) AS products, max(last_upload_at) AS last_upload_at
          FROM taken GROUP BY vendor_id, day
    ), days AS (
        INSERT INTO public.vendor_days AS o SELECT * FROM by_day
        ON CONFLICT (vendor_id, day) DO UPDATE
           SET uploads = o.uploads + excluded.uploads, failed_uploads = o.failed_uploads + excluded.failed_uploads,
               records = o.records + excluded.records, valid = o.valid + excluded.valid,
               errors = o.errors + excluded.errors, products = o.products + excluded.products,
               last_upload_at = greatest(o.last_upload_at, excluded.last_upload_at)
    ), totals AS (
        INSERT INTO public.vendor_totals AS o
        SELECT vendor_id, sum(uploads), sum(failed_uploads), sum(records), sum(valid), sum(errors), sum(products),
               max(last_upload_at)
          FROM by_day GROUP BY vendor_id
        ON CONFLICT (vendor_id) DO UPDATE
           SET uploads = o.uploads + excluded.uploads, failed_uploads = o.failed_uploads + excluded.failed_uploads,
               records = o.records + excluded.records, valid = o.valid + excluded.valid,
               errors = o.errors + excluded.errors, products = o.products + excluded.products,
               last_upload_at = greatest(o.last_upload_at, excluded.last_upload_at)
    )
    SELECT count(*) INTO folded FROM taken;
    UPDATE public.counters_folded SET at = clock_timestamp();
    RETURN folded;
END
$$;
