-- What needs an operator is counted every few seconds, and without this by reading every notice there ever was. A
-- notice is in here from its claim to its acceptance, a second or two: one entry written and soon dead per upload, and
-- the index stays as small as what is wrong. The conditions of core/history/upload.h name these outcomes one by one.
CREATE INDEX notifications_open ON notifications (outcome, claimed_at, upload_id) WHERE outcome <> 'accepted';
