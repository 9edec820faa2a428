/*
 * The seven rules and the eighth. One function judges a record, wherever it came from; it finds
 * every violation, in the order of the rules and then of the columns.
 */
#ifndef INTAKE_CORE_RECORD_RULES_H
#define INTAKE_CORE_RECORD_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/record/categories.h"
#include "core/record/record.h"

enum rule {
    RULE_MISSING_REQUIRED_FIELDS,
    RULE_INVALID_PRICE,
    RULE_INVALID_STOCK,
    RULE_FIELD_LENGTH_EXCEEDED,
    RULE_INVALID_CATEGORY,
    RULE_DUPLICATE_SKU,
    RULE_DUPLICATE_VENDOR_PRODUCT_ID,
    RULE_INVALID_VALUE,
    RULE_COUNT
};

/* "INVALID_PRICE", the error_type. */
const char *rule_name(enum rule rule);
/* RULE_COUNT where the name is of none. */
enum rule rule_find(const char *name, size_t len);

/* One broken rule of one field. */
struct finding {
    enum rule rule;
    enum product_column column; /* COLUMN_NONE: the record (error_field null) */
    uint32_t message_at;        /* see findings_message */
    bool unchanged; /* a duplicate of the vendor's own product, the same in all 14 columns */
};

/* The most that one record can break: a rule at most once a field, and the record's own. */
#define FINDINGS_MAX 48

/* Reusable: findings_init once, rules_judge clears it for each record. */
struct findings {
    struct finding list[FINDINGS_MAX];
    uint32_t count;
    struct buffer messages; /* NUL separated */
};

void findings_init(struct findings *findings);
void findings_release(struct findings *findings);
/* One line, in the vendor's words, safe to show. NUL terminated, valid until the next judgement. */
const char *findings_message(const struct findings *findings, uint32_t index);
/* Whether all that is wrong with the record is that it is in the catalogue already, unchanged. */
bool findings_unchanged(const struct findings *findings);

/*
 * Which SKUs and product ids are occupied. The caller answers from what it has: sets of the file's
 * accepted records, what the database said. Only keys that pass record_key_possible are
 * asked. */
enum occupied {
    OCCUPIED_NO,
    OCCUPIED_IN_FILE,     /* by an accepted record of the same file: *line_number is set */
    OCCUPIED_IN_CATALOGUE /* by a product that is there already, whoever's */
};

struct catalogue {
    void *context;
    enum occupied (*sku)(void *context, const struct record *record, const char *text, size_t len,
                         uint32_t *line_number);
    enum occupied (*product_id)(void *context, const struct record *record, const char *text,
                                size_t len, uint32_t *line_number);
    /* Of a key that is OCCUPIED_IN_CATALOGUE: whether by the vendor's own product, and the columns
       in which the record differs from it, 1 << column each. False: another vendor's, of whom
       nothing is said, or not known. NULL: never known. */
    bool (*own)(void *context, const struct record *record, enum product_column column,
                uint32_t *differing);
};

/*
 * Judges; findings->count is 0 for a record that can be taken, and list[0].rule is the primary
 * error type. catalogue NULL: nothing is occupied. The only failure is memory for messages:
 * buffer_check(&findings->messages) after, once per record with findings.
 */
void rules_judge(const struct record *record, const struct categories *categories,
                 const struct catalogue *catalogue, struct findings *findings);

/* Whether the record breaks a rule that depends on nothing but itself (1 to 4 and 8): it will never
   be accepted, whatever categories and catalogue are. */
bool rules_never_accepted(const struct record *record);

#endif
