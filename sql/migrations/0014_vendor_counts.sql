-- Counters instead of counts: what lists and trends show of a vendor is kept by the transactions that change it. Writers
-- append what they change and wait for nobody; the sweep folds that into one row a vendor and day, and one a vendor. Who
-- reads adds what is not folded yet, so that the numbers are exact at any time. Days are UTC's: of an upload its
-- timestamp's, of a product the one on which it was created. Uploads that name no vendor are counted under ''.
CREATE TABLE vendor_deltas (
    vendor_id      text COLLATE "C" NOT NULL,
    day            date NOT NULL,
    uploads        bigint NOT NULL DEFAULT 0,
    failed_uploads bigint NOT NULL DEFAULT 0,
    records        bigint NOT NULL DEFAULT 0,
    valid          bigint NOT NULL DEFAULT 0,
    errors         bigint NOT NULL DEFAULT 0,
    products       bigint NOT NULL DEFAULT 0
);

CREATE TABLE vendor_days (
    LIKE vendor_deltas,
    PRIMARY KEY (vendor_id, day)
) WITH (fillfactor = 80);
CREATE INDEX vendor_days_day ON vendor_days (day);

CREATE TABLE vendor_totals (
    vendor_id      text COLLATE "C" PRIMARY KEY,
    uploads        bigint NOT NULL,
    failed_uploads bigint NOT NULL,
    records        bigint NOT NULL,
    valid          bigint NOT NULL,
    errors         bigint NOT NULL,
    products       bigint NOT NULL
) WITH (fillfactor = 80);

CREATE VIEW vendor_daily AS
SELECT vendor_id, day, sum(uploads)::bigint AS uploads, sum(failed_uploads)::bigint AS failed_uploads,
       sum(records)::bigint AS records, sum(valid)::bigint AS valid, sum(errors)::bigint AS errors,
       sum(products)::bigint AS products
  FROM (SELECT * FROM vendor_days UNION ALL SELECT * FROM vendor_deltas) both_of_them
 GROUP BY vendor_id, day;

CREATE VIEW vendor_counts AS
SELECT vendor_id, sum(uploads)::bigint AS uploads, sum(failed_uploads)::bigint AS failed_uploads,
       sum(records)::bigint AS records, sum(valid)::bigint AS valid, sum(errors)::bigint AS errors,
       sum(products)::bigint AS products
  FROM (SELECT * FROM vendor_totals
        UNION ALL
        SELECT vendor_id, uploads, failed_uploads, records, valid, errors, products FROM vendor_deltas) both_of_them
 GROUP BY vendor_id;

-- Writers need no right to the counters: these run as the schema's owner.
CREATE FUNCTION vendor_count_upload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO public.vendor_deltas VALUES (
            coalesce(OLD.vendor_id, ''), (OLD.upload_timestamp AT TIME ZONE 'UTC')::date, -1,
            -(OLD.status = 'failed')::integer, -OLD.total_records, -OLD.valid_records, -OLD.error_records);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO public.vendor_deltas VALUES (
            coalesce(NEW.vendor_id, ''), (NEW.upload_timestamp AT TIME ZONE 'UTC')::date, 1,
            (NEW.status = 'failed')::integer, NEW.total_records, NEW.valid_records, NEW.error_records);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION vendor_count_products_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, products)
    SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, count(*) FROM added GROUP BY 1, 2;
    RETURN NULL;
END
$$;

CREATE FUNCTION vendor_count_products_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, products)
    SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, -count(*) FROM removed GROUP BY 1, 2;
    RETURN NULL;
END
$$;

CREATE FUNCTION vendor_count_product_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.vendor_deltas (vendor_id, day, products)
    VALUES (OLD.vendor_id, (OLD.created_at AT TIME ZONE 'UTC')::date, -1),
           (NEW.vendor_id, (NEW.created_at AT TIME ZONE 'UTC')::date, 1);
    RETURN NULL;
END
$$;

-- Nobody else folds meanwhile, so what is deleted here is what was read. Answers how many were folded; 0 where another
-- one is at it.
CREATE FUNCTION vendor_counts_fold(most integer DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    folded bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1986945907) THEN
        RETURN 0;
    END IF;
    WITH taken AS MATERIALIZED (
        DELETE FROM public.vendor_deltas
         WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM public.vendor_deltas d LIMIT most))
        RETURNING *
    ), days AS (
        INSERT INTO public.vendor_days AS c
        SELECT vendor_id, day, sum(uploads), sum(failed_uploads), sum(records), sum(valid), sum(errors), sum(products)
          FROM taken GROUP BY vendor_id, day
        ON CONFLICT (vendor_id, day) DO UPDATE
           SET uploads = c.uploads + EXCLUDED.uploads, failed_uploads = c.failed_uploads + EXCLUDED.failed_uploads,
               records = c.records + EXCLUDED.records, valid = c.valid + EXCLUDED.valid,
               errors = c.errors + EXCLUDED.errors, products = c.products + EXCLUDED.products
    ), totals AS (
        INSERT INTO public.vendor_totals AS c
        SELECT vendor_id, sum(uploads), sum(failed_uploads), sum(records), sum(valid), sum(errors), sum(products)
          FROM taken GROUP BY vendor_id
        ON CONFLICT (vendor_id) DO UPDATE
           SET uploads = c.uploads + EXCLUDED.uploads, failed_uploads = c.failed_uploads + EXCLUDED.failed_uploads,
               records = c.records + EXCLUDED.records, valid = c.valid + EXCLUDED.valid,
               errors = c.errors + EXCLUDED.errors, products = c.products + EXCLUDED.products
    )
    SELECT count(*) INTO folded FROM taken;
    RETURN folded;
END
$$;

-- Where the counters are not what the rows say, and where a vendor's total is not the sum of its days: what each lacks.
CREATE VIEW vendor_count_differences AS
SELECT coalesce(t.vendor_id, c.vendor_id) AS vendor_id, coalesce(t.day, c.day) AS day,
       coalesce(t.uploads, 0) - coalesce(c.uploads, 0) AS uploads,
       coalesce(t.failed_uploads, 0) - coalesce(c.failed_uploads, 0) AS failed_uploads,
       coalesce(t.records, 0) - coalesce(c.records, 0) AS records,
       coalesce(t.valid, 0) - coalesce(c.valid, 0) AS valid,
       coalesce(t.errors, 0) - coalesce(c.errors, 0) AS errors,
       coalesce(t.products, 0) - coalesce(c.products, 0) AS products
  FROM (SELECT vendor_id, day, sum(uploads) AS uploads, sum(failed_uploads) AS failed_uploads, sum(records) AS records,
               sum(valid) AS valid, sum(errors) AS errors, sum(products) AS products
          FROM (SELECT coalesce(vendor_id, '') AS vendor_id, (upload_timestamp AT TIME ZONE 'UTC')::date AS day,
                       count(*) AS uploads, count(*) FILTER (WHERE status = 'failed') AS failed_uploads,
                       sum(total_records) AS records, sum(valid_records) AS valid, sum(error_records) AS errors,
                       0 AS products
                  FROM upload_history GROUP BY 1, 2
                UNION ALL
                SELECT vendor_id, (created_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0, 0, count(*)
                  FROM products GROUP BY 1, 2) counted
         GROUP BY vendor_id, day) t
  FULL JOIN vendor_daily c ON c.vendor_id = t.vendor_id AND c.day = t.day
 WHERE (coalesce(t.uploads, 0), coalesce(t.failed_uploads, 0), coalesce(t.records, 0), coalesce(t.valid, 0),
        coalesce(t.errors, 0), coalesce(t.products, 0))
    <> (coalesce(c.uploads, 0), coalesce(c.failed_uploads, 0), coalesce(c.records, 0), coalesce(c.valid, 0),
        coalesce(c.errors, 0), coalesce(c.products, 0));

CREATE VIEW vendor_total_differences AS
SELECT coalesce(d.vendor_id, c.vendor_id) AS vendor_id,
       coalesce(d.uploads, 0) - coalesce(c.uploads, 0) AS uploads,
       coalesce(d.failed_uploads, 0) - coalesce(c.failed_uploads, 0) AS failed_uploads,
       coalesce(d.records, 0) - coalesce(c.records, 0) AS records,
       coalesce(d.valid, 0) - coalesce(c.valid, 0) AS valid,
       coalesce(d.errors, 0) - coalesce(c.errors, 0) AS errors,
       coalesce(d.products, 0) - coalesce(c.products, 0) AS products
  FROM (SELECT vendor_id, sum(uploads) AS uploads, sum(failed_uploads) AS failed_uploads, sum(records) AS records,
               sum(valid) AS valid, sum(errors) AS errors, sum(products) AS products
          FROM vendor_days GROUP BY vendor_id) d
  FULL JOIN vendor_totals c ON c.vendor_id = d.vendor_id
 WHERE (coalesce(d.uploads, 0), coalesce(d.failed_uploads, 0), coalesce(d.records, 0), coalesce(d.valid, 0),
        coalesce(d.errors, 0), coalesce(d.products, 0))
    <> (coalesce(c.uploads, 0), coalesce(c.failed_uploads, 0), coalesce(c.records, 0), coalesce(c.valid, 0),
        coalesce(c.errors, 0), coalesce(c.products, 0));

-- Corrects the counters, while others write: one statement sees rows and counters of the same moment, and appends what
-- is lacking. Answers how many days and totals of vendors were wrong.
CREATE FUNCTION vendor_recount() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    wrong bigint;
    totals bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1986945907);
    INSERT INTO public.vendor_deltas
    SELECT vendor_id, day, uploads, failed_uploads, records, valid, errors, products
      FROM public.vendor_count_differences;
    GET DIAGNOSTICS wrong = ROW_COUNT;
    WHILE public.vendor_counts_fold() >= 20000 LOOP
    END LOOP;
    INSERT INTO public.vendor_totals AS c
    SELECT * FROM public.vendor_total_differences
    ON CONFLICT (vendor_id) DO UPDATE
       SET uploads = c.uploads + EXCLUDED.uploads, failed_uploads = c.failed_uploads + EXCLUDED.failed_uploads,
           records = c.records + EXCLUDED.records, valid = c.valid + EXCLUDED.valid,
           errors = c.errors + EXCLUDED.errors, products = c.products + EXCLUDED.products;
    GET DIAGNOSTICS totals = ROW_COUNT;
    RETURN wrong + totals;
END
$$;

CREATE FUNCTION vendor_count_all() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM public.vendor_recount();
    RETURN NULL;
END
$$;

CREATE TRIGGER vendor_count_added AFTER INSERT ON upload_history
    FOR EACH ROW EXECUTE FUNCTION vendor_count_upload();
CREATE TRIGGER vendor_count_changed AFTER UPDATE ON upload_history
    FOR EACH ROW WHEN ((OLD.vendor_id, OLD.upload_timestamp, OLD.status = 'failed', OLD.total_records,
                        OLD.valid_records, OLD.error_records)
                       IS DISTINCT FROM (NEW.vendor_id, NEW.upload_timestamp, NEW.status = 'failed', NEW.total_records,
                        NEW.valid_records, NEW.error_records)) EXECUTE FUNCTION vendor_count_upload();
CREATE TRIGGER vendor_count_removed AFTER DELETE ON upload_history
    FOR EACH ROW EXECUTE FUNCTION vendor_count_upload();
CREATE TRIGGER vendor_count_emptied AFTER TRUNCATE ON upload_history
    FOR EACH STATEMENT EXECUTE FUNCTION vendor_count_all();
CREATE TRIGGER vendor_count_added AFTER INSERT ON products
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION vendor_count_products_added();
CREATE TRIGGER vendor_count_moved AFTER UPDATE ON products
    FOR EACH ROW WHEN ((OLD.vendor_id, OLD.created_at) IS DISTINCT FROM (NEW.vendor_id, NEW.created_at))
    EXECUTE FUNCTION vendor_count_product_moved();
CREATE TRIGGER vendor_count_removed AFTER DELETE ON products
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION vendor_count_products_removed();
CREATE TRIGGER vendor_count_emptied AFTER TRUNCATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION vendor_count_all();

-- The same columns, from the counters.
CREATE OR REPLACE VIEW vendor_summary AS
SELECT v.vendor_id, v.vendor_name, v.email, v.status,
       coalesce(c.uploads, 0) AS uploads,
       coalesce(c.records, 0) AS total_records,
       coalesce(c.valid, 0) AS valid_records,
       coalesce(c.errors, 0) AS error_records,
       CASE WHEN c.records > 0 THEN round(100.0 * c.valid / c.records, 1) END AS success_rate,
       coalesce(c.products, 0) AS products,
       (SELECT max(h.upload_timestamp) FROM upload_history h WHERE h.vendor_id = v.vendor_id) AS last_upload_at,
       v.created_at, v.updated_at
  FROM vendors v
  LEFT JOIN vendor_counts c USING (vendor_id);
