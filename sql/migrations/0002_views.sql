-- What dashboards read. A filter on vendor_id reaches into both aggregates.

CREATE VIEW vendor_summary AS
SELECT v.vendor_id, v.vendor_name, v.email, v.status,
       coalesce(h.uploads, 0) AS uploads,
       coalesce(h.total_records, 0) AS total_records,
       coalesce(h.valid_records, 0) AS valid_records,
       coalesce(h.error_records, 0) AS error_records,
       CASE WHEN h.total_records > 0
            THEN round(100.0 * h.valid_records / h.total_records, 1) END AS success_rate,
       coalesce(p.products, 0) AS products,
       h.last_upload_at, v.created_at, v.updated_at
  FROM vendors v
  LEFT JOIN (SELECT vendor_id, count(*) AS uploads, sum(total_records) AS total_records,
                    sum(valid_records) AS valid_records, sum(error_records) AS error_records,
                    max(upload_timestamp) AS last_upload_at
               FROM upload_history GROUP BY vendor_id) h USING (vendor_id)
  LEFT JOIN (SELECT vendor_id, count(*) AS products FROM products GROUP BY vendor_id) p USING (vendor_id);

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
