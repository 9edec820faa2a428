#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/record/csv.h"
#include "core/record/notice_text.h"
#include "core/record/report_text.h"

static struct buffer out;

static int set_up(void **state)
{
    (void)state;
    buffer_init(&out, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_release(&out);
    return 0;
}

static void test_cells(void **state)
{
    (void)state;
    static const char *const cells[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {" a", "\" a\""},
        {"=1+1", "'=1+1"},
        {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
        {"+1", "'+1"},
        {"-5", "-5"},
        {"-5.25", "-5.25"},
        {"-5x", "'-5x"},
        {"-", "'-"},
        {"@a", "'@a"},
        {"\ta", "\"'\ta\""},
        {"\ra", "\"'\ra\""},
        {"\na", "\"'\na\""},
        {"\t5", "\"'\t5\""},
        {"\xEF\xBC\x9D"
         "1+1",
         "'\xEF\xBC\x9D"
         "1+1"},
        {"\xEF\xBC\x8B"
         "1",
         "'\xEF\xBC\x8B"
         "1"},
        {"\xEF\xBC\x8D"
         "5",
         "'\xEF\xBC\x8D"
         "5"},
        {"\xEF\xBC\xA0"
         "a",
         "'\xEF\xBC\xA0"
         "a"},
        {"\xEF\xB9\xA6"
         "1",
         "'\xEF\xB9\xA6"
         "1"},
        {" =1+1", "\"' =1+1\""},
        {" -5", "\" -5\""},
        {"\xC2\xA0=1", "'\xC2\xA0=1"},
        {"\xE2\x80\x8B\xEF\xBB\xBF=1", "'\xE2\x80\x8B\xEF\xBB\xBF=1"},
        {"\x01=1", "'\x01=1"},
        {"\xE2\x80\x8B"
         "a=1",
         "\xE2\x80\x8B"
         "a=1"},
        {"\xFF=1", "\xFF=1"},
        {"a=1", "a=1"},
        {" ", "\" \""},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
        buffer_clear(&out);
        report_append_cell(&out, cells[i][0], strlen(cells[i][0]), ',');
        assert_string_equal(out.data, cells[i][1]);
    }
}

static void test_report(void **state)
{
    (void)state;
    char data[512];
    int len =
        snprintf(data, sizeof(data),
                 "{\"sku\":\"-x\",\"price\":\"-5\",\"brand\":\"A, B\",\"description\":\"%0100d"
                 "\xC3\xA9\"}",
                 7);
    report_begin(&out, ',');
    struct report_row row = {.row_number = 3,
                             .line_number = 5,
                             .delimiter = ',',
                             .error_type = "INVALID_PRICE",
                             .error_message = "price -5 is below 0.01"};
    struct json_object *original = NULL;
    assert_int_equal(original_parse(data, (size_t)len, &original, NULL), ERROR_NONE);
    report_append_original(&out, &row, original);
    json_object_put(original);
    assert_int_equal(original_parse(NULL, 0, &original, NULL), ERROR_NONE);
    assert_null(original);
    row = (struct report_row){
        .row_number = 4, .delimiter = ',', .error_type = "INVALID_VALUE", .error_message = "m"};
    report_append_original(&out, &row, NULL);
    assert_int_equal(original_parse("[]", 2, &original, NULL), ERROR_INVALID);
    report_append_cut_mark(&out, ',', 12, 5);
    assert_string_equal(
        out.data,
        "\xEF\xBB\xBFRow Number,Vendor Product ID,SKU,Product Name,Category,Error Type,"
        "Error Message,Price,Stock Quantity,Brand,Description,Line\r\n"
        "3,,'-x,,,INVALID_PRICE,price -5 is below 0.01,-5,,\"A, B\","
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000000007...,5\r\n"
        "4,,,,,INVALID_VALUE,m,,,,,\r\n"
        ",,,,,,[cut: 12 more violations of 5 records],,,,,\r\n");
}

static void test_rejected(void **state)
{
    (void)state;
    static const char header[] = "SKU ,\"more\nthan a line\",Price,x";
    struct rejected_format format = {',', false, "\r", header, strlen(header), 4, false};
    struct buffer errors;
    buffer_init(&errors, 1024);
    rejected_errors_append(&errors, "INVALID_PRICE", "price \"1\" is odd");
    rejected_errors_append(&errors, "INVALID_VALUE", "b");
    rejected_begin(&out, &format);
    rejected_append(&out, &format, "a,b,c,d", 7, 4, errors.data, errors.len);
    rejected_append(&out, &format, "a", 1, 1, "e", 1);
    rejected_append(&out, &format, "a,b,c,d,e", 9, 5, "e", 1);
    static const char text[] = "{\"price\":\"9\\\"\",\"sku\":\"S\"}";
    struct json_object *original = NULL;
    assert_int_equal(original_parse(text, strlen(text), &original, NULL), ERROR_NONE);
    assert_int_equal(rejected_append_original(&out, &format, original, "e", 1, NULL), ERROR_NONE);
    json_object_put(original);
    rejected_append_cut_mark(&out, &format, 7);
    assert_string_equal(out.data,
                        "\xEF\xBB\xBFSKU ,\"more\nthan a line\",Price,x,errors\r"
                        "a,b,c,d,\"INVALID_PRICE: price \"\"1\"\" is odd; INVALID_VALUE: b\"\r"
                        "a,,,,\"e\"\r"
                        "a,b,c,d,e,\"e\"\r"
                        "\"S\",,\"9\"\"\",,\"e; [cut: 7 more records]\"\r");
    buffer_release(&errors);
}

/* The rejected file is a file that can be uploaded: its records are those that were rejected. */
static void test_rejected_is_read_again(void **state)
{
    (void)state;
    static const char file[] =
        "vendor_product_id,product_name,category,sku,price,stock_quantity\r\n"
        "1,\"a\r\n\"\"b\"\" ,c\" ,Books,x\"y\",7.999,1\r\n"
        "2,b\r\n"
        "3,\" \",,,,x,y\r\n";
    struct csv_reader *reader = NULL, *again = NULL;
    struct record record, mended;
    struct refusal refusal;
    bool more, more_again;
    assert_int_equal(csv_reader_open(&reader, file, sizeof(file) - 1, NULL), ERROR_NONE);
    const struct csv_header *header = csv_reader_header(reader);
    struct rejected_format format = {header->delimiter,
                                     header->errors_own,
                                     header->line_end,
                                     header->raw.data,
                                     header->raw.len,
                                     header->field_count,
                                     false};
    rejected_begin(&out, &format);
    while (!csv_reader_next(reader, &record, &more, NULL) && more)
        rejected_append(&out, &format, record.raw, record.raw_len, record.field_count, "e, \"f\"",
                        6);
    assert_int_equal(csv_reader_open(&reader, file, sizeof(file) - 1, NULL), ERROR_NONE);
    assert_int_equal(csv_reader_open(&again, out.data, out.len, NULL), ERROR_NONE);
    assert_string_equal(csv_reader_header(again)->unknown.data, "errors");
    for (int row = 0; row < 3; row++) {
        assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
        assert_int_equal(csv_reader_next(again, &mended, &more_again, NULL), ERROR_NONE);
        assert_true(more && more_again);
        assert_int_equal(mended.extra_fields, record.extra_fields);
        for (int i = 0; i < COLUMN_COUNT; i++) {
            assert_int_equal(mended.fields[i].len, record.fields[i].len);
            if (record.fields[i].text)
                assert_memory_equal(mended.fields[i].text, record.fields[i].text,
                                    record.fields[i].len);
        }
    }
    assert_int_equal(csv_reader_next(again, &mended, &more_again, NULL), ERROR_NONE);
    assert_false(more_again);
    csv_reader_finish(again, &refusal);
    assert_int_equal(refusal.code, REFUSAL_NONE);
    csv_reader_free(reader);
    csv_reader_free(again);
}

/* The errors of the last time make way for those of this time. */
static void test_rejected_once_more(void **state)
{
    (void)state;
    static const char header[] = "sku,price, \"errors\"";
    struct rejected_format format = {',', false, "\n", header, strlen(header), 3, false};
    rejected_begin(&out, &format);
    rejected_append(&out, &format, "a,1,\"old, \"\"error\"\"\"", 22, 3, "new", 3);
    rejected_append(&out, &format, "\"a,\n\",1,", 8, 3, "new", 3);
    rejected_append(&out, &format, "a,1", 3, 2, "new", 3);
    rejected_append(&out, &format, "a", 1, 1, "new", 3);
    rejected_append(&out, &format, "a,1,2,3", 7, 4, "new", 3);
    assert_string_equal(out.data, "\xEF\xBB\xBFsku,price,errors\na,1,\"new\"\n\"a,\n\",1,\"new\"\n"
                                  "a,1,\"new\"\na,,\"new\"\na,1,2,3,\"new\"\n");
}

static void test_rates(void **state)
{
    (void)state;
    static const struct {
        int64_t part, total;
        const char *rate;
    } list[] = {{0, 0, "0.0"},  {1, 3, "33.3"}, {2, 3, "66.7"}, {3, 3, "100.0"},
                {1, 8, "12.5"}, {1, 16, "6.3"}, {0, 5, "0.0"},  {10000, 10000, "100.0"}};
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        char rate[NOTICE_RATE_SIZE];
        notice_rate(list[i].part, list[i].total, rate);
        assert_string_equal(rate, list[i].rate);
    }
}

static void test_subjects(void **state)
{
    (void)state;
    char subject[NOTICE_SUBJECT_SIZE];
    struct notice notice = {.file_name = "V_1.csv", .total = 8, .valid = 7, .invalid = 1};
    notice_subject(&notice, subject);
    assert_string_equal(subject, "Product Upload Complete - V_1.csv (87.5% Success)");
    notice.file_name = "V_\xC3\xA9\xF0\x9F\x90\x9D\n.csv";
    notice_subject(&notice, subject);
    assert_string_equal(subject, "Product Upload Complete - V_???.csv (87.5% Success)");
    notice.file_name =
        "V_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.csv";
    notice_subject(&notice, subject);
    assert_int_equal(strlen(subject), NOTICE_SUBJECT_MAX);
    assert_string_equal(subject,
                        "Product Upload Complete - V_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                        "aaaaaaaaaaaaaa... (87.5% Success)");
    notice.valid = 10;
    notice.total = 10000;
    notice.invalid = notice.unchanged = 9990;
    notice_subject(&notice, subject);
    assert_int_equal(strlen(subject), NOTICE_SUBJECT_MAX);
    assert_string_equal(subject, "Product Upload Complete - V_aaaaaaaaaaaaaaaaaaaaaaaaaaaa... "
                                 "(0.1% Success) (10 new, 9,990 unchanged)");
    notice.file_name = "V_1.csv";
    notice_subject(&notice, subject);
    assert_string_equal(
        subject, "Product Upload Complete - V_1.csv (0.1% Success) (10 new, 9,990 unchanged)");
}

static void test_bodies(void **state)
{
    (void)state;
    static const struct notice_type_count types[] = {
        {"INVALID_PRICE", 12345, "price 12,50 has a decimal comma: write 12.50", 2, 0},
        {"INVALID_VALUE", 1, NULL, 0, 0}};
    const struct notice partial = {.upload_id = "U",
                                   .file_name = "V_\x1b.csv",
                                   .status = "partial",
                                   .total = 8,
                                   .valid = 5,
                                   .invalid = 3,
                                   .types = types,
                                   .type_count = 2,
                                   .ignored_columns = "Desc (looks like description), x",
                                   .swallowed = 1,
                                   .swallowed_line = 3,
                                   .swallowed_last_line = 4,
                                   .report_url = "https://report",
                                   .rejected_url = "https://rejected",
                                   .report_expires_at_ms = 0};
    const struct notice refused = {.upload_id = "U",
                                   .file_name = "V.csv",
                                   .status = "failed",
                                   .refusal_code = "EMPTY_FILE",
                                   .refusal_message = "the file is empty"};
    notice_body_append(&out, &partial);
    assert_string_equal(
        out.data,
        "Upload ID: U\nFile Name: V_\xE2\x90\x9B.csv\nStatus: partial\n\n"
        "Total Products: 8\nValid Products: 5 (62.5%)\n"
        "Invalid Products: 3 (37.5%)\n\nInvalid products by error type:\n"
        "  INVALID_PRICE: 12345\n"
        "    line 2: price 12,50 has a decimal comma: write 12.50; 12,344 more\n"
        "  INVALID_VALUE: 1\n\n"
        "Ignored columns: Desc (looks like description), x\n"
        "Nothing of these columns was taken. Rename a column if it was meant to be the "
        "one that it looks like.\n\n"
        "Warning: the product of lines 3 to 4 holds what looks like another one in a "
        "value over several lines; is a quote missing?\n\nError report:\nhttps://report\n\n"
        "The rejected products in your own columns, to be mended and uploaded "
        "again:\nhttps://rejected\n\nThe links work until 1970-01-01T00:00:00Z.\n");
    buffer_clear(&out);
    notice_body_append(&out, &refused);
    assert_string_equal(out.data,
                        "Upload ID: U\nFile Name: V.csv\nStatus: failed\n\nTotal Products: 0\n"
                        "Valid Products: 0 (0.0%)\nInvalid Products: 0 (0.0%)\n\n"
                        "The file could not be taken: EMPTY_FILE\nReason: the file is empty\n"
                        "No product was added. Please mend the file and upload it again.\n");
    const struct notice given_up = {.upload_id = "U",
                                    .file_name = "V.csv",
                                    .status = "failed",
                                    .total = 3,
                                    .valid = 2,
                                    .invalid = 1,
                                    .types = types,
                                    .type_count = 1,
                                    .refusal_code = "OBJECT_GONE",
                                    .refusal_message = "it is gone",
                                    .report_url = "https://report"};
    buffer_clear(&out);
    notice_body_append(&out, &given_up);
    assert_string_equal(
        out.data, "Upload ID: U\nFile Name: V.csv\nStatus: failed\n\nTotal Products: 3\n"
                  "Valid Products: 2 (66.7%)\nInvalid Products: 1 (33.3%)\n\n"
                  "The file could not be processed to its end: OBJECT_GONE\nReason: it is gone\n"
                  "The counts above are of the products that were judged before: the valid "
                  "ones are in the catalogue. Please upload the others again.\n\n"
                  "Invalid products by error type:\n  INVALID_PRICE: 12345\n"
                  "    line 2: price 12,50 has a decimal comma: write 12.50; 12,344 more\n\n"
                  "Error report:\nhttps://report\n\n"
                  "The link works until 1970-01-01T00:00:00Z.\n");
}

static void test_the_whole_file_again(void **state)
{
    (void)state;
    static const struct notice_type_count types[] = {
        {"INVALID_PRICE", 1, "price x is not a number; write it like 12.99", 9, 0},
        {"DUPLICATE_SKU", 9989, "sku A is already in your catalogue, but price differs", 3, 9987}};
    const struct notice again = {.upload_id = "U",
                                 .file_name = "V.csv",
                                 .status = "partial",
                                 .total = 10000,
                                 .valid = 10,
                                 .invalid = 9990,
                                 .unchanged = 9987,
                                 .types = types,
                                 .type_count = 2};
    const struct notice common = {.upload_id = "U",
                                  .file_name = "V.csv",
                                  .status = "failed",
                                  .total = 812,
                                  .invalid = 812,
                                  .common = "all 812 records: price has a decimal comma\n",
                                  .types = types,
                                  .type_count = 1};
    notice_body_append(&out, &again);
    assert_string_equal(
        out.data,
        "Upload ID: U\nFile Name: V.csv\nStatus: partial\n\n"
        "Total Products: 10000\nValid Products: 10 (0.1%)\nInvalid Products: 9990 (99.9%)\n"
        "Of these Unchanged: 9987 (99.9%)\nUnchanged products are in your catalogue already, the "
        "same in every field: nothing to do.\n\nInvalid products by error type:\n"
        "  INVALID_PRICE: 1\n    line 9: price x is not a number; write it like 12.99\n"
        "  DUPLICATE_SKU: 9989\n    line 3: sku A is already in your catalogue, but price "
        "differs; 9,987 unchanged; 1 more\n");
    buffer_clear(&out);
    notice_body_append(&out, &common);
    assert_non_null(strstr(out.data, "\n\nall 812 records: price has a decimal comma\n\nInvalid "
                                     "products by error type:\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_report, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rejected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rejected_is_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rejected_once_more, set_up, tear_down),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test_setup_teardown(test_bodies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_whole_file_again, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
