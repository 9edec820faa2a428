-- What the vendor wrote is kept once for each rejected record, with the first of its violations (rule_order 1):
-- original_data, and the record's own bytes. A record's row in upload_records is written again for its mark, and a
-- large one would lie there twice. Rows from before keep theirs where they have it; readers take the first there is.

ALTER TABLE validation_errors ADD COLUMN raw bytea; -- the record's own bytes; with the first violation

COMMENT ON COLUMN validation_errors.original_data IS
    'column to text, with the first violation of a record (rule_order 1); see the view violation_details';

-- Every violation with its record's original data.
CREATE VIEW violation_details AS
SELECT e.id, e.upload_id, e.vendor_id, e.row_number, coalesce(e.line_number, r.line_number) AS line_number,
       e.rule_order, e.vendor_product_id, e.error_type, e.error_field, e.error_message,
       coalesce(e.original_data, f.original_data, r.original_data) AS original_data, e.created_at
  FROM validation_errors e
  LEFT JOIN validation_errors f
         ON f.upload_id = e.upload_id AND f.row_number = e.row_number AND f.rule_order = 1
  LEFT JOIN upload_records r ON r.upload_id = e.upload_id AND r.row_number = e.row_number;
