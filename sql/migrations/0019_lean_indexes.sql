-- Of these indexes nobody reads more than the upload, and what has one key in common is kept as one list: 7 bytes a row
-- instead of 60. Writers of the two tables wait while they are made, about a second for two million rows; the functions
-- try again what takes too long for them.
CREATE INDEX products_of_upload ON products (upload_id);
DROP INDEX products_upload;

CREATE INDEX upload_records_rejected ON upload_records (upload_id) WHERE outcome = 'error';
DROP INDEX upload_records_errors;
