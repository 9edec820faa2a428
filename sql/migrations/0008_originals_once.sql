-- What the vendor wrote is kept once for each rejected record, with the first of its violations (rule_order 1):
-- original_data, and the record's own bytes. A record's row in upload_records is written again for its mark, and a
-- large one would lie there twice. Rows from before keep theirs where they have it; readers take the first there is.

ALTER TABLE validation_errors ADD COLUMN raw bytea; -- the record's own bytes; with the first violation
