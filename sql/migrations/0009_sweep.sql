-- What throttling, a key's state or a missing right had marked as refused for ever is tried again; the marks do not say
-- which they were, and what the queue truly cannot take it refuses once more.
UPDATE outbox SET refused_at = NULL, refusal = NULL WHERE refused_at IS NOT NULL;

-- When the sweep last took an upload in hand: each gets its turn, and two sweeps at once do not take the same.
ALTER TABLE upload_history ADD COLUMN swept_at timestamptz;

-- How the last sweep ended: one row, for whoever asks whether there are any.
CREATE TABLE sweeps (
    only_one               boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    ended_at               timestamptz NOT NULL,
    oldest_waiting_seconds bigint NOT NULL,
    failure                text -- of its first step that failed; null: all went well
);
