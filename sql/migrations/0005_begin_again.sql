-- Ends a transaction that finds itself overtaken the way the server itself does (SQLSTATE 40001): the caller rolls
-- back and begins again. Lets a statement in the middle of a pipeline refuse what the ones behind it would do.
CREATE FUNCTION intake_begin_again(p_why text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', p_why USING ERRCODE = 'serialization_failure';
END
$$;
