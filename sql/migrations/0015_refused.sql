-- Uploads that were refused for a reason are few; looking for them read the whole history. Others pay nothing.
CREATE INDEX upload_history_refused ON upload_history (failure_code, upload_timestamp DESC, upload_id DESC)
    WHERE failure_code IS NOT NULL;
