/*
 * Every kind of message that a vendor can be told: of a violation, and of a file that is refused.
 * One table, from which messages are grouped and pages for vendors are made. What the rules write
 * is always an instance of a row here.
 */
#ifndef INTAKE_CORE_RECORD_ADVICE_H
#define INTAKE_CORE_RECORD_ADVICE_H

#include "core/base/buffer.h"
#include "core/record/refusal.h"
#include "core/record/rules.h"

struct advice {
    const char *kind;          /* a stable name: "decimal-comma" */
    uint32_t rules;            /* 1 << rule for each that says it; 0: of a refusal */
    enum refusal_code refusal; /* REFUSAL_NONE: of a violation */
    const char *says;    /* in short, behind the column's name if any: "has a decimal comma" */
    const char *pattern; /* of the message; * stands for anything */
    const char *example; /* a whole message */
    const char *remedy;  /* what to do, as a sentence */
};

/* In the order of the rules, then of the reasons of refusal; advice_count rows. */
extern const struct advice advice_table[];
extern const size_t advice_count;

/* Of which row a message is; NULL: none. */
const struct advice *advice_of_violation(enum rule rule, const char *message);
const struct advice *advice_of_refusal(enum refusal_code code, const char *message);
/* NULL: none has that name. */
const struct advice *advice_find(const char *kind);

/* "all 812 records: price has a decimal comma"; column NULL: the record as a whole. */
void advice_append_all(struct buffer *out, const struct advice *advice, const char *column,
                       int64_t records);

#endif
