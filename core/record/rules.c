#include "core/record/rules.h"

#include "core/record/damage.h"
#include "core/record/number_problem.h"
#include "core/record/rules_text.h"

struct judgement {
    const struct record *record;
    const struct categories *categories;
    const struct catalogue *catalogue;
    struct findings *findings;
};

/* One row for each rule, in their order. */
struct rule_info {
    const char *name;
    void (*judge)(struct judgement *judgement);
    bool by_itself; /* needs neither categories nor the catalogue */
};

static const struct record_field *field_of(const struct judgement *judgement,
                                           enum product_column column)
{
    return &judgement->record->fields[column];
}

/* Of a record over several lines each message says so. */
static void message_end(const struct judgement *judgement)
{
    if (judgement->findings->count && judgement->record->last_line)
        rules_text_lines(&judgement->findings->messages, judgement->record);
}

static struct buffer *finding_add(struct judgement *judgement, enum rule rule,
                                  enum product_column column)
{
    struct findings *findings = judgement->findings;
    struct buffer *out = &findings->messages;
    message_end(judgement);
    if (out->len)
        buffer_char(out, '\0');
    findings->list[findings->count++] =
        (struct finding){.rule = rule, .column = column, .message_at = (uint32_t)out->len};
    return out;
}

static void number_find(struct judgement *judgement, enum rule rule, enum product_column column,
                        const char *problem)
{
    struct buffer *out = finding_add(judgement, rule, column);
    if (problem == number_unreadable)
        rules_text_number(out, column, field_of(judgement, column));
    else if (problem == number_too_many_decimals)
        rules_text_decimals(out, column, field_of(judgement, column));
    else
        rules_text_problem(out, column, field_of(judgement, column), problem);
}

static void missing_judge(struct judgement *judgement)
{
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        if (column_table[i].required && !field_of(judgement, i)->text)
            buffer_format(finding_add(judgement, RULE_MISSING_REQUIRED_FIELDS, i),
                          "%s is missing; every product needs one", column_table[i].name);
    }
}

static void price_judge(struct judgement *judgement)
{
    const struct record_field *price = field_of(judgement, COLUMN_PRICE);
    struct decimal decimal;
    const char *problem = price->text ? number_problem(COLUMN_PRICE, price, &decimal) : NULL;
    if (problem)
        number_find(judgement, RULE_INVALID_PRICE, COLUMN_PRICE, problem);
}

static void stock_judge(struct judgement *judgement)
{
    const struct record_field *stock = field_of(judgement, COLUMN_STOCK_QUANTITY);
    struct decimal decimal;
    const char *problem =
        stock->text ? number_problem(COLUMN_STOCK_QUANTITY, stock, &decimal) : NULL;
    if (problem)
        number_find(judgement, RULE_INVALID_STOCK, COLUMN_STOCK_QUANTITY, problem);
}

/* More code points than the limit; needs no counting where there are not even as many bytes. */
static bool is_too_long(const struct judgement *judgement, enum product_column column,
                        uint64_t *characters)
{
    struct field_facts facts;
    uint32_t limit = column_table[column].limit;
    if (field_of(judgement, column)->len <= limit)
        return false;
    record_field_facts(judgement->record, column, &facts);
    *characters = facts.characters;
    return facts.characters > limit;
}

static void length_judge(struct judgement *judgement)
{
    uint64_t characters;
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        if (column_table[i].kind == COLUMN_KIND_TEXT && column_table[i].limit &&
            is_too_long(judgement, i, &characters))
            rules_text_length(finding_add(judgement, RULE_FIELD_LENGTH_EXCEEDED, i), i,
                              field_of(judgement, i), characters);
    }
}

static void category_judge(struct judgement *judgement)
{
    const struct record_field *category = field_of(judgement, COLUMN_CATEGORY);
    if (!category->text ||
        (!category->facts && categories_have(judgement->categories, category->text, category->len)))
        return;
    rules_text_category(
        finding_add(judgement, RULE_INVALID_CATEGORY, COLUMN_CATEGORY), category,
        category->facts ? NULL
                        : categories_suggest(judgement->categories, category->text, category->len));
}

static void occupied_find(struct judgement *judgement, enum rule rule, enum product_column column,
                          enum occupied occupied, uint32_t line_number)
{
    const struct catalogue *catalogue = judgement->catalogue;
    const struct record_field *field = field_of(judgement, column);
    uint32_t differing = 0;
    if (occupied == OCCUPIED_NO)
        return;
    struct buffer *out = finding_add(judgement, rule, column);
    if (occupied == OCCUPIED_IN_FILE) {
        rules_text_used(out, column, field, line_number);
    } else if (!catalogue->own ||
               !catalogue->own(catalogue->context, judgement->record, column, &differing)) {
        rules_text_occupied(out, column, field);
    } else {
        judgement->findings->list[judgement->findings->count - 1].unchanged = !differing;
        rules_text_own(out, column, field, differing);
    }
}

static void sku_judge(struct judgement *judgement)
{
    const struct record_field *sku = field_of(judgement, COLUMN_SKU);
    const struct catalogue *catalogue = judgement->catalogue;
    uint32_t line = 0;
    if (!catalogue || !record_key_possible(judgement->record, COLUMN_SKU))
        return;
    enum occupied occupied =
        catalogue->sku(catalogue->context, judgement->record, sku->text, sku->len, &line);
    occupied_find(judgement, RULE_DUPLICATE_SKU, COLUMN_SKU, occupied, line);
}

static void product_id_judge(struct judgement *judgement)
{
    const enum product_column column = COLUMN_VENDOR_PRODUCT_ID;
    const struct record_field *id = field_of(judgement, column);
    const struct catalogue *catalogue = judgement->catalogue;
    uint32_t line = 0;
    if (!catalogue || !record_key_possible(judgement->record, column))
        return;
    enum occupied occupied =
        catalogue->product_id(catalogue->context, judgement->record, id->text, id->len, &line);
    occupied_find(judgement, RULE_DUPLICATE_VENDOR_PRODUCT_ID, column, occupied, line);
}

static void compare_price_judge(struct judgement *judgement, const struct record_field *field)
{
    const struct record_field *price = field_of(judgement, COLUMN_PRICE);
    struct decimal decimal, of_price;
    const char *problem = number_problem(COLUMN_COMPARE_AT_PRICE, field, &decimal);
    if (problem)
        number_find(judgement, RULE_INVALID_VALUE, COLUMN_COMPARE_AT_PRICE, problem);
    else if (price->text && !number_problem(COLUMN_PRICE, price, &of_price) &&
             decimal.hundredths < of_price.hundredths)
        rules_text_below_price(finding_add(judgement, RULE_INVALID_VALUE, COLUMN_COMPARE_AT_PRICE),
                               field, price);
}

static void weight_judge(struct judgement *judgement, const struct record_field *field)
{
    struct decimal decimal;
    const char *problem = number_problem(COLUMN_WEIGHT_KG, field, &decimal);
    if (problem)
        number_find(judgement, RULE_INVALID_VALUE, COLUMN_WEIGHT_KG, problem);
}

static void url_judge(struct judgement *judgement, const struct record_field *field)
{
    uint64_t characters;
    if (is_too_long(judgement, COLUMN_IMAGE_URL, &characters)) {
        rules_text_length(finding_add(judgement, RULE_INVALID_VALUE, COLUMN_IMAGE_URL),
                          COLUMN_IMAGE_URL, field, characters);
        return;
    }
    const char *problem = rules_url_problem(field->text, field->len);
    if (problem)
        rules_text_address(finding_add(judgement, RULE_INVALID_VALUE, COLUMN_IMAGE_URL), field,
                           problem);
}

static uint32_t control_find(const struct judgement *judgement, enum product_column column)
{
    struct field_facts facts;
    if (field_of(judgement, column)->clean)
        return RECORD_NO_CONTROL;
    record_field_facts(judgement->record, column, &facts);
    return facts.control;
}

/* Most values need no closer look: damage shows in the first characters, or is U+FFFD. */
static bool damage_possible(enum product_column column, const struct record_field *field)
{
    char first = field->text[0];
    if (column_table[column].kind != COLUMN_KIND_TEXT || field->facts)
        return false;
    if (first >= '0' && first <= '9')
        return !field->clean || (field->len > 3 && memchr(field->text, 'E', field->len));
    return !field->clean || first == '=' || first == '#' || first == '\\' || (first | 0x20) == 'n';
}

static void value_judge(struct judgement *judgement)
{
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        const struct record_field *field = field_of(judgement, i);
        if (!field->text)
            continue;
        uint32_t control = control_find(judgement, i);
        if (control != RECORD_NO_CONTROL)
            rules_text_control(finding_add(judgement, RULE_INVALID_VALUE, i), i, field, control);
        else if (damage_possible(i, field) && damage_found(i, field->text, field->len))
            rules_text_damage(finding_add(judgement, RULE_INVALID_VALUE, i), i, field);
        else if (i == COLUMN_COMPARE_AT_PRICE)
            compare_price_judge(judgement, field);
        else if (i == COLUMN_WEIGHT_KG)
            weight_judge(judgement, field);
        else if (i == COLUMN_IMAGE_URL)
            url_judge(judgement, field);
    }
}

/* A record whose columns cannot be trusted is judged for that alone. */
static bool shape_judge(struct judgement *judgement)
{
    const struct record *record = judgement->record;
    if (record->open_quote_line)
        rules_text_open_quote(finding_add(judgement, RULE_INVALID_VALUE, COLUMN_NONE), record);
    else if (record->extra_fields)
        rules_text_extra_fields(finding_add(judgement, RULE_INVALID_VALUE, COLUMN_NONE), record);
    else if (record->short_of)
        rules_text_short(finding_add(judgement, RULE_MISSING_REQUIRED_FIELDS, COLUMN_NONE), record);
    return judgement->findings->count != 0;
}

static const struct rule_info rules[RULE_COUNT] = {
    [RULE_MISSING_REQUIRED_FIELDS] = {"MISSING_REQUIRED_FIELDS", missing_judge, true},
    [RULE_INVALID_PRICE] = {"INVALID_PRICE", price_judge, true},
    [RULE_INVALID_STOCK] = {"INVALID_STOCK", stock_judge, true},
    [RULE_FIELD_LENGTH_EXCEEDED] = {"FIELD_LENGTH_EXCEEDED", length_judge, true},
    [RULE_INVALID_CATEGORY] = {"INVALID_CATEGORY", category_judge, false},
    [RULE_DUPLICATE_SKU] = {"DUPLICATE_SKU", sku_judge, false},
    [RULE_DUPLICATE_VENDOR_PRODUCT_ID] = {"DUPLICATE_VENDOR_PRODUCT_ID", product_id_judge, false},
    [RULE_INVALID_VALUE] = {"INVALID_VALUE", value_judge, true},
};

const char *rule_name(enum rule rule)
{
    return rule < RULE_COUNT ? rules[rule].name : "";
}

enum rule rule_find(const char *name, size_t len)
{
    enum rule rule = 0;
    while (rule < RULE_COUNT &&
           (strlen(rules[rule].name) != len || memcmp(rules[rule].name, name, len) != 0))
        rule++;
    return rule;
}

void findings_init(struct findings *findings)
{
    findings->count = 0;
    buffer_init(&findings->messages, (size_t)256 * 1024);
}

void findings_release(struct findings *findings)
{
    buffer_release(&findings->messages);
    findings->count = 0;
}

const char *findings_message(const struct findings *findings, uint32_t index)
{
    return findings->messages.data + findings->list[index].message_at;
}

bool findings_unchanged(const struct findings *findings)
{
    bool unchanged = findings->count > 0;
    for (uint32_t i = 0; i < findings->count; i++)
        unchanged = unchanged && findings->list[i].unchanged;
    return unchanged;
}

static void judge(struct judgement *judgement, bool by_itself_only)
{
    judgement->findings->count = 0;
    buffer_clear(&judgement->findings->messages);
    bool trusted = !shape_judge(judgement);
    for (enum rule i = 0; trusted && i < RULE_COUNT; i++) {
        if (rules[i].by_itself || !by_itself_only)
            rules[i].judge(judgement);
    }
    message_end(judgement);
}

void rules_judge(const struct record *record, const struct categories *categories,
                 const struct catalogue *catalogue, struct findings *findings)
{
    struct judgement judgement = {record, categories, catalogue, findings};
    judge(&judgement, false);
}

bool rules_never_accepted(const struct record *record)
{
    struct findings findings;
    struct judgement judgement = {record, NULL, NULL, &findings};
    findings_init(&findings);
    judge(&judgement, true);
    bool never = findings.count > 0;
    findings_release(&findings);
    return never;
}
