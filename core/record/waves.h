/*
 * The order in which a file's records may be written to the table: first those that share no key
 * with an earlier row, and when all are acknowledged those behind them, and so on, so that whoever
 * meets a record finds its earlier rows in the table. Chains longer than WAVES_MAX end in a tail
 * that is written in file order, one request after the other.
 */
#ifndef INTAKE_CORE_RECORD_WAVES_H
#define INTAKE_CORE_RECORD_WAVES_H

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/record/csv.h"
#include "core/record/earlier.h"
#include "core/record/record.h"

#define WAVES_MAX 8 /* the last of them is the tail */

struct waves {
    struct wave_row {
        uint32_t wave; /* from 1 */
        uint32_t earlier_at, earlier_count;
    } * rows; /* rows[i] is row i + 1 */
    size_t count, capacity;
    uint32_t *earlier;
    size_t earlier_count, earlier_capacity;
    uint32_t last; /* the highest wave there is */
};

void waves_init(struct waves *waves);
void waves_release(struct waves *waves);

/*
 * Reads the whole file once. *refusal tells whether it can be taken; the reader is the caller's, to
 * be opened again for writing.
 */
MUST_CHECK enum error_code waves_read(struct waves *waves, struct csv_reader *reader,
                                      struct refusal *refusal, struct error *error);

/* Puts into the record what is known of its row. Its earlier rows are borrowed from the waves. */
void waves_apply(const struct waves *waves, struct record *record);

#endif
