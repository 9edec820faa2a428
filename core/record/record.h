/*
 * A product record: 14 fields of text as the vendor wrote them, be it read from a CSV file or from
 * its DynamoDB item. Both are judged by the same function (rules.h), and must look the same to it.
 *
 * A value is trimmed of Unicode White_Space and of the invisible characters U+200B to U+200D,
 * U+2060 and U+FEFF on both ends; an empty one is absent. A value of more
 * than RECORD_VALUE_MAX bytes is cut there at once, whichever way it came; what the rules need to
 * know of the whole is kept in its facts. So a record never takes more than 14 * 32 KiB.
 * Texts are valid UTF-8: a file that is not is refused, and so is JSON.
 */
#ifndef INTAKE_CORE_RECORD_RECORD_H
#define INTAKE_CORE_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/record/money.h"

/* The order of the contract, in which violations of one rule are reported. */
enum product_column {
    COLUMN_VENDOR_PRODUCT_ID,
    COLUMN_PRODUCT_NAME,
    COLUMN_CATEGORY,
    COLUMN_SUBCATEGORY,
    COLUMN_DESCRIPTION,
    COLUMN_SKU,
    COLUMN_BRAND,
    COLUMN_PRICE,
    COLUMN_COMPARE_AT_PRICE,
    COLUMN_STOCK_QUANTITY,
    COLUMN_UNIT,
    COLUMN_WEIGHT_KG,
    COLUMN_DIMENSIONS_CM,
    COLUMN_IMAGE_URL,
    COLUMN_COUNT,
    COLUMN_NONE = COLUMN_COUNT /* the record as a whole */
};

enum column_kind { COLUMN_KIND_TEXT, COLUMN_KIND_MONEY, COLUMN_KIND_WHOLE, COLUMN_KIND_URL };

struct column_info {
    const char *name; /* in the header, in product_data and in the products table */
    uint8_t name_len;
    bool required;
    enum column_kind kind;
    uint32_t limit; /* characters; 0: none */
};

extern const struct column_info column_table[COLUMN_COUNT];

/* By name, as in a header (column_name_is); COLUMN_NONE where unknown. */
enum product_column column_find(const char *name, size_t len);
/* Whether a name is this one, which is in lower case: trimmed, without regard to ASCII case, and
   with runs of white space, hyphens and underscores inside of it read as one underscore. */
bool column_name_is(const char *name, size_t len, const char *lower);
/* "price"; NULL for COLUMN_NONE. */
const char *column_name(enum product_column column);

#define RECORD_VALUE_MAX ((size_t)32 * 1024)  /* bytes of one value that are stored */
#define RECORD_TOTAL_MAX ((size_t)256 * 1024) /* bytes of all values of a record */
#define RECORD_JSON_MIN ((size_t)4096)        /* names and marks of all columns fit */
#define RECORD_JSON_MAX (6 * RECORD_TOTAL_MAX + RECORD_JSON_MIN) /* a byte becomes up to six */
#define RECORD_EARLIER_MAX 64
#define RECORD_NO_CONTROL UINT32_MAX

/* What is true of a whole value, of which only the first bytes are at hand. */
struct field_facts {
    uint64_t bytes;
    uint64_t characters;
    uint32_t control;       /* its first control character, or RECORD_NO_CONTROL */
    struct decimal decimal; /* of a number column */
};

struct record_field {
    const char *text;                /* NULL: absent. Not NUL terminated. */
    uint32_t len;                    /* bytes of text, without any mark of a cut */
    bool clean;                      /* known to hold no control character and no U+FFFD */
    const struct field_facts *facts; /* NULL: text is the whole value */
};

/* A plain value with slices: who made the record owns what they point to. */
struct record {
    uint32_t row_number;   /* from 1; header and blank lines do not count */
    uint32_t line_number;  /* where it begins in the file, from 1 */
    uint32_t field_count;  /* as in the file, unknown columns too; 0: not known */
    uint32_t extra_fields; /* more than the header has */
    uint32_t short_of;     /* it ends before a required column: the fields of the header; else 0 */
    uint32_t last_line;    /* where it ends, if that is another line; else 0 */
    uint32_t open_quote_line; /* where the field began that was never closed; 0: none */
    struct record_field fields[COLUMN_COUNT];
    const char *raw;              /* its own bytes without the line end; NULL where not at hand */
    size_t raw_len;               /* bytes at raw */
    size_t raw_whole_len;         /* more than raw_len where raw was cut */
    const uint32_t *earlier_rows; /* rows before it with its SKU or product id, nearest first */
    uint32_t earlier_count;
    uint32_t wave; /* 1, or one more than the latest wave of its earlier rows */
};

/* Takes white space and invisible characters off both ends; *len 0 where nothing is left. */
void value_trim(const char **text, size_t *len);

/*
 * Sets a field from a value as it came: trims, leaves it absent where nothing is left, copies at
 * most RECORD_VALUE_MAX bytes to `to`, and where that is not all, keeps the facts of the whole in
 * *facts, which must live as long as the field. Returns the bytes used at `to`.
 */
size_t record_field_set(struct record_field *field, enum product_column column, const char *text,
                        size_t len, char *to, struct field_facts *facts);

/* "REC_00001" */
#define RECORD_ID_SIZE 16
void record_id_text(uint32_t row_number, char out[RECORD_ID_SIZE]);

/* Whether the value of this column could be in a catalogue at all: present, at most 100 characters,
   none of them a control character. One that cannot is never taken, and need not be looked up. */
bool record_key_possible(const struct record *record, enum product_column column);

/* The facts of a field, computed where the value is whole. All zero for an absent one. */
void record_field_facts(const struct record *record, enum product_column column,
                        struct field_facts *facts);

/* How many bytes of each value are stored, so that all values (marks included) stay within
   RECORD_TOTAL_MAX. Equal to the value's length where it is stored whole. */
void record_stored_lengths(const struct record *record, size_t lengths[COLUMN_COUNT]);

/* The mark behind a cut value: " [cut: 10453000 more bytes]". */
void record_append_cut_mark(struct buffer *out, uint64_t missing_bytes);

/*
 * The columns that are present as one JSON object {"sku": "X-1", ...}: original_data of
 * validation_errors and product_data of the error message. Cut values carry their mark, U+0000
 * becomes U+2400 (PostgreSQL cannot hold it).
 * max_bytes, at least RECORD_JSON_MIN, bounds the JSON text, escapes counted (0: no bound but
 * RECORD_TOTAL_MAX of values, which become at most RECORD_JSON_MAX); values are cut further, the
 * longest first, until it fits. with_absent: absent columns are there as null. */
void record_append_json(struct buffer *out, const struct record *record, bool with_absent,
                        size_t max_bytes);

/*
 * The value of a column as the products table stores it, for a record that broke no rule: numbers
 * in canonical form ("12.90", stock "10"), the unit's default. False: NULL.
 */
bool record_append_product_value(struct buffer *out, const struct record *record,
                                 enum product_column column);

#endif
