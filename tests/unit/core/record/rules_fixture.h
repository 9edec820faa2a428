/* What the tests of the rules stand on: a record that breaks none, categories, what was found. */
#ifndef TEST_CORE_RULES_FIXTURE_H
#define TEST_CORE_RULES_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/record/rules.h"

static struct categories categories;
static struct findings findings;

/* A record that breaks no rule, to be spoilt one field at a time. */
static const char *const good[COLUMN_COUNT] = {
    [COLUMN_VENDOR_PRODUCT_ID] = "P-1", [COLUMN_PRODUCT_NAME] = "Steel Kettle",
    [COLUMN_CATEGORY] = "Kitchen",      [COLUMN_SKU] = "X-1",
    [COLUMN_PRICE] = "12.99",           [COLUMN_STOCK_QUANTITY] = "0",
};

static inline struct record_field field_of(const char *text)
{
    return (struct record_field){.text = text, .len = text ? (uint32_t)strlen(text) : 0};
}

static inline struct record good_record(void)
{
    struct record record = {.row_number = 5, .line_number = 6, .wave = 1};
    for (int i = 0; i < COLUMN_COUNT; i++)
        record.fields[i] = field_of(good[i]);
    return record;
}

static inline int set_up(void **state)
{
    struct error error = ERROR_INIT;
    (void)state;
    categories_init(&categories);
    findings_init(&findings);
    return categories_add_defaults(&categories, &error) != ERROR_NONE || categories.count != 20;
}

static inline int tear_down(void **state)
{
    (void)state;
    categories_release(&categories);
    findings_release(&findings);
    return 0;
}

#endif
