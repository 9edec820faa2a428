/* Items read back from the table: what is no record of ours is left out and counted, or fails. */
#include "tests/unit/aws/test_fake.h"

#include "core/pipeline/item_fetch.h"

#define ITEM(n)                                                                                \
    "{\"upload_id\":{\"S\":\"U\"},\"record_id\":{\"S\":\"REC_0000" n "\"},"                    \
    "\"vendor_id\":{\"S\":\"V\"},\"row_number\":{\"N\":\"" n "\"},\"line_number\":{\"N\":\"" n \
    "\"},\"status\":{\"S\":\"pending_validation\"},\"product_data\":{\"M\":{\"sku\":"          \
    "{\"S\":\"sku-" n "\"}}}}"
#define POISON(n)                                                    \
    "{\"upload_id\":{\"S\":\"U\"},\"record_id\":{\"S\":\"REC_0000" n \
    "\"},\"row_number\":{\"S\":\"x\"}}"
#define ANSWER(items) "{\"Responses\":{\"T\":[" items "]},\"UnprocessedKeys\":{}}"

static void answer_two_poisons(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "",
               ANSWER(ITEM("1") "," POISON("2") "," ITEM("3") "," POISON("4") "," ITEM("5")));
}

static void answer_denied(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 400, "", "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}");
}

struct table {
    struct fake fake;
    struct settings settings;
    struct pipeline pipeline;
    struct item_list items;
    struct ledger_missing rows;
    struct ledger_key keys[150];
};

static void table_init(struct table *table,
                       void (*answer)(struct fake *, struct http_exchange *, size_t))
{
    memset(table, 0, sizeof *table);
    fake_init(&table->fake, answer);
    assert_int_equal(settings_init(&table->settings, NULL), ERROR_NONE);
    assert_int_equal(settings_put(&table->settings, SETTING_TABLE, "T", SETTING_FROM_FLAG, NULL),
                     ERROR_NONE);
    table->pipeline = (struct pipeline){.aws = fake_client(&table->fake),
                                        .settings = &table->settings,
                                        .world = &table->fake.world};
    item_list_init(&table->items);
    table->rows.list = table->keys;
    for (uint32_t row = 1; row <= 150; row++) {
        struct ledger_key *key = &table->keys[row - 1];
        snprintf(key->upload_id, sizeof key->upload_id, "U");
        key->row_number = row;
    }
    table->rows.count = 5;
}

static void table_release(struct table *table)
{
    item_list_release(&table->items);
    aws_client_free(table->pipeline.aws);
    settings_release(&table->settings);
    fake_release(&table->fake);
}

static void test_poison_is_left_out_and_counted(void **state)
{
    struct table table;
    struct error error = ERROR_INIT;
    size_t poison = 7;
    (void)state;
    table_init(&table, answer_two_poisons);
    assert_int_equal(items_fetch(&table.pipeline, &table.rows, &table.items, &poison, &error),
                     ERROR_NONE);
    assert_int_equal(poison, 9);
    assert_int_equal(error.code, ERROR_NONE);
    assert_int_equal(table.items.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(table.items.list[i]->record.row_number, 1 + 2 * i);
    assert_string_equal(table.items.list[2]->record.fields[COLUMN_SKU].text, "sku-5");
    table_release(&table);
}

static void test_poison_that_nobody_counts_fails(void **state)
{
    struct table table;
    struct error error = ERROR_INIT;
    (void)state;
    table_init(&table, answer_two_poisons);
    assert_int_equal(items_fetch(&table.pipeline, &table.rows, &table.items, NULL, &error),
                     ERROR_INVALID);
    assert_true(error.message[0] != '\0');
    table_release(&table);
}

static void test_a_refusal_is_no_poison(void **state)
{
    struct table table;
    struct error error = ERROR_INIT;
    size_t poison = 0;
    (void)state;
    table_init(&table, answer_denied);
    assert_int_equal(items_fetch(&table.pipeline, &table.rows, &table.items, &poison, &error),
                     ERROR_DENIED);
    assert_int_equal(poison, 0);
    assert_int_equal(table.items.count, 0);
    table_release(&table);
}

static void answer_nothing(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "", ANSWER(""));
}

static void test_every_row_is_asked_for_once_and_consistently(void **state)
{
    struct table table;
    size_t poison = 0;
    char key[96];
    (void)state;
    table_init(&table, answer_nothing);
    table.rows.count = 101;
    assert_int_equal(items_fetch(&table.pipeline, &table.rows, &table.items, &poison, NULL),
                     ERROR_NONE);
    assert_int_equal(table.fake.count, 2);
    assert_non_null(strstr(table.fake.requests[1].body, "\"ConsistentRead\":true"));
    snprintf(key, sizeof key, "{\"upload_id\":{\"S\":\"U\"},\"record_id\":{\"S\":\"REC_00101\"}}");
    assert_non_null(strstr(table.fake.requests[1].body, key));
    assert_null(strstr(table.fake.requests[0].body, "REC_00101"));
    assert_non_null(strstr(table.fake.requests[0].body, "REC_00001"));
    table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poison_is_left_out_and_counted),
        cmocka_unit_test(test_poison_that_nobody_counts_fails),
        cmocka_unit_test(test_a_refusal_is_no_poison),
        cmocka_unit_test(test_every_row_is_asked_for_once_and_consistently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
