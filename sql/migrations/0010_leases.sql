-- Who is at work on what, and until when: a lock that its holder renews while it works, and that ends by itself when the
-- holder's host is gone without a word. Rows, not advisory locks: those are anybody's to take who may connect. What the
-- server knows is not the client's to say: who, for which session, and how long.
CREATE TABLE leases (
    name        text COLLATE "C" PRIMARY KEY, -- 'upload BUCKET/KEY@VERSION', 'operator UPLOAD|VENDOR', 'replay ARN'
    token       text NOT NULL,                -- the holder's own: no other renews or gives it back
    holder      text NOT NULL,
    session_pid integer NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    renewed_at  timestamptz NOT NULL,
    until       timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION leases_sign() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.holder := session_user;
    NEW.session_pid := pg_catalog.pg_backend_pid();
    NEW.renewed_at := pg_catalog.clock_timestamp();
    NEW.until := NEW.renewed_at + interval '60 seconds';
    IF TG_OP = 'INSERT' OR NEW.token IS DISTINCT FROM OLD.token THEN
        NEW.taken_at := NEW.renewed_at;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER leases_signed BEFORE INSERT OR UPDATE ON leases
    FOR EACH ROW EXECUTE FUNCTION leases_sign();

-- Items that were written while another writer, or a request that nobody heard of any more, may have been under way:
-- they are compared with the ledger, and this is taken away.
ALTER TABLE upload_history ADD COLUMN items_doubted_at timestamptz;
CREATE INDEX upload_history_doubted ON upload_history (items_doubted_at) WHERE items_doubted_at IS NOT NULL;
