-- What lists and charts show of a vendor is kept, not counted: one row for each vendor and day, and one for each vendor.
-- Triggers of the tables keep it, so that whoever writes is counted, the functions of the release before too. They only
-- append what changed, so that no transaction waits for another one's counter and none can meet another in a circle; the
-- sweep folds what was appended into the rows. A reader adds both up in one statement, which is exact at every moment.

-- Writers first finish what they began. In the order in which a batch takes its tables: this waits for no one who waits
-- for this.
LOCK TABLE products, upload_history IN SHARE ROW EXCLUSIVE MODE;

-- Uploads are of the day of upload_timestamp, products of the one on which they were accepted.
CREATE TABLE vendor_days (
    vendor_id      text COLLATE "C" NOT NULL, -- '': of uploads that name none
    day            date NOT NULL,             -- UTC
    uploads        bigint NOT NULL DEFAULT 0,
    failed_uploads bigint NOT NULL DEFAULT 0,
    records        bigint NOT NULL DEFAULT 0,
    valid          bigint NOT NULL DEFAULT 0,
    errors         bigint NOT NULL DEFAULT 0,
    products       bigint NOT NULL DEFAULT 0,
    last_upload_at timestamptz,
    PRIMARY KEY (vendor_id, day)
) WITH (fillfactor = 80);

CREATE INDEX vendor_days_day ON vendor_days (day, vendor_id);

CREATE TABLE vendor_totals (
    vendor_id      text COLLATE "C" PRIMARY KEY,
    uploads        bigint NOT NULL DEFAULT 0,
    failed_uploads bigint NOT NULL DEFAULT 0,
    records        bigint NOT NULL DEFAULT 0,
    valid          bigint NOT NULL DEFAULT 0,
    errors         bigint NOT NULL DEFAULT 0,
    products       bigint NOT NULL DEFAULT 0,
    last_upload_at timestamptz
) WITH (fillfactor = 80);

-- What was not folded yet. No index: it is read whole, and every statement of the pipeline pays for it.
CREATE TABLE vendor_deltas (
    vendor_id      text COLLATE "C" NOT NULL,
    day            date NOT NULL,
    uploads        bigint NOT NULL DEFAULT 0,
    failed_uploads bigint NOT NULL DEFAULT 0,
    records        bigint NOT NULL DEFAULT 0,
    valid          bigint NOT NULL DEFAULT 0,
    errors         bigint NOT NULL DEFAULT 0,
    products       bigint NOT NULL DEFAULT 0,
    last_upload_at timestamptz
);

-- Its row is locked by whoever changes vendor_days and vendor_totals.
CREATE TABLE counters_folded (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    at       timestamptz NOT NULL DEFAULT now()
);
INSERT INTO counters_folded DEFAULT VALUES;

-- What is read of the counters.
CREATE VIEW vendor_counts AS
SELECT vendor_id, sum(uploads)::bigint AS uploads, sum(failed_uploads)::bigint AS failed_uploads,
       sum(records)::bigint AS records, sum(valid)::bigint AS valid, sum(errors)::bigint AS errors,
       sum(products)::bigint AS products, max(last_upload_at) AS last_upload_at
  FROM (SELECT vendor_id, uploads, failed_uploads, records, valid, errors, products, last_upload_at FROM vendor_totals
         UNION ALL
        SELECT vendor_id, uploads, failed_uploads, records, valid, errors, products, last_upload_at FROM vendor_deltas) c
 GROUP BY vendor_id;

CREATE VIEW vendor_day_counts AS
SELECT vendor_id, day, sum(uploads)::bigint AS uploads, sum(failed_uploads)::bigint AS failed_uploads,
       sum(records)::bigint AS records, sum(valid)::bigint AS valid, sum(errors)::bigint AS errors,
       sum(products)::bigint AS products, max(last_upload_at) AS last_upload_at
  FROM (SELECT vendor_id, day, uploads, failed_uploads, records, valid, errors, products, last_upload_at FROM vendor_days
         UNION ALL
        SELECT vendor_id, day, uploads, failed_uploads, records, valid, errors, products, last_upload_at
          FROM vendor_deltas) c
 GROUP BY vendor_id, day;

CREATE OR REPLACE VIEW vendor_summary AS
SELECT v.vendor_id, v.vendor_name, v.email, v.status,
       coalesce(c.uploads, 0) AS uploads,
       coalesce(c.records, 0) AS total_records,
       coalesce(c.valid, 0) AS valid_records,
       coalesce(c.errors, 0) AS error_records,
       CASE WHEN c.records > 0 THEN round(100.0 * c.valid / c.records, 1) END AS success_rate,
       coalesce(c.products, 0) AS products,
       c.last_upload_at, v.created_at, v.updated_at
  FROM vendors v
  LEFT JOIN vendor_counts c USING (vendor_id);

-- What the rows say.
CREATE VIEW counted_days AS
SELECT vendor_id, day, sum(uploads)::bigint AS uploads, sum(failed_uploads)::bigint AS failed_uploads,
       sum(records)::bigint AS records, sum(valid)::bigint AS valid, sum(errors)::bigint AS errors,
       sum(products)::bigint AS products, max(last_upload_at) AS last_upload_at
  FROM (SELECT coalesce(vendor_id, '') AS vendor_id, (upload_timestamp AT TIME ZONE 'UTC')::date AS day,
               count(*) AS uploads, count(*) FILTER (WHERE status = 'failed') AS failed_uploads,
               sum(total_records) AS records, sum(valid_records) AS valid, sum(error_records) AS errors,
               0 AS products, max(upload_timestamp) AS last_upload_at
          FROM upload_history GROUP BY 1, 2
         UNION ALL
        SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0, 0, count(*), NULL
          FROM products GROUP BY 1, 2) r
 GROUP BY vendor_id, day;

-- Each counter that is not what the rows say; day is null for that of all days. Times are microseconds.
CREATE VIEW counter_differences AS
WITH counted AS MATERIALIZED (SELECT * FROM counted_days),
both_ways AS (
    SELECT true AS kept, * FROM vendor_day_counts
     UNION ALL
    SELECT false, * FROM counted
     UNION ALL
    SELECT true, vendor_id, NULL, uploads, failed_uploads, records, valid, errors, products, last_upload_at
      FROM vendor_counts
     UNION ALL
    SELECT false, vendor_id, NULL, uploads, failed_uploads, records, valid, errors, products, last_upload_at FROM counted
),
compared AS (
    SELECT vendor_id, day,
           sum(uploads) FILTER (WHERE kept) AS uploads_k, sum(uploads) FILTER (WHERE NOT kept) AS uploads_c,
           sum(failed_uploads) FILTER (WHERE kept) AS failed_k, sum(failed_uploads) FILTER (WHERE NOT kept) AS failed_c,
           sum(records) FILTER (WHERE kept) AS records_k, sum(records) FILTER (WHERE NOT kept) AS records_c,
           sum(valid) FILTER (WHERE kept) AS valid_k, sum(valid) FILTER (WHERE NOT kept) AS valid_c,
           sum(errors) FILTER (WHERE kept) AS errors_k, sum(errors) FILTER (WHERE NOT kept) AS errors_c,
           sum(products) FILTER (WHERE kept) AS products_k, sum(products) FILTER (WHERE NOT kept) AS products_c,
           max(last_upload_at) FILTER (WHERE kept) AS last_k, max(last_upload_at) FILTER (WHERE NOT kept) AS last_c
      FROM both_ways GROUP BY vendor_id, day
)
SELECT vendor_id, day, counter, kept, counted
  FROM compared CROSS JOIN LATERAL (VALUES
       (1, 'uploads', coalesce(uploads_k, 0)::bigint, coalesce(uploads_c, 0)::bigint),
       (2, 'failed_uploads', coalesce(failed_k, 0)::bigint, coalesce(failed_c, 0)::bigint),
       (3, 'records', coalesce(records_k, 0)::bigint, coalesce(records_c, 0)::bigint),
       (4, 'valid', coalesce(valid_k, 0)::bigint, coalesce(valid_c, 0)::bigint),
       (5, 'errors', coalesce(errors_k, 0)::bigint, coalesce(errors_c, 0)::bigint),
       (6, 'products', coalesce(products_k, 0)::bigint, coalesce(products_c, 0)::bigint),
       (7, 'last_upload_at', (extract(epoch FROM last_k) * 1000000)::bigint,
        (extract(epoch FROM last_c) * 1000000)::bigint)) AS c (place, counter, kept, counted)
 WHERE kept IS DISTINCT FROM counted;

-- Folds what was appended, `most` of it at a time: how much it was. Nothing while somebody else is at it.
CREATE FUNCTION intake_fold_counters(most integer DEFAULT 20000) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    folded integer;
BEGIN
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

-- Everything that is there, waiting for whoever is at it; the lock stays until the transaction ends.
CREATE FUNCTION fold_all_counters() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.counters_folded FOR UPDATE;
    WHILE public.intake_fold_counters() > 0 LOOP
    END LOOP;
END
$$;

-- Makes every counter what the rows say: how many were not. What is appended meanwhile is folded on top, whatever the
-- moment: the rows and the counters are compared in one statement.
CREATE FUNCTION intake_recount() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    differed bigint;
BEGIN
    PERFORM public.fold_all_counters();
    WITH differences AS MATERIALIZED (SELECT *, counted - kept AS by FROM public.counter_differences),
    wrong AS MATERIALIZED (
        SELECT vendor_id, day, coalesce(sum(by) FILTER (WHERE counter = 'uploads'), 0) AS uploads,
               coalesce(sum(by) FILTER (WHERE counter = 'failed_uploads'), 0) AS failed_uploads,
               coalesce(sum(by) FILTER (WHERE counter = 'records'), 0) AS records,
               coalesce(sum(by) FILTER (WHERE counter = 'valid'), 0) AS valid,
               coalesce(sum(by) FILTER (WHERE counter = 'errors'), 0) AS errors,
               coalesce(sum(by) FILTER (WHERE counter = 'products'), 0) AS products,
               -- null: it is right; -infinity: there is none
               CASE WHEN bool_or(counter = 'last_upload_at') THEN
                   coalesce(timestamptz 'epoch' + max(counted) FILTER (WHERE counter = 'last_upload_at')
                            * interval '1 microsecond', '-infinity') END AS last_upload_at
          FROM differences GROUP BY vendor_id, day
    ), days AS (
        INSERT INTO public.vendor_days AS o SELECT * FROM wrong WHERE day IS NOT NULL
        ON CONFLICT (vendor_id, day) DO UPDATE
           SET uploads = o.uploads + excluded.uploads, failed_uploads = o.failed_uploads + excluded.failed_uploads,
               records = o.records + excluded.records, valid = o.valid + excluded.valid,
               errors = o.errors + excluded.errors, products = o.products + excluded.products,
               last_upload_at = CASE WHEN excluded.last_upload_at IS NULL THEN o.last_upload_at
                                     ELSE nullif(excluded.last_upload_at, '-infinity') END
    ), totals AS (
        INSERT INTO public.vendor_totals AS o
        SELECT vendor_id, uploads, failed_uploads, records, valid, errors, products, last_upload_at
          FROM wrong WHERE day IS NULL
        ON CONFLICT (vendor_id) DO UPDATE
           SET uploads = o.uploads + excluded.uploads, failed_uploads = o.failed_uploads + excluded.failed_uploads,
               records = o.records + excluded.records, valid = o.valid + excluded.valid,
               errors = o.errors + excluded.errors, products = o.products + excluded.products,
               last_upload_at = CASE WHEN excluded.last_upload_at IS NULL THEN o.last_upload_at
                                     ELSE nullif(excluded.last_upload_at, '-infinity') END
    )
    SELECT count(*) INTO differed FROM differences;
    RETURN differed;
END
$$;

CREATE FUNCTION count_uploads_added() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.vendor_deltas
           (vendor_id, day, uploads, failed_uploads, records, valid, errors, last_upload_at)
    SELECT coalesce(vendor_id, ''), (upload_timestamp AT TIME ZONE 'UTC')::date, count(*),
           count(*) FILTER (WHERE status = 'failed'), sum(total_records), sum(valid_records), sum(error_records),
           max(upload_timestamp)
      FROM added GROUP BY 1, 2;
    RETURN NULL;
END
$$;

-- What is newest is no sum: where one goes away it is looked up. No part of the product takes an upload away, or moves it.
CREATE FUNCTION look_up_last_upload(of_vendor text, of_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.fold_all_counters();
    UPDATE public.vendor_days
       SET last_upload_at = (SELECT max(h.upload_timestamp) FROM public.upload_history h
                              WHERE h.vendor_id IS NOT DISTINCT FROM nullif(of_vendor, '')
                                AND (h.upload_timestamp AT TIME ZONE 'UTC')::date = of_day)
     WHERE vendor_id = of_vendor AND day = of_day;
    UPDATE public.vendor_totals
       SET last_upload_at = (SELECT max(d.last_upload_at) FROM public.vendor_days d WHERE d.vendor_id = of_vendor)
     WHERE vendor_id = of_vendor;
END
$$;

CREATE FUNCTION count_uploads_removed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, uploads, failed_uploads, records, valid, errors)
    SELECT coalesce(vendor_id, ''), (upload_timestamp AT TIME ZONE 'UTC')::date, -count(*),
           -count(*) FILTER (WHERE status = 'failed'), -sum(total_records), -sum(valid_records), -sum(error_records)
      FROM removed GROUP BY 1, 2;
    PERFORM public.look_up_last_upload(r.vendor_id, r.day)
       FROM (SELECT DISTINCT coalesce(vendor_id, '') AS vendor_id, (upload_timestamp AT TIME ZONE 'UTC')::date AS day
               FROM removed ORDER BY 1, 2) r;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_upload_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    old_vendor text := coalesce(OLD.vendor_id, '');
    new_vendor text := coalesce(NEW.vendor_id, '');
    old_day date := (OLD.upload_timestamp AT TIME ZONE 'UTC')::date;
    new_day date := (NEW.upload_timestamp AT TIME ZONE 'UTC')::date;
BEGIN
    IF old_vendor = new_vendor AND OLD.upload_timestamp = NEW.upload_timestamp THEN
        INSERT INTO public.vendor_deltas (vendor_id, day, failed_uploads, records, valid, errors)
        VALUES (new_vendor, new_day, (NEW.status = 'failed')::integer - (OLD.status = 'failed')::integer,
                NEW.total_records - OLD.total_records, NEW.valid_records - OLD.valid_records,
                NEW.error_records - OLD.error_records);
        RETURN NULL;
    END IF;
    INSERT INTO public.vendor_deltas
           (vendor_id, day, uploads, failed_uploads, records, valid, errors, last_upload_at)
    VALUES (old_vendor, old_day, -1, -(OLD.status = 'failed')::integer, -OLD.total_records, -OLD.valid_records,
            -OLD.error_records, NULL),
           (new_vendor, new_day, 1, (NEW.status = 'failed')::integer, NEW.total_records, NEW.valid_records,
            NEW.error_records, NEW.upload_timestamp);
    PERFORM public.look_up_last_upload(old_vendor, old_day);
    RETURN NULL;
END
$$;

CREATE FUNCTION count_products_added() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, products)
    SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, count(*) FROM added GROUP BY 1, 2;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_products_removed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, products)
    SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, -count(*) FROM removed GROUP BY 1, 2;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_product_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, products)
    VALUES (OLD.vendor_id, (OLD.created_at AT TIME ZONE 'UTC')::date, -1),
           (NEW.vendor_id, (NEW.created_at AT TIME ZONE 'UTC')::date, 1);
    RETURN NULL;
END
$$;

CREATE FUNCTION count_none() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.fold_all_counters();
    IF TG_TABLE_NAME = 'products' THEN
        UPDATE public.vendor_days SET products = 0 WHERE products <> 0;
        UPDATE public.vendor_totals SET products = 0 WHERE products <> 0;
        RETURN NULL;
    END IF;
    UPDATE public.vendor_days
       SET uploads = 0, failed_uploads = 0, records = 0, valid = 0, errors = 0, last_upload_at = NULL;
    UPDATE public.vendor_totals
       SET uploads = 0, failed_uploads = 0, records = 0, valid = 0, errors = 0, last_upload_at = NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER upload_history_counted_added AFTER INSERT ON upload_history
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_uploads_added();
CREATE TRIGGER upload_history_counted_removed AFTER DELETE ON upload_history
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_uploads_removed();
-- Of the updates of an upload few change a counter; by rows, so that the others cost nothing.
CREATE TRIGGER upload_history_counted_changed
    AFTER UPDATE OF vendor_id, upload_timestamp, status, total_records, valid_records, error_records ON upload_history
    FOR EACH ROW
    WHEN (OLD.vendor_id IS DISTINCT FROM NEW.vendor_id OR OLD.upload_timestamp <> NEW.upload_timestamp
          OR (OLD.status = 'failed') <> (NEW.status = 'failed') OR OLD.total_records <> NEW.total_records
          OR OLD.valid_records <> NEW.valid_records OR OLD.error_records <> NEW.error_records)
    EXECUTE FUNCTION count_upload_changed();
CREATE TRIGGER upload_history_counted_none AFTER TRUNCATE ON upload_history
    FOR EACH STATEMENT EXECUTE FUNCTION count_none();

CREATE TRIGGER products_counted_added AFTER INSERT ON products
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_products_added();
CREATE TRIGGER products_counted_removed AFTER DELETE ON products
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_products_removed();
CREATE TRIGGER products_counted_changed AFTER UPDATE OF vendor_id, created_at ON products
    FOR EACH ROW WHEN (OLD.vendor_id <> NEW.vendor_id OR OLD.created_at <> NEW.created_at)
    EXECUTE FUNCTION count_product_changed();
CREATE TRIGGER products_counted_none AFTER TRUNCATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION count_none();

-- What is there already.
INSERT INTO vendor_days SELECT * FROM counted_days;
INSERT INTO vendor_totals
SELECT vendor_id, sum(uploads), sum(failed_uploads), sum(records), sum(valid), sum(errors), sum(products),
       max(last_upload_at)
  FROM vendor_days GROUP BY vendor_id;
