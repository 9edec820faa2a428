-- What was done about the dead letters of one upload: replays by message, and plans that named it.

CREATE INDEX dead_letter_replays_upload ON dead_letter_replays (upload_id, at);
CREATE INDEX audit_log_letters ON audit_log USING gin ((plan -> 'uploads') jsonb_path_ops)
    WITH (fastupdate = off)
    WHERE action IN ('dlq replay', 'dlq discard');
