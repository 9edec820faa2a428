-- A history to look at: :uploads uploads one minute apart up to :newest, of every status, some with
-- errors in every column, hostile text among them. The same on every run.
INSERT INTO vendors (vendor_id, vendor_name, email, status) VALUES
    ('VEND001', 'TechGear', 'contact@techgear.com', 'active'),
    ('VEND002', 'StyleWear', 'sales@stylewear.com', 'active'),
    ('VEND003', 'HomeEssentials', 'info@homeessentials.com', 'active'),
    ('VEND004', E'R\u00e9publique \u6771\u4eac', 'bonjour@example.com', 'suspended')
ON CONFLICT DO NOTHING;

INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, bucket, object_version,
    total_records, valid_records, error_records, status, failure_code, failure_reason,
    upload_timestamp, processing_started_at, processing_completed_at)
SELECT format('UPLOAD_%s_%s', to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS'), vendor), vendor,
       format('%s_%s.csv', vendor, to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS')),
       format('uploads/%s/%s_%s.csv', vendor, vendor, to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS')),
       'bucket', 'v' || n, total, total - bad, bad, status,
       CASE WHEN refused THEN 'MALFORMED_CSV' END,
       CASE WHEN refused THEN 'MALFORMED_CSV: the quote that begins in line 17 never ends' END,
       at, at + interval '1 second',
       CASE WHEN status <> 'processing' THEN at + interval '3.4 seconds' END
FROM (SELECT n, at, vendor, refused,
             CASE WHEN refused THEN 0 ELSE 20 END AS total,
             CASE WHEN refused OR n % 3 = 0 THEN 0 WHEN n % 11 = 5 THEN 20 ELSE 2 END AS bad,
             CASE WHEN refused THEN 'failed' WHEN n % 3 = 0 THEN 'completed'
                  WHEN n % 11 = 5 THEN 'failed' ELSE 'partial' END AS status
      FROM (SELECT n, (:'newest')::timestamptz - n * interval '1 minute' AS at,
                   'VEND00' || 1 + n % 3 AS vendor, n % 13 = 12 AS refused
            FROM generate_series(0, :uploads - 1) AS n) AS numbered) AS judged
ON CONFLICT DO NOTHING;

-- The newest hundred have their errors row by row.
INSERT INTO violation_rows (upload_id, vendor_id, row_number, line_number, record_id, rule_order,
    vendor_product_id, error_type, error_field, error_message, original_data)
SELECT u.upload_id, u.vendor_id, r, r + 1, format('REC_%s', lpad(r::text, 5, '0')), 1, 'P-' || r,
       (ARRAY['INVALID_PRICE', 'INVALID_STOCK', 'INVALID_CATEGORY'])[1 + r % 3],
       (ARRAY['price', 'stock_quantity', 'category'])[1 + r % 3],
       (ARRAY['price 12.999 has more than two decimals',
              'stock_quantity -4 is below 0',
              'category Men is not known: did you mean Men''s Clothing?'])[1 + r % 3],
       jsonb_build_object('vendor_product_id', 'P-' || r,
           'product_name', CASE WHEN r % 2 = 0 THEN 'Caf' || E'e\u0301' || ' ' || E'\u6771\u4eac' || ' set'
                                ELSE E'\u001b[31mred\u001b[0m ' || E'\u202e' || 'evil' END,
           'category', CASE WHEN r % 3 = 2 THEN 'Men' ELSE 'Electronics' END,
           'sku', 'SKU-' || r, 'price', CASE WHEN r % 3 = 0 THEN '12.999' ELSE '9.50' END,
           'stock_quantity', CASE WHEN r % 3 = 1 THEN '-4' ELSE '3' END)
FROM (SELECT * FROM upload_history WHERE error_records > 0
      ORDER BY upload_timestamp DESC, upload_id DESC LIMIT 100) AS u
CROSS JOIN LATERAL generate_series(3, 2 + u.error_records) AS r
ON CONFLICT DO NOTHING;

INSERT INTO notifications (upload_id, kind, subject, message_id, outcome, sent_at, claimed_at)
SELECT upload_id, 'completed', format('Product Upload Complete - %s (90.0%% Success)', file_name),
       'message-' || upload_id, 'accepted', processing_completed_at + interval '2 seconds',
       processing_completed_at
FROM (SELECT * FROM upload_history WHERE status <> 'processing'
      ORDER BY upload_timestamp DESC, upload_id DESC LIMIT 100) AS u
ON CONFLICT DO NOTHING;

INSERT INTO products (vendor_id, upload_id, row_number, vendor_product_id, product_name, category, sku,
    price, stock_quantity, status)
SELECT 'VEND001', (SELECT upload_id FROM upload_history WHERE vendor_id = 'VEND001'
                   ORDER BY upload_timestamp DESC LIMIT 1),
       p, 'CAT-' || p, CASE WHEN p % 7 = 0 THEN E'\u30ad\u30fc\u30dc\u30fc\u30c9 ' || p ELSE 'Keyboard ' || p END,
       'Electronics', 'KB-' || lpad(p::text, 4, '0'), 10 + p, p % 5, 'active'
FROM generate_series(1, 300) AS p
ON CONFLICT DO NOTHING;
ANALYZE;
