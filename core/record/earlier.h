/*
 * Over a whole file: which earlier rows share a record's SKU or product id, and in which wave it
 * may be written. Rows whose keys can never be in a catalogue do not count
 * (record_key_possible). */
#ifndef INTAKE_CORE_RECORD_EARLIER_H
#define INTAKE_CORE_RECORD_EARLIER_H

#include "core/base/error.h"
#include "core/record/record.h"

struct earlier;

/* Free with earlier_free. */
MUST_CHECK enum error_code earlier_new(struct earlier **out, struct error *error);
void earlier_free(struct earlier *earlier);

/*
 * To be called for each record in file order. Sets earlier_count, wave and earlier_rows of the
 * record; the rows are in `rows`, which has room for RECORD_EARLIER_MAX. Nearest first; where there
 * are more than that, the farthest are left out (each of the nearer ones names its own).
 * may_occupy false: the record is not an earlier row to any other (rules_never_accepted).
 */
MUST_CHECK enum error_code earlier_add(struct earlier *earlier, struct record *record,
                                       bool may_occupy, uint32_t *rows, struct error *error);

#endif
