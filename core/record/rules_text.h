/* What the rules say, in the vendor's words. Vendor text is cut and made visible. */
#ifndef INTAKE_CORE_RECORD_RULES_TEXT_H
#define INTAKE_CORE_RECORD_RULES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/record/record.h"

/* "price 12.999 has more than two decimals": column, value, problem. */
void rules_text_problem(struct buffer *out, enum product_column column,
                        const struct record_field *field, const char *problem);
/* Of an amount with more than two decimals. */
void rules_text_decimals(struct buffer *out, enum product_column column,
                         const struct record_field *field);
/* problem: of rules_url_problem. */
void rules_text_address(struct buffer *out, const struct record_field *field, const char *problem);
void rules_text_length(struct buffer *out, enum product_column column,
                       const struct record_field *field, uint64_t characters);
/* suggestion NULL: none. */
void rules_text_category(struct buffer *out, const struct record_field *category,
                         const char *suggestion);
/* A key that is taken: by another line of the file, by a product of the catalogue of which nothing
   more is said, by the vendor's own of which these columns differ (1 << column each). */
void rules_text_used(struct buffer *out, enum product_column column,
                     const struct record_field *field, uint32_t line_number);
void rules_text_occupied(struct buffer *out, enum product_column column,
                         const struct record_field *field);
void rules_text_own(struct buffer *out, enum product_column column,
                    const struct record_field *field, uint32_t differing);
void rules_text_below_price(struct buffer *out, const struct record_field *compare_at_price,
                            const struct record_field *price);
void rules_text_control(struct buffer *out, enum product_column column,
                        const struct record_field *field, uint32_t control);
/* "price 12,99 has a decimal comma: write 12.99" */
void rules_text_number(struct buffer *out, enum product_column column,
                       const struct record_field *field);
/* False, with nothing said, where a spreadsheet has not damaged it. */
bool rules_text_damage(struct buffer *out, enum product_column column,
                       const struct record_field *field);

/* Of the record as a whole. */
void rules_text_extra_fields(struct buffer *out, const struct record *record);
void rules_text_short(struct buffer *out, const struct record *record);
void rules_text_open_quote(struct buffer *out, const struct record *record);
/* Behind each message of a record over several lines. */
void rules_text_lines(struct buffer *out, const struct record *record);

/* Of a file: records over several lines that look like more than one, the first of them in these
   lines. */
void rules_text_swallowed(struct buffer *out, int64_t records, int64_t line, int64_t last_line);

/* What is wrong with the address of an image, or NULL. Its length is judged elsewhere. */
const char *rules_url_problem(const char *text, size_t len);

#endif
