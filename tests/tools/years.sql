-- Years of history, in one transaction: :uploads uploads in two years up to :newest, the oldest first, of :vendors vendors,
-- the first of them the busiest. For each upload there are five ledger rows, 2.4 violations (most in a row of their own,
-- some beside another one of the same record), five products (half of them accepted from it, the others of a catalogue that
-- was there before) and a notice. The same rows on every run; a run that is cut off changes nothing.
-- What is checked and indexed row by row is dropped first and made again over all of them.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET work_mem = '128MB';
SET jit = off;

-- Evenly spread over 0 to 1, by nothing but the number.
CREATE FUNCTION pg_temp.spread(n bigint, salt integer) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(n, salt) & 4294967295)::double precision / 4294967296.0 $$;

SELECT EXISTS (SELECT FROM vendors WHERE vendor_id = 'Y000000') AS filled \gset
\if :filled
    DO $$ BEGIN RAISE EXCEPTION 'this database is filled already: its vendor Y000000 exists'; END $$;
\endif

CREATE TEMP TABLE filled AS
SELECT unnest(ARRAY['upload_history', 'upload_records', 'violation_rows', 'violation_packs', 'products', 'notifications'])::regclass AS name;

-- The keys that other tables point at stay. Foreign keys come last.
CREATE TEMP TABLE made_later AS
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS gone,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS made,
       CASE c.contype WHEN 'f' THEN 3 ELSE 1 END AS place
  FROM pg_constraint c JOIN filled f ON f.name = c.conrelid
 WHERE c.contype IN ('f', 'u', 'p') AND NOT EXISTS (SELECT FROM pg_constraint r WHERE r.confrelid = c.conrelid AND r.conindid = c.conindid)
UNION ALL
SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid), 2
  FROM pg_index i JOIN filled f ON f.name = i.indrelid
 WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid);
SELECT gone FROM made_later ORDER BY place DESC, gone \gexec
-- What these set row by row stands in the rows below.
ALTER TABLE upload_history DISABLE TRIGGER upload_history_duration;
ALTER TABLE products DISABLE TRIGGER products_stock;
ALTER TABLE violation_rows DISABLE TRIGGER violation_rows_late;

INSERT INTO vendors (vendor_id, vendor_name, email, status)
SELECT 'Y' || lpad(n::text, 6, '0'), 'Vendor ' || n, 'vendor' || n || '@example.com',
       CASE WHEN n % 97 = 0 THEN 'suspended' ELSE 'active' END
  FROM generate_series(0, :vendors - 1) n;

CREATE TEMP TABLE year_uploads AS
SELECT n, 'UPLOAD_' || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS') || '_' || vendor
          || CASE WHEN twin > 1 THEN '_R' || twin ELSE '' END AS upload_id, vendor, at, total,
       CASE WHEN kind < 0.02 THEN total WHEN kind < 0.34 THEN 0
            ELSE greatest(least(total - 1, 1 + (kind * 1000)::int % 11), 0) END AS bad,
       kind < 0.01 AS refused
  FROM (SELECT n, vendor, at, kind, CASE WHEN kind < 0.01 THEN 0 ELSE 1 + n % 9 END AS total,
               row_number() OVER (PARTITION BY vendor, at ORDER BY n) AS twin
          FROM (SELECT n, 'Y' || lpad(floor(:vendors * pg_temp.spread(n, 1) ^ 3)::bigint::text, 6, '0') AS vendor,
                       date_trunc('second', (:'newest')::timestamptz
                                            - (:uploads - 1 - n) * (interval '730 days' / (:uploads)::double precision)) AS at,
                       pg_temp.spread(n, 2) AS kind
                  FROM generate_series(0, :uploads - 1) n) numbered) told
 ORDER BY n;

INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version, total_records,
    valid_records, error_records, status, failure_code, failure_reason, upload_timestamp, processing_started_at,
    processing_completed_at, processing_duration_seconds)
SELECT upload_id, vendor, vendor || '_' || n || '.csv', 'uploads/' || vendor || '/' || vendor || '_' || n || '.csv', 'years',
       'v' || n, total, total - bad, bad,
       CASE WHEN refused OR bad = total THEN 'failed' WHEN bad = 0 THEN 'completed' ELSE 'partial' END,
       CASE WHEN refused THEN 'MALFORMED_CSV' END, CASE WHEN refused THEN 'the quote in line 17 is never closed' END,
       at, at + interval '1 second', at + interval '2 seconds' + n % 50 * interval '100 milliseconds',
       1 + n % 50 * 0.1
  FROM year_uploads;

-- Every other upload as it was written before rows were lean (0018).
INSERT INTO upload_records (upload_id, row_number, record_id, line_number, outcome, error_type, vendor_product_id, sku,
    extra_fields, field_count, revision, item_marked_at, judged_at)
SELECT u.upload_id, r, CASE WHEN before THEN 'REC_' || lpad(r::text, 5, '0') END, r + 1,
       CASE WHEN r <= u.bad THEN 'error' ELSE 'valid' END,
       CASE WHEN r <= u.bad THEN (ARRAY['INVALID_PRICE', 'INVALID_STOCK', 'INVALID_CATEGORY', 'MISSING_REQUIRED_FIELDS',
                                        'DUPLICATE_SKU'])[1 + (u.n + r) % 5] END,
       CASE WHEN before OR r <= u.bad THEN 'P' || u.n % 50000 || '-' || r END,
       CASE WHEN before OR r <= u.bad THEN 'S-' || u.n || '-' || r END, CASE WHEN before OR r <= u.bad THEN 0 END,
       CASE WHEN before OR r <= u.bad THEN 14 END, CASE WHEN before THEN 0 END, u.at, u.at
  FROM (SELECT *, n % 2 = 0 AS before FROM year_uploads) u CROSS JOIN LATERAL generate_series(1, u.total) r;

INSERT INTO violation_rows (upload_id, vendor_id, row_number, line_number, record_id, rule_order, vendor_product_id,
    error_type, error_field, error_message, original_data, created_at, kind)
SELECT u.upload_id, u.vendor, r, r + 1, 'REC_' || lpad(r::text, 5, '0'), 1, 'P' || u.n % 50000 || '-' || r,
       (ARRAY['INVALID_PRICE', 'INVALID_STOCK', 'INVALID_CATEGORY', 'MISSING_REQUIRED_FIELDS', 'DUPLICATE_SKU'])[1 + k],
       (ARRAY['price', 'stock_quantity', 'category', 'product_name', 'sku'])[1 + k],
       CASE k WHEN 0 THEN 'price "' || u.n % 997 || ',50" is not a number: write ' || u.n % 997 || '.50'
              WHEN 1 THEN 'stock_quantity -' || u.n % 89 || ' is below 0'
              WHEN 2 THEN 'category "Men ' || u.n % 61 || '" is not known: did you mean "Men''s Clothing"?'
              WHEN 3 THEN 'product_name is empty'
              ELSE 'sku S-' || u.n || '-' || r || ' is taken already' END,
       jsonb_build_object('vendor_product_id', 'P' || u.n % 50000 || '-' || r, 'sku', 'S-' || u.n || '-' || r,
           'product_name', CASE k WHEN 3 THEN '' ELSE 'Lamp ' || u.n % 1000 END,
           'category', CASE k WHEN 2 THEN 'Men ' || u.n % 61 ELSE 'Electronics' END,
           'price', CASE k WHEN 0 THEN u.n % 997 || ',50' ELSE '9.50' END,
           'stock_quantity', CASE k WHEN 1 THEN '-' || u.n % 89 ELSE '3' END), u.at, 'kind'
  FROM year_uploads u CROSS JOIN LATERAL generate_series(1, u.bad) r CROSS JOIN LATERAL (SELECT ((u.n + r) % 5)::int AS k) k;

INSERT INTO violation_packs (upload_id, row_number, violations)
SELECT u.upload_id, r, json_build_array(json_build_array('INVALID_VALUE', 'weight_kg', 'weight_kg "' || u.n % 97 || ' kg" has a unit: write '
                                                         || u.n % 97, 'kind'))
  FROM year_uploads u CROSS JOIN LATERAL generate_series(1, u.bad) r
 WHERE (u.n + r) % 8 = 0;

-- Of each upload five: what it brought, and as many as it has errors, of before.
INSERT INTO products (vendor_id, upload_id, row_number, vendor_product_id, product_name, category, sku, price,
    stock_quantity, status, created_at, updated_at)
SELECT u.vendor, CASE WHEN r > u.bad THEN u.upload_id END, CASE WHEN r > u.bad THEN r END, 'Q' || u.n || '-' || r,
       (ARRAY['Lamp', 'Shirt', 'Kettle', 'Keyboard'])[1 + u.n % 4] || ' ' || u.n,
       (ARRAY['Electronics', 'Men''s Clothing', 'Kitchen'])[1 + u.n % 3], 'Q-' || u.n || '-' || r, 1 + u.n % 500, 1 + r, 'active',
       u.at, u.at
  FROM year_uploads u CROSS JOIN LATERAL generate_series(1, u.total) r;

INSERT INTO notifications (upload_id, kind, subject, message_id, outcome, claimed_at, sent_at)
SELECT upload_id, 'completed', 'Product Upload Complete - ' || vendor, 'm-' || n,
       CASE WHEN n % 5000 = 4999 THEN 'failed' ELSE 'accepted' END, at, at + interval '3 seconds'
  FROM year_uploads;

ALTER TABLE upload_history ENABLE TRIGGER upload_history_duration;
ALTER TABLE products ENABLE TRIGGER products_stock;
ALTER TABLE violation_rows ENABLE TRIGGER violation_rows_late;
SELECT intake_fold_counters(100000000);
SELECT made FROM made_later ORDER BY place, made \gexec
ANALYZE upload_history, upload_records, violation_rows, violation_packs, products, notifications, vendors, vendor_days,
    vendor_totals;
