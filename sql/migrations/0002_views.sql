-- What dashboards read. Each aggregate is per row of its own vendor or upload, so a filter or a limit stays cheap.

CREATE VIEW vendor_summary AS
SELECT v.vendor_id, v.vendor_name, v.email, v.status,
       h.uploads, h.total_records, h.valid_records, h.error_records,
       CASE WHEN h.total_records > 0
            THEN round(100.0 * h.valid_records / h.total_records, 1) END AS success_rate,
       p.products, h.last_upload_at, v.created_at, v.updated_at
  FROM vendors v
 CROSS JOIN LATERAL (
       SELECT count(*) AS uploads,
              coalesce(sum(u.total_records), 0) AS total_records,
              coalesce(sum(u.valid_records), 0) AS valid_records,
              coalesce(sum(u.error_records), 0) AS error_records,
              max(u.upload_timestamp) AS last_upload_at
         FROM upload_history u
        WHERE u.vendor_id = v.vendor_id) h
 CROSS JOIN LATERAL (
       SELECT count(*) AS products FROM products c WHERE c.vendor_id = v.vendor_id) p;

CREATE VIEW recent_uploads AS
SELECT h.upload_id, h.vendor_id, v.vendor_name, h.file_name, h.s3_key, h.status,
       h.total_records, h.valid_records, h.error_records,
       CASE WHEN h.total_records > 0
            THEN round(100.0 * h.valid_records / h.total_records, 1) END AS success_rate,
       h.failure_code, h.failure_reason, h.error_file_s3_key,
       h.upload_timestamp, h.processing_started_at, h.processing_completed_at, h.processing_duration_seconds
  FROM upload_history h
  LEFT JOIN vendors v USING (vendor_id)
 ORDER BY h.upload_timestamp DESC, h.upload_id DESC
 LIMIT 1000;

CREATE VIEW product_catalog AS
SELECT p.product_id, p.vendor_id, v.vendor_name, v.status AS vendor_status,
       p.vendor_product_id, p.product_name, p.category, parent.category_name AS parent_category,
       p.subcategory, p.description, p.sku, p.brand, p.price, p.compare_at_price, p.stock_quantity,
       p.unit, p.weight_kg, p.dimensions_cm, p.image_url, p.status, p.upload_id, p.created_at, p.updated_at
  FROM products p
  JOIN vendors v USING (vendor_id)
  LEFT JOIN product_categories c ON c.category_name = p.category
  LEFT JOIN product_categories parent ON parent.category_id = c.parent_category_id;
