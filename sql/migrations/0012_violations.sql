-- A vendor who mends ten rows sends the whole file again: what is in the catalogue already, the same in all 14 fields, is
-- counted apart and can be left out of sight. Of every violation of such a record, of which there are too few to be packed.
ALTER TABLE validation_errors ADD COLUMN unchanged boolean NOT NULL DEFAULT false;

-- What kind of message it is, apart from the values in it: what all records of a file have in common is said once.
-- NULL: written before kinds were told apart.
ALTER TABLE validation_errors ADD COLUMN kind text COLLATE "C";

-- A record that breaks one rule after the other has a row for each, with ids, times and an index entry beside every
-- message: 10,000 of them cost 220 MB. Its first violation stays a row; where there are many, those behind it lie
-- together. validation_errors shows every violation as before, and is written to as before.
ALTER TABLE validation_errors RENAME TO violation_rows;

CREATE TABLE violation_packs (
    upload_id  text COLLATE "C" NOT NULL REFERENCES upload_history ON DELETE CASCADE,
    row_number integer NOT NULL,
    violations json NOT NULL, -- [[error_type, error_field, error_message, kind], ...], the first has rule_order 2
    PRIMARY KEY (upload_id, row_number)
);

CREATE VIEW validation_errors AS
SELECT e.id, e.upload_id, e.vendor_id, e.row_number, e.line_number, e.record_id, e.rule_order, e.vendor_product_id,
       e.error_type, e.error_field, e.error_message, e.original_data, e.created_at, e.raw, e.unchanged,
       e.kind
  FROM violation_rows e
 UNION ALL
SELECT f.id, p.upload_id, f.vendor_id, p.row_number, f.line_number, f.record_id, (v.place + 1)::smallint,
       f.vendor_product_id, v.violation ->> 0, v.violation ->> 1, v.violation ->> 2, NULL::jsonb, f.created_at,
       NULL::bytea, false, v.violation ->> 3
  FROM violation_packs p
  JOIN violation_rows f ON f.upload_id = p.upload_id AND f.row_number = p.row_number AND f.rule_order = 1
 CROSS JOIN LATERAL json_array_elements(p.violations) WITH ORDINALITY AS v (violation, place);

COMMENT ON COLUMN validation_errors.id IS 'of the record''s first violation, where several lie together';
COMMENT ON COLUMN validation_errors.original_data IS
    'column to text, with the first violation of a record (rule_order 1); see the view violation_details';

-- Every violation with its record's original data.
CREATE VIEW violation_details AS
SELECT e.id, e.upload_id, e.vendor_id, e.row_number, coalesce(e.line_number, r.line_number) AS line_number,
       e.rule_order, e.vendor_product_id, e.error_type, e.error_field, e.error_message,
       coalesce(e.original_data, f.original_data, r.original_data) AS original_data, e.created_at
  FROM validation_errors e
  LEFT JOIN violation_rows f
         ON f.upload_id = e.upload_id AND f.row_number = e.row_number AND f.rule_order = 1
  LEFT JOIN upload_records r ON r.upload_id = e.upload_id AND r.row_number = e.row_number;

-- One violation alone is changed or taken away where each has its row.
CREATE FUNCTION violations_unpack(of_upload text, of_row integer) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO public.violation_rows (upload_id, vendor_id, row_number, line_number, record_id, rule_order,
                                       vendor_product_id, error_type, error_field, error_message, created_at, kind)
    SELECT e.upload_id, e.vendor_id, e.row_number, e.line_number, e.record_id, e.rule_order, e.vendor_product_id,
           e.error_type, e.error_field, e.error_message, e.created_at, e.kind
      FROM public.validation_errors e
     WHERE e.upload_id = of_upload AND e.row_number = of_row AND e.rule_order > 1
       AND EXISTS (SELECT FROM public.violation_packs p WHERE p.upload_id = of_upload AND p.row_number = of_row);
    DELETE FROM public.violation_packs p WHERE p.upload_id = of_upload AND p.row_number = of_row;
$$;

CREATE FUNCTION validation_errors_write() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM public.violations_unpack(OLD.upload_id, OLD.row_number);
    ELSIF EXISTS (SELECT FROM public.violation_packs p
                   WHERE p.upload_id = NEW.upload_id AND p.row_number = NEW.row_number) THEN
        PERFORM public.violations_unpack(NEW.upload_id, NEW.row_number);
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.violation_rows (upload_id, vendor_id, row_number, line_number, record_id, rule_order,
                                           vendor_product_id, error_type, error_field, error_message,
                                           original_data, created_at, raw, unchanged, kind)
        VALUES (NEW.upload_id, NEW.vendor_id, NEW.row_number, NEW.line_number, NEW.record_id, NEW.rule_order,
                NEW.vendor_product_id, NEW.error_type, NEW.error_field, NEW.error_message, NEW.original_data,
                coalesce(NEW.created_at, now()), NEW.raw, coalesce(NEW.unchanged, false), NEW.kind);
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE public.violation_rows e
           SET vendor_id = NEW.vendor_id, line_number = NEW.line_number, record_id = NEW.record_id,
               vendor_product_id = NEW.vendor_product_id, error_type = NEW.error_type,
               error_field = NEW.error_field, error_message = NEW.error_message,
               original_data = NEW.original_data, raw = NEW.raw, unchanged = NEW.unchanged,
               kind = NEW.kind
         WHERE e.upload_id = OLD.upload_id AND e.row_number = OLD.row_number AND e.rule_order = OLD.rule_order;
        RETURN NEW;
    END IF;
    DELETE FROM public.violation_rows e
     WHERE e.upload_id = OLD.upload_id AND e.row_number = OLD.row_number AND e.rule_order = OLD.rule_order;
    RETURN OLD;
END
$$;

CREATE TRIGGER validation_errors_written INSTEAD OF INSERT OR UPDATE OR DELETE ON validation_errors
    FOR EACH ROW EXECUTE FUNCTION validation_errors_write();
