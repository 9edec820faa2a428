-- Whether a vendor received e-mail when its state was acknowledged: what is lost afterwards is news, and so is what is
-- lost again after somebody subscribed it anew.
ALTER TABLE acknowledgements ADD COLUMN subscription text; -- none, pending, confirmed; NULL: not known, or no vendor

CREATE OR REPLACE FUNCTION vendor_standing(of_vendor text) RETURNS text
LANGUAGE sql STABLE COST 1000 AS $$
    SELECT concat_ws('|', v.status, v.email,
                     (SELECT max(a.id) FROM public.audit_log a
                       WHERE a.target = of_vendor AND a.action = 'vendors subscribe' AND a.outcome = 'done'))
      FROM public.vendors v WHERE v.vendor_id = of_vendor
$$;

CREATE OR REPLACE VIEW acknowledged AS
SELECT k.* FROM acknowledgements k
 WHERE (k.until IS NULL OR k.until > now())
   AND CASE WHEN k.upload_id IS NOT NULL THEN k.standing = upload_standing(k.upload_id)
            WHEN k.vendor_id IS NOT NULL THEN k.standing = vendor_standing(k.vendor_id)
            ELSE k.at > now() - interval '14 days'
                 AND NOT EXISTS (SELECT FROM dead_letter_replays r
                                  WHERE r.message_id = k.message_id AND r.at >= k.at) END;
