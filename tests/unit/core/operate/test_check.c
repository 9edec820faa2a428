#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/operate/check/check.h"
#include "core/record/earlier.h"

#define HEADER "vendor_product_id,product_name,category,sku,price,stock_quantity\n"

static struct categories categories;
static struct buffer out;

static int set_up(void **state)
{
    (void)state;
    categories_init(&categories);
    buffer_init(&out, (size_t)1 << 26);
    return categories_add_defaults(&categories, NULL) != ERROR_NONE;
}

static int tear_down(void **state)
{
    (void)state;
    categories_release(&categories);
    buffer_release(&out);
    return 0;
}

static void run(const struct check_lookup *lookup, const char *path, const char *vendor_id,
                const char *data, struct check_result *result)
{
    const struct check_options options = {&categories, lookup};
    struct check *check = NULL;
    size_t len = strlen(data);
    buffer_clear(&out);
    assert_int_equal(check_new(&check, &options, NULL), ERROR_NONE);
    assert_int_equal(check_run(check, path, vendor_id, data, len, len, result, NULL), ERROR_NONE);
    assert_int_equal(check_append_json(check, path, result, &out, NULL, NULL), ERROR_NONE);
    check_free(check);
}

static void test_document(void **state)
{
    (void)state;
    struct check_result result;
    run(NULL, "V_1.csv", NULL, HEADER "P1,a,Books,X1,1,1\n\nP1,b,Books,X2,1.999,x\n", &result);
    assert_int_equal(result.status, CHECK_PARTIAL);
    assert_string_equal(
        out.data,
        "{\"file\":\"V_1.csv\",\"vendor_id\":\"V\",\"status\":\"partial\",\"refused\":null,"
        "\"total_records\":2,\"valid_records\":1,\"error_records\":1,"
        "\"errors_by_type\":{\"INVALID_PRICE\":1},\"unknown_columns\":null,\"ignored_columns\":[],\"warnings\":[],\"errors\":["
        "{\"row_number\":2,\"line_number\":4,\"vendor_product_id\":\"P1\",\"sku\":\"X2\","
        "\"error_type\":\"INVALID_PRICE\",\"error_field\":\"price\","
        "\"error_message\":\"price 1.999 has more than two decimals\"},"
        "{\"row_number\":2,\"line_number\":4,\"vendor_product_id\":\"P1\",\"sku\":\"X2\","
        "\"error_type\":\"INVALID_STOCK\",\"error_field\":\"stock_quantity\","
        "\"error_message\":\"stock_quantity x is not a number; write it like 25\"},"
        "{\"row_number\":2,\"line_number\":4,\"vendor_product_id\":\"P1\",\"sku\":\"X2\","
        "\"error_type\":\"DUPLICATE_VENDOR_PRODUCT_ID\",\"error_field\":\"vendor_product_id\","
        "\"error_message\":\"vendor_product_id P1 is already used in line 2 of this file\"}]}");
}

static void test_refused_document(void **state)
{
    (void)state;
    struct check_result result;
    run(NULL, "products.csv", NULL, HEADER "1\n", &result);
    assert_string_equal(
        out.data,
        "{\"file\":\"products.csv\",\"vendor_id\":null,\"status\":\"failed\",\"refused\":{"
        "\"code\":\"INVALID_FILE_NAME\",\"message\":\"the file name products.csv is not of the "
        "form <VENDOR>_<YYYYMMDD>_<HHMMSS>.csv\",\"line_number\":null},\"total_records\":0,"
        "\"valid_records\":0,\"error_records\":0,\"errors_by_type\":{},\"unknown_columns\":null,\"ignored_columns\":[],\"warnings\":[],"
        "\"errors\":[]}");
    run(NULL, "products.csv", "V", HEADER "1\n\"", &result);
    assert_int_equal(result.refusal.code, REFUSAL_MALFORMED_CSV);
    assert_int_equal(result.error_records, 0);
    assert_non_null(strstr(out.data, "\"line_number\":3}"));
    assert_non_null(strstr(out.data, "\"errors\":[]"));
}

/* The first accepted wins; a rejected record occupies nothing. */
static void test_duplicates_in_order(void **state)
{
    (void)state;
    struct check_result result;
    run(NULL, "V_1.csv", NULL,
        HEADER "P1,a,Books,X1,0,1\n"
               "P1,a,Books,X1,1,1\n"
               "P2,a,Books,X1,1,1\n"
               "P2,a,Books,X2,1,1\n"
               "p2,a,Books,x2,1,1\n",
        &result);
    assert_int_equal(result.valid_records, 3);
    assert_int_equal(result.errors_by_type[RULE_INVALID_PRICE], 1);
    assert_int_equal(result.errors_by_type[RULE_DUPLICATE_SKU], 1);
    assert_non_null(strstr(out.data, "sku X1 is already used in line 3 of this file"));
}

static enum error_code look_up(void *context, const char *vendor_id, struct check_key *skus,
                               struct check_key *product_ids, size_t count, struct error *error)
{
    (void)error;
    int *calls = context;
    assert_string_equal(vendor_id, "V");
    assert_true(count <= CHECK_LOOKUP_BATCH);
    ++*calls;
    for (size_t i = 0; i < count; i++) {
        skus[i].taken = skus[i].text && !strcmp(skus[i].text, "X1500");
        product_ids[i].taken = product_ids[i].text && !strcmp(product_ids[i].text, "P7");
    }
    return ERROR_NONE;
}

static void test_catalogue(void **state)
{
    (void)state;
    int calls = 0;
    const struct check_lookup lookup = {&calls, look_up};
    struct check_result result;
    struct buffer file;
    buffer_init(&file, CSV_FILE_MAX);
    buffer_text(&file, HEADER);
    for (int i = 1; i <= 2500; i++)
        buffer_format(&file, "P%d,a,Books,X%d,1,1\n", i, i);
    run(&lookup, "V_1.csv", NULL, file.data, &result);
    assert_int_equal(calls, 3);
    assert_int_equal(result.error_records, 2);
    assert_non_null(strstr(out.data, "\"row_number\":1500,"));
    assert_non_null(strstr(out.data, "sku X1500 is already in the catalogue"));
    assert_non_null(strstr(out.data, "vendor_product_id P7 is already in your catalogue"));
    buffer_release(&file);
}

static enum error_code count_findings(void *context, const struct check_finding *finding,
                                      struct error *error)
{
    (void)error;
    uint32_t *count = context;
    assert_int_equal(finding->row_number, *count / 4 + 1);
    ++*count;
    return ERROR_NONE;
}

/* More findings than are kept: they are found again, the same ones. */
static void test_many_findings(void **state)
{
    (void)state;
    const struct check_options options = {&categories, NULL};
    struct check *check = NULL;
    struct check_result result;
    struct buffer file;
    uint32_t count = 0;
    buffer_init(&file, CSV_FILE_MAX);
    buffer_text(&file, HEADER);
    for (int i = 0; i < CSV_RECORDS_MAX; i++)
        buffer_format(&file, "P%d,,%0400d,,%0400d,x\n", i, 1, 1);
    assert_int_equal(check_new(&check, &options, NULL), ERROR_NONE);
    assert_int_equal(
        check_run(check, "V_1.csv", NULL, file.data, file.len, file.len, &result, NULL),
        ERROR_NONE);
    assert_int_equal(result.error_records, CSV_RECORDS_MAX);
    assert_int_equal(check_each(check, count_findings, &count, NULL), ERROR_NONE);
    assert_int_equal(count, result.findings);
    assert_int_equal(count, 4 * CSV_RECORDS_MAX);
    check_free(check);
    buffer_release(&file);
}

static void test_too_large(void **state)
{
    (void)state;
    const struct check_options options = {&categories, NULL};
    struct check *check = NULL;
    struct check_result result;
    assert_int_equal(check_new(&check, &options, NULL), ERROR_NONE);
    assert_int_equal(check_run(check, "V_1.csv", NULL, "x", 1, CSV_FILE_MAX + 1, &result, NULL),
                     ERROR_NONE);
    assert_int_equal(result.refusal.code, REFUSAL_FILE_TOO_LARGE);
    check_free(check);
}

static void set(struct record *record, enum product_column column, const char *text)
{
    record->fields[column] =
        (struct record_field){.text = text, .len = text ? (uint32_t)strlen(text) : 0};
}

static void test_earlier_rows(void **state)
{
    (void)state;
    static const struct {
        const char *sku, *product_id;
        bool may_occupy;
        uint32_t wave, count, rows[3];
    } list[] = {
        {"A", "1", true, 1, 0, {0}},     {"B", "2", true, 1, 0, {0}},
        {"A", "2", true, 2, 2, {2, 1}},  {NULL, NULL, true, 1, 0, {0}},
        {NULL, "3", true, 1, 0, {0}},    {"A", "4", false, 3, 2, {3, 1}},
        {"A", "4", true, 3, 2, {3, 1}},  {"C\x01", "5", true, 1, 0, {0}},
        {"C\x01", "6", true, 1, 0, {0}}, {"B", "4", true, 4, 2, {7, 2}},
        {"a", "4 ", true, 1, 0, {0}},
    };
    struct earlier *earlier = NULL;
    uint32_t rows[RECORD_EARLIER_MAX];
    assert_int_equal(earlier_new(&earlier, NULL), ERROR_NONE);
    for (uint32_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        struct record record = {.row_number = i + 1};
        set(&record, COLUMN_SKU, list[i].sku);
        set(&record, COLUMN_VENDOR_PRODUCT_ID, list[i].product_id);
        assert_int_equal(earlier_add(earlier, &record, list[i].may_occupy, rows, NULL), ERROR_NONE);
        assert_int_equal(record.wave, list[i].wave);
        assert_int_equal(record.earlier_count, list[i].count);
        for (uint32_t j = 0; j < record.earlier_count; j++)
            assert_int_equal(record.earlier_rows[j], list[i].rows[j]);
    }
    earlier_free(earlier);
}

static void test_earlier_rows_are_capped(void **state)
{
    (void)state;
    struct earlier *earlier = NULL;
    uint32_t rows[RECORD_EARLIER_MAX];
    assert_int_equal(earlier_new(&earlier, NULL), ERROR_NONE);
    for (uint32_t i = 1; i <= 200; i++) {
        struct record record = {.row_number = i};
        set(&record, COLUMN_SKU, "A");
        assert_int_equal(earlier_add(earlier, &record, true, rows, NULL), ERROR_NONE);
        assert_int_equal(record.wave, i);
        assert_int_equal(record.earlier_count, i <= 64 ? i - 1 : 64);
        if (record.earlier_count)
            assert_int_equal(record.earlier_rows[0], i - 1);
    }
    earlier_free(earlier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_refused_document),
        cmocka_unit_test(test_duplicates_in_order),
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_many_findings),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_earlier_rows),
        cmocka_unit_test(test_earlier_rows_are_capped),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
