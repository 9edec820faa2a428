#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/fuzz/csv_compare.h"

#define REQUIRED "vendor_product_id,product_name,category,sku,price,stock_quantity"

static struct csv_reader *reader;

static uint32_t read_all(const char *data, size_t len, struct refusal *refusal)
{
    struct record record;
    bool more = true;
    uint32_t count = 0;
    assert_int_equal(csv_reader_open(&reader, data, len, NULL), ERROR_NONE);
    while (!csv_reader_next(reader, &record, &more, NULL) && more)
        count++;
    csv_reader_finish(reader, refusal);
    return count;
}

struct refused {
    const char *data;
    size_t len;
    enum refusal_code code;
    uint32_t line;
    const char *message;
};

#define NOT_UTF8(line)                                                                              \
    "line " line " is not UTF-8: its letters look like Windows-1252 or another old encoding. In "   \
    "Excel choose File, Save As, \"CSV UTF-8 (Comma delimited)\"; in other programs the character " \
    "set UTF-8"
#define EXPECTED                                                                                  \
    "expected are vendor_product_id, product_name, category, sku, price, stock_quantity and, if " \
    "wanted, the optional ones"

#define REFUSED(data, code, line, message)                    \
    {                                                         \
        data, sizeof(data) - 1, REFUSAL_##code, line, message \
    }

static void test_refusals(void **state)
{
    (void)state;
    static const struct refused list[] = {
        REFUSED("", EMPTY_FILE, 0, "the file is empty"),
        REFUSED("\xEF\xBB\xBF", EMPTY_FILE, 0, "the file is empty"),
        REFUSED("\xEF\xBB\xBF \r\n\t\xC2\xA0\n", EMPTY_FILE, 0, "the file is empty"),
        REFUSED("a\n\xFF\n", INVALID_ENCODING, 2, NOT_UTF8("2")),
        REFUSED("a\r\nb\rc\n\xC3", INVALID_ENCODING, 4,
                "the file ends in line 4 in the middle of a character (it is not whole UTF-8): was "
                "it cut off? upload it again"),
        REFUSED("a\n\xED\xA0\x80", INVALID_ENCODING, 2, NOT_UTF8("2")),
        REFUSED(REQUIRED "\n1,2,3\n\n4,\"5\n6\n", MALFORMED_CSV, 4,
                "a quote that is opened in line 4 is never closed; a quote inside of quotes is "
                "written twice"),
        REFUSED("nothing known\n\"", MALFORMED_CSV, 2,
                "a quote that is opened in line 2 is never closed; a quote inside of quotes is "
                "written twice"),
        REFUSED(REQUIRED "\n\"a\nb\",\"c\n", MALFORMED_CSV, 3,
                "a quote that is opened in line 3 is never closed; a quote inside of quotes is "
                "written twice"),
        REFUSED(REQUIRED "\n\"a\n\nb\n", MALFORMED_CSV, 2,
                "a quote that is opened in line 2 is never closed; a quote inside of quotes is "
                "written twice"),
        REFUSED("\n" REQUIRED ", Price \n1\n", INVALID_HEADER, 2,
                "the header names the column price twice (columns 5 and 7); keep one of them"),
        REFUSED(
            "a,b\n1,2\n", INVALID_HEADER, 1,
            "line 1 is no header: it names none of the known columns. It reads \"a,b\"; " EXPECTED),
        REFUSED("vendor_product_id,product_name,category,sku,price\n1\n", MISSING_COLUMN, 1,
                "the header lacks the required column stock_quantity"),
        REFUSED("brand\n1\n", MISSING_COLUMN, 1,
                "the header lacks the required columns vendor_product_id, product_name, category, "
                "sku, price, stock_quantity"),
        REFUSED(REQUIRED, NO_RECORDS, 0, "the file has a header and no record"),
        REFUSED(REQUIRED "\r\n \r\n\xE3\x80\x80\r\n", NO_RECORDS, 0,
                "the file has a header and no record"),
        REFUSED("\xEF\xBB\xBF" REQUIRED "\n1\n", NONE, 0, ""),
        REFUSED(" \n\n" REQUIRED ",,x,x\n1\n", NONE, 0, ""),
        REFUSED("SKU , Vendor_Product_ID,\"product_name\",category,PRICE,stock_quantity\n1", NONE,
                0, ""),
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        struct refusal refusal;
        read_all(list[i].data, list[i].len, &refusal);
        assert_int_equal(refusal.code, list[i].code);
        assert_int_equal(refusal.line_number, list[i].line);
        assert_string_equal(refusal.message, list[i].message);
    }
}

/* A reader that is used again knows nothing of the file before: here one whose last field was never
 * closed, and then files without any row that could be a header. */
static void test_a_reader_used_again(void **state)
{
    static const char unclosed[] = REQUIRED "\nA,\"b\nC,d,e\n\"";
    static const char *const files[] = {"\"\"", ",,,\n", "\"\",\"\"\n"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct csv_reader *fresh = NULL, *used = NULL;
        struct refusal wanted, refusal;
        struct record record;
        bool more = true;
        assert_int_equal(csv_reader_open(&used, unclosed, strlen(unclosed), NULL), ERROR_NONE);
        while (more)
            assert_int_equal(csv_reader_next(used, &record, &more, NULL), ERROR_NONE);
        assert_int_equal(csv_reader_open(&used, files[i], strlen(files[i]), NULL), ERROR_NONE);
        assert_int_equal(csv_reader_open(&fresh, "sku\n", 4, NULL), ERROR_NONE);
        assert_int_equal(csv_reader_open(&fresh, files[i], strlen(files[i]), NULL), ERROR_NONE);
        csv_reader_finish(used, &refusal);
        csv_reader_finish(fresh, &wanted);
        assert_int_equal(wanted.code, REFUSAL_INVALID_HEADER);
        assert_int_equal(refusal.code, wanted.code);
        assert_string_equal(refusal.message, wanted.message);
        csv_reader_free(used);
        csv_reader_free(fresh);
    }
}

static void test_names_of_refusals(void **state)
{
    (void)state;
    assert_string_equal(refusal_name(REFUSAL_NO_RECORDS), "EMPTY_FILE");
    for (enum refusal_code i = 0; i < REFUSAL_COUNT; i++)
        assert_true(refusal_name(i)[0] != '\0');
}

static void test_sizes(void **state)
{
    (void)state;
    struct refusal refusal;
    struct buffer file;
    buffer_init(&file, 2 * CSV_FILE_MAX);
    buffer_text(&file, REQUIRED "\n");
    while (file.len < CSV_FILE_MAX)
        buffer_char(&file, 'x');
    assert_int_equal(read_all(file.data, file.len, &refusal), 1);
    assert_int_equal(refusal.code, REFUSAL_NONE);
    buffer_char(&file, 'x');
    assert_int_equal(read_all(file.data, file.len, &refusal), 0);
    assert_int_equal(refusal.code, REFUSAL_FILE_TOO_LARGE);
    assert_string_equal(refusal.message, "the file has 10485761 bytes, more than the 10485760 "
                                         "(10 MB) allowed; split it");
    buffer_release(&file);
}

static void test_too_many_records(void **state)
{
    (void)state;
    struct refusal refusal;
    struct buffer file;
    buffer_init(&file, CSV_FILE_MAX);
    buffer_text(&file, REQUIRED "\n");
    for (int i = 0; i < CSV_RECORDS_MAX; i++)
        buffer_text(&file, "x\n");
    assert_int_equal(read_all(file.data, file.len, &refusal), CSV_RECORDS_MAX);
    assert_int_equal(refusal.code, REFUSAL_NONE);
    buffer_text(&file, "x\nx");
    assert_int_equal(read_all(file.data, file.len, &refusal), CSV_RECORDS_MAX);
    assert_int_equal(refusal.code, REFUSAL_TOO_MANY_RECORDS);
    assert_string_equal(refusal.message,
                        "the file has 10002 records, more than the 10000 allowed; split it");
    buffer_text(&file, "\n\"");
    read_all(file.data, file.len, &refusal);
    assert_int_equal(refusal.code, REFUSAL_MALFORMED_CSV);
    buffer_release(&file);
}

static void assert_field(const struct record *record, enum product_column column, const char *text)
{
    const struct record_field *field = &record->fields[column];
    if (!text) {
        assert_null(field->text);
        return;
    }
    assert_non_null(field->text);
    assert_int_equal(field->len, strlen(text));
    assert_memory_equal(field->text, text, field->len);
}

static void test_record(void **state)
{
    (void)state;
    static const char file[] =
        "\n" REQUIRED ",extra\r\n"
        " P-1 ,\"a \"\"quoted\"\"\r\nname\",\xC2\xA0Kitchen\xE2\x80\x89,x\"y,"
        "1.5\r\n\v\n,,\" \",x\r,,\" \"\r"
        "1,2,3,4,5,6,7,8,9";
    struct record record;
    bool more;
    assert_int_equal(csv_reader_open(&reader, file, sizeof(file) - 1, NULL), ERROR_NONE);
    const struct csv_header *header = csv_reader_header(reader);
    assert_int_equal(header->field_count, 7);
    assert_int_equal(header->line_number, 2);
    assert_string_equal(header->line_end, "\r\n");
    assert_string_equal(header->unknown.data, "extra");
    assert_int_equal(header->raw.len, strlen(REQUIRED ",extra"));

    assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
    assert_int_equal(record.row_number, 1);
    assert_int_equal(record.line_number, 3);
    assert_int_equal(record.field_count, 5);
    assert_field(&record, COLUMN_VENDOR_PRODUCT_ID, "P-1");
    assert_field(&record, COLUMN_PRODUCT_NAME, "a \"quoted\"\r\nname");
    assert_field(&record, COLUMN_CATEGORY, "Kitchen");
    assert_field(&record, COLUMN_SKU, "x\"y");
    assert_field(&record, COLUMN_STOCK_QUANTITY, NULL);
    assert_int_equal(record.raw[0], ' ');
    assert_int_equal(record.raw[record.raw_len - 1], '5');

    assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
    assert_int_equal(record.row_number, 2);
    assert_int_equal(record.line_number, 6);
    assert_field(&record, COLUMN_CATEGORY, NULL);

    assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
    assert_int_equal(record.line_number, 8);
    assert_int_equal(record.extra_fields, 2);
    assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
    assert_false(more);
}

/* A value over several lines that may have swallowed records: one of its lines is as full as the
 * header. */
static void test_swallowed(void **state)
{
    (void)state;
    static const struct {
        const char *rows;
        uint32_t count, line, last_line;
    } list[] = {
        {"1,\"n\n2,m,c,s,1,1\",c,s,1,1\n", 1, 2, 3},
        {"1,n,c,s,1,\"1\n2,m,c,s,1,1\"\n", 1, 2, 3},
        {"1,n,c,s,1,1\n\"2\r\n, more\",m,c,s,1,1\n", 1, 3, 4},
        {"1,\"n\n,,,,,\n\",c,s,1,1\n2,\"n\n,,,,,\",c,s,1,1\n", 2, 2, 4},
        {"1,\"two\nlines\",c,s,1,1\n", 0, 0, 0},
        {"1,\"a, b\nc, d\nlines\",c,s,1,1\n", 0, 0, 0},
        {"\"two\nlines\",n,c,s,1,1\n", 0, 0, 0},
        {"1,\"a,b,c,d,e,f\",c,s,1,1\n", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct refusal refusal;
        struct buffer file;
        buffer_init(&file, CSV_FILE_MAX);
        buffer_format(&file, REQUIRED "\n%s", list[i].rows);
        read_all(file.data, file.len, &refusal);
        const struct csv_header *header = csv_reader_header(reader);
        assert_int_equal(header->swallowed, list[i].count);
        assert_int_equal(header->swallowed_line, list[i].line);
        assert_int_equal(header->swallowed_last_line, list[i].last_line);
        buffer_release(&file);
    }
}

static void test_cut_value_keeps_its_facts(void **state)
{
    (void)state;
    struct record record;
    struct buffer file;
    bool more;
    buffer_init(&file, CSV_FILE_MAX);
    buffer_text(&file, REQUIRED "\n,");
    for (int i = 0; i < 50000; i++)
        buffer_text(&file, "\xC3\xA9");
    buffer_text(&file, "\x01,,,");
    for (int i = 0; i < 40000; i++)
        buffer_char(&file, '0');
    buffer_text(&file, "7.25\n");
    assert_int_equal(csv_reader_open(&reader, file.data, file.len, NULL), ERROR_NONE);
    assert_int_equal(csv_reader_next(reader, &record, &more, NULL), ERROR_NONE);
    const struct record_field *name = &record.fields[COLUMN_PRODUCT_NAME];
    assert_int_equal(name->len, RECORD_VALUE_MAX);
    assert_int_equal(name->facts->bytes, 100001);
    assert_int_equal(name->facts->characters, 50001);
    assert_int_equal(name->facts->control, 1);
    assert_int_equal(record.fields[COLUMN_PRICE].facts->decimal.hundredths, 725);
    buffer_release(&file);
}

/* A small generator of its own, so that every run and every machine tries the same files. */
static uint32_t draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void test_against_libcsv(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\"",     ",",    "\n",       "\r\n", "\r",   " ", "\t",       "a",  "bc", "\"", "\"x\"",
        ",\"y\"", "\"\"", "\xC3\xA9", "12.5", "\x01", ",", "\"a,b\",", ",,", "'",  "\" "};
    uint64_t seed = 7;
    struct buffer body;
    buffer_init(&body, 1 << 16);
    for (int file = 0; file < 20000; file++) {
        uint32_t count = draw(&seed) % 60;
        buffer_clear(&body);
        for (uint32_t i = 0; i < count; i++)
            buffer_text(&body, pieces[draw(&seed) % (sizeof(pieces) / sizeof(*pieces))]);
        if (!csv_compare(body.data, body.len))
            fail_msg("libcsv reads it otherwise: %s", body.data);
    }
    buffer_release(&body);
}

static int tear_down(void **state)
{
    (void)state;
    csv_reader_free(reader);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_used_again),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names_of_refusals),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_too_many_records),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_cut_value_keeps_its_facts),
        cmocka_unit_test(test_against_libcsv),
        cmocka_unit_test(test_swallowed),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
