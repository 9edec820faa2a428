-- The newest errors of one vendor, as a search shows them: without it those of a vendor with thousands were all read for the
-- first hundred. It costs 32 bytes an error. Writers of errors wait while it is made, about a second for a million.
CREATE INDEX violation_rows_vendor ON violation_rows (vendor_id, id);
