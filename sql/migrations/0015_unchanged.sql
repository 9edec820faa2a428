-- A vendor who mends ten rows sends the whole file again: what is in the catalogue already, the same in all 14 fields, is
-- counted apart and can be left out of sight. Of every violation of such a record, of which there are too few to be packed.
ALTER TABLE violation_rows ADD COLUMN unchanged boolean NOT NULL DEFAULT false;

-- What kind of message it is, apart from the values in it: what all records of a file have in common is said once.
-- NULL: written before kinds were told apart.
ALTER TABLE violation_rows ADD COLUMN kind text COLLATE "C";

CREATE OR REPLACE VIEW validation_errors AS
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

CREATE OR REPLACE FUNCTION violations_unpack(of_upload text, of_row integer) RETURNS void
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

CREATE OR REPLACE FUNCTION validation_errors_write() RETURNS trigger
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
