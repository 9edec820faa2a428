#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/record/csv.h"
#include "core/record/error_message.h"
#include "core/record/item.h"
#include "core/record/rules.h"

static const struct item_head head = {"UPLOAD_20260102_030405_VEND001", "VEND001",
                                      INT64_C(1767323045000)};

static void set(struct record *record, enum product_column column, const char *text)
{
    record->fields[column] = (struct record_field){.text = text, .len = (uint32_t)strlen(text)};
}

static struct json_object *parse(const struct buffer *text)
{
    struct json_object *document = NULL;
    assert_int_equal(json_parse(text->data, text->len, &document, NULL), ERROR_NONE);
    return document;
}

static void test_item_text(void **state)
{
    (void)state;
    static const uint32_t earlier[] = {6, 2};
    struct record record = {.row_number = 7,
                            .line_number = 9,
                            .field_count = 14,
                            .extra_fields = 1,
                            .raw = "P,\"\"",
                            .raw_len = 4,
                            .raw_whole_len = 4,
                            .earlier_rows = earlier,
                            .earlier_count = 2};
    struct buffer out;
    buffer_init(&out, 1 << 20);
    set(&record, COLUMN_VENDOR_PRODUCT_ID, "P");
    set(&record, COLUMN_PRICE, "12.999");
    item_append(&out, &head, &record);
    assert_string_equal(
        out.data,
        "{\"upload_id\":{\"S\":\"UPLOAD_20260102_030405_VEND001\"},"
        "\"record_id\":{\"S\":\"REC_00007\"},\"vendor_id\":{\"S\":\"VEND001\"},"
        "\"row_number\":{\"N\":\"7\"},\"line_number\":{\"N\":\"9\"},"
        "\"product_data\":{\"M\":{\"vendor_product_id\":{\"S\":\"P\"},"
        "\"price\":{\"S\":\"12.999\"}}},\"status\":{\"S\":\"pending_validation\"},"
        "\"created_at\":{\"S\":\"2026-01-02T03:04:05Z\"},\"ttl\":{\"N\":\"1769915045\"},"
        "\"field_count\":{\"N\":\"14\"},\"extra_fields\":{\"N\":\"1\"},"
        "\"raw\":{\"S\":\"P,\\\"\\\"\"},\"earlier_rows\":{\"L\":[{\"N\":\"6\"},{\"N\":\"2\"}]}}");
    buffer_release(&out);
}

static void test_there_and_back(void **state)
{
    (void)state;
    static const uint32_t earlier[] = {6, 2};
    struct record record = {.row_number = 7,
                            .line_number = 9,
                            .field_count = 15,
                            .extra_fields = 1,
                            .raw = "\xC3\xA9,\x01",
                            .raw_len = 4,
                            .raw_whole_len = 4,
                            .earlier_rows = earlier,
                            .earlier_count = 2};
    struct upload_item item;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    upload_item_init(&item);
    set(&record, COLUMN_SKU, "\xC3\xA9\"\\\n");
    record.fields[COLUMN_BRAND] = (struct record_field){.text = "a\0b", .len = 3};
    item_append(&out, &head, &record);
    struct json_object *document = parse(&out);
    assert_int_equal(item_decode(document, &item, NULL), ERROR_NONE);
    json_object_put(document);
    assert_string_equal(item.upload_id, head.upload_id);
    assert_string_equal(item.record_id, "REC_00007");
    assert_string_equal(item.vendor_id, head.vendor_id);
    assert_string_equal(item.status, ITEM_STATUS_PENDING);
    assert_int_equal(item.created_at_ms, head.created_at_ms);
    assert_int_equal(item.record.line_number, 9);
    assert_int_equal(item.record.field_count, 15);
    assert_int_equal(item.record.extra_fields, 1);
    assert_int_equal(item.record.earlier_count, 2);
    assert_memory_equal(item.record.earlier_rows, earlier, sizeof(earlier));
    assert_int_equal(item.record.raw_len, 4);
    assert_memory_equal(item.record.raw, record.raw, 4);
    assert_memory_equal(item.record.fields[COLUMN_BRAND].text, "a\0b", 3);
    assert_null(item.record.fields[COLUMN_PRICE].text);
    upload_item_release(&item);
    buffer_release(&out);
}

static size_t item_bytes(struct json_object *value)
{
    size_t bytes = 0;
    if (json_object_is_type(value, json_type_string))
        return (size_t)json_object_get_string_len(value);
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_count(value); i++)
            bytes += item_bytes(json_object_array_get_idx(value, i)) + 1;
        return bytes;
    }
    if (!json_object_is_type(value, json_type_object))
        return 1;
    json_object_object_foreach(value, key, member) bytes += strlen(key) + item_bytes(member) + 3;
    return bytes;
}

/* 14 values of 700 KB each: what the pipeline keeps of it is judged just as the whole. */
static void test_huge_record(void **state)
{
    (void)state;
    struct csv_reader *reader = NULL;
    struct record record;
    struct upload_item item;
    struct categories categories;
    struct findings before, after;
    struct buffer file, out, message;
    bool more;
    buffer_init(&file, CSV_FILE_MAX);
    buffer_init(&out, 1 << 22);
    buffer_init(&message, 1 << 20);
    upload_item_init(&item);
    findings_init(&before);
    findings_init(&after);
    categories_init(&categories);
    for (int i = 0; i < COLUMN_COUNT; i++)
        buffer_format(&file, "%s%s", i ? "," : "", column_table[i].name);
    buffer_char(&file, '\n');
    for (int i = 0; i < COLUMN_COUNT; i++) {
        buffer_text(&file, i ? "," : "");
        for (int j = 0; j < 116500; j++)
            buffer_text(&file, i % 2 ? "\xC3\xA9\"x\x01\x7F" : "123456");
    }
    assert_int_equal(csv_reader_open(&reader, file.data, file.len, NULL), ERROR_NONE);
    assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
    assert_true(more);
    item_append(&out, &head, &record);
    struct json_object *document = parse(&out);
    assert_true(item_bytes(document) < ITEM_BYTES_MAX);
    assert_int_equal(item_decode(document, &item, NULL), ERROR_NONE);
    json_object_put(document);
    assert_int_equal(item.record.raw_whole_len, record.raw_whole_len);
    rules_judge(&record, &categories, NULL, &before);
    rules_judge(&item.record, &categories, NULL, &after);
    assert_true(before.count >= 15);
    assert_int_equal(before.messages.len, after.messages.len);
    assert_memory_equal(before.messages.data, after.messages.data, after.messages.len);

    error_message_append(&message, head.upload_id, head.vendor_id, &record, &before, 0);
    assert_int_equal(message.failed, ERROR_NONE);
    assert_true(message.len <= ERROR_MESSAGE_MAX);
    assert_non_null(strstr(message.data, " more bytes]"));
    json_object_put(parse(&message));

    buffer_clear(&out);
    buffer_clear(&message);
    record_append_json(&out, &record, false, 0);
    record_append_json(&message, &item.record, false, 0);
    assert_string_equal(out.data, message.data);

    upload_item_release(&item);
    findings_release(&before);
    findings_release(&after);
    categories_release(&categories);
    csv_reader_free(reader);
    buffer_release(&file);
    buffer_release(&out);
    buffer_release(&message);
}

#define HEAD                                                                                       \
    "\"upload_id\":{\"S\":\"U\"},\"record_id\":{\"S\":\"REC_00001\"},\"vendor_id\":{\"S\":\"V\"}," \
    "\"status\":{\"S\":\"pending_validation\"}"

static void test_poison(void **state)
{
    (void)state;
    static const char *const list[] = {
        "{}",
        "[]",
        "null",
        "{" HEAD "}",
        "{" HEAD ",\"row_number\":{\"N\":\"1\"}}",
        "{" HEAD ",\"row_number\":{\"N\":\"2\"},\"product_data\":{\"M\":{}}}",
        "{" HEAD ",\"row_number\":{\"S\":\"x\"},\"product_data\":{\"M\":{}}}",
        "{" HEAD ",\"row_number\":{\"N\":\"1\"},\"product_data\":{\"S\":\"\"}}",
        "{" HEAD ",\"row_number\":{\"N\":\"1\"},\"product_data\":{\"M\":{\"sku\":{\"B\":\"\"}}}}",
        "{" HEAD ",\"row_number\":{\"N\":\"1\"},\"product_data\":{\"M\":{}},"
        "\"earlier_rows\":{\"L\":[{\"N\":\"1\"}]}}",
        "{" HEAD ",\"row_number\":{\"N\":\"1\"},\"product_data\":{\"M\":{\"sku\":{\"S\":\"a\"}}},"
        "\"facts\":{\"M\":{\"sku\":{\"M\":{\"kept\":{\"N\":\"5\"}}}}}}",
    };
    struct upload_item item;
    upload_item_init(&item);
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        struct error error = ERROR_INIT;
        struct json_object *document = NULL;
        assert_int_equal(json_parse(list[i], strlen(list[i]), &document, NULL), ERROR_NONE);
        assert_int_equal(item_decode(document, &item, &error), ERROR_INVALID);
        assert_non_null(strstr(error.message, "the item's attribute "));
        json_object_put(document);
    }
    upload_item_release(&item);
}

static void test_item_of_others(void **state)
{
    (void)state;
    static const char text[] =
        "{" HEAD ",\"row_number\":{\"N\":\"1\"},\"product_data\":{\"M\":{\"sku\":{\"S\":\" a \"},"
        "\"price\":{\"N\":\"12.5\"},\"brand\":{\"NULL\":true},\"unit\":{\"S\":\"  \"},"
        "\"unknown\":{\"S\":\"x\"}}}}";
    struct upload_item item;
    struct json_object *document = NULL;
    upload_item_init(&item);
    assert_int_equal(json_parse(text, strlen(text), &document, NULL), ERROR_NONE);
    assert_int_equal(item_decode(document, &item, NULL), ERROR_NONE);
    assert_int_equal(item.record.fields[COLUMN_SKU].len, 1);
    assert_int_equal(item.record.fields[COLUMN_PRICE].len, 4);
    assert_null(item.record.fields[COLUMN_BRAND].text);
    assert_null(item.record.fields[COLUMN_UNIT].text);
    json_object_put(document);
    upload_item_release(&item);
}

static void test_messages(void **state)
{
    (void)state;
    struct record record = {.row_number = 3};
    struct findings findings;
    struct categories categories;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    findings_init(&findings);
    categories_init(&categories);
    for (int i = 0; i < COLUMN_COUNT; i++)
        set(&record, (enum product_column)i, "1");
    set(&record, COLUMN_IMAGE_URL, "http://a");
    record.fields[COLUMN_BRAND].text = NULL;
    record.fields[COLUMN_UNIT] = (struct record_field){.text = "a\0b", .len = 3};
    rules_judge(&record, &categories, NULL, &findings);
    error_message_append(&out, "U", "V", &record, &findings, 0);
    assert_string_equal(
        out.data,
        "{\"upload_id\":\"U\",\"vendor_id\":\"V\",\"record_id\":\"REC_00003\",\"row_number\":3,"
        "\"error_type\":\"INVALID_CATEGORY\","
        "\"error_message\":\"category 1 is not one of the categories; all of them are listed in the vendor guide\",\"errors\":["
        "{\"type\":\"INVALID_CATEGORY\",\"field\":\"category\","
        "\"message\":\"category 1 is not one of the categories; all of them are listed in the vendor guide\"},"
        "{\"type\":\"INVALID_VALUE\",\"field\":\"unit\","
        "\"message\":\"unit a\xE2\x90\x80"
        "b contains the control character U+0000, as character 2; delete it\"}],"
        "\"product_data\":{\"vendor_product_id\":\"1\",\"product_name\":\"1\",\"category\":\"1\","
        "\"subcategory\":\"1\",\"description\":\"1\",\"sku\":\"1\",\"brand\":null,\"price\":\"1\","
        "\"compare_at_price\":\"1\",\"stock_quantity\":\"1\",\"unit\":\"a\xE2\x90\x80"
        "b\",\"weight_kg\":\"1\",\"dimensions_cm\":\"1\",\"image_url\":\"http://a\"},"
        "\"timestamp\":\"1970-01-01T00:00:00Z\"}");
    buffer_clear(&out);
    upload_finished_append(&out, "U", "V", "partial", 0);
    assert_string_equal(out.data, "{\"type\":\"upload_finished\",\"upload_id\":\"U\","
                                  "\"vendor_id\":\"V\",\"status\":\"partial\","
                                  "\"timestamp\":\"1970-01-01T00:00:00Z\"}");
    categories_release(&categories);
    findings_release(&findings);
    buffer_release(&out);
}

/* Limits are of the text that is written, where a byte may take six. */
static void test_messages_fit_whatever_they_hold(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\x01", "\"", "\\", "x", "\xC2\xAD", "\xF0\x9F\x98\x80", "\xF3\xA0\x80\x81"};
    static char value[RECORD_VALUE_MAX];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t piece = strlen(pieces[i]), len = sizeof value / piece * piece, used = 0;
        struct record record = {.row_number = 1};
        struct findings findings;
        struct categories categories;
        struct buffer out;
        for (size_t at = 0; at < len; at += piece)
            memcpy(value + at, pieces[i], piece);
        for (int column = 0; column < COLUMN_COUNT; column++)
            record.fields[column] = (struct record_field){.text = value, .len = (uint32_t)len};
        findings_init(&findings);
        buffer_init(&out, 2 * ERROR_MESSAGE_MAX);
        categories_init(&categories);
        rules_judge(&record, &categories, NULL, &findings);
        error_message_append(&out, "U", "V", &record, &findings, 0);
        assert_int_equal(buffer_check(&out, NULL), ERROR_NONE);
        assert_in_range(out.len, ERROR_MESSAGE_MAX - 4096, ERROR_MESSAGE_MAX);
        struct json_object *message = parse(&out);
        assert_non_null(
            strstr(json_text(json_member(message, "product_data"), "sku", NULL), " more bytes]"));
        json_object_put(message);
        buffer_clear(&out);
        json_append_string(&out, value, len);
        assert_int_equal(json_string_prefix(value, len, SIZE_MAX, &used), len);
        assert_int_equal(used, out.len - 2);
        assert_int_equal(json_string_prefix(value, len, 25, &used) % piece, 0);
        buffer_release(&out);
        findings_release(&findings);
        categories_release(&categories);
    }
}

static void test_product_values(void **state)
{
    (void)state;
    struct record record = {.row_number = 1};
    struct buffer out;
    buffer_init(&out, 1024);
    set(&record, COLUMN_PRICE, "0012.5000");
    set(&record, COLUMN_STOCK_QUANTITY, "10.0");
    set(&record, COLUMN_SKU, "X-1");
    assert_true(record_append_product_value(&out, &record, COLUMN_PRICE));
    assert_true(record_append_product_value(&out, &record, COLUMN_STOCK_QUANTITY));
    assert_true(record_append_product_value(&out, &record, COLUMN_SKU));
    assert_true(record_append_product_value(&out, &record, COLUMN_UNIT));
    assert_false(record_append_product_value(&out, &record, COLUMN_BRAND));
    assert_false(record_append_product_value(&out, &record, COLUMN_WEIGHT_KG));
    assert_string_equal(out.data, "12.5010X-1piece");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_item_text),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_huge_record),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_item_of_others),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_messages_fit_whatever_they_hold),
        cmocka_unit_test(test_product_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
