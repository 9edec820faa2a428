-- Whoever adds a category is offered the records that were rejected for its want, which without this reads every
-- violation there ever was. What the vendor wrote stands with a record's first violation. A category has at most 100
-- characters; more of a vendor's value, which may be any length, would not fit into an index and cannot equal one.
CREATE INDEX validation_errors_category ON validation_errors (left(original_data ->> 'category', 101), upload_id)
    WHERE rule_order = 1;
