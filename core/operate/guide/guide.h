/*
 * What a vendor must know to send files, and an example file, from the tables that judge: columns,
 * rules, refusals, limits. Pure; the categories are the caller's.
 */
#ifndef INTAKE_CORE_OPERATE_GUIDE_GUIDE_H
#define INTAKE_CORE_OPERATE_GUIDE_GUIDE_H

#include "core/base/buffer.h"
#include "core/history/categories.h"
#include "core/record/record.h"
#include "core/record/refusal.h"
#include "core/record/rules.h"

enum guide_format { GUIDE_MARKDOWN, GUIDE_HTML };

struct guide_request {
    enum guide_format format;
    const char *vendor_id, *vendor_name;    /* NULL: of any vendor */
    const struct category_list *categories; /* inactive ones are left out */
    int64_t categories_at_ms;               /* when they were read; 0: they are the built-in ones */
};

/* A whole document; buffer_check(out) tells of failures. What is not the guide's own is escaped. */
void guide_append(struct buffer *out, const struct guide_request *request);

/* The header and two records that every check accepts whose categories hold the listed ones (NULL:
 * the built-in ones). delimiter: one of , ; tab |. Lines end with line_end. */
void template_append(struct buffer *out, const struct category_list *categories, char delimiter,
                     bool bom, const char *line_end);
#define TEMPLATE_DELIMITERS ",;\t|"

/* What the guide says of a number column; a test holds it against rules_judge. */
struct guide_number {
    const char *least, *most; /* as a vendor writes them */
    enum product_column column;
    int decimals;
};
#define GUIDE_NUMBERS 4
extern const struct guide_number guide_numbers[GUIDE_NUMBERS];

/* What breaks the rule, or has the file refused, and what to do; NULL for no rule and no refusal.
 */
const char *guide_rule_advice(enum rule rule);
const char *guide_refusal_advice(enum refusal_code code);

#endif
