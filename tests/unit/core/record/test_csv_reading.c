/*
 * What RFC 4180, csv-spectrum and the test vectors of other readers hold a reader of CSV to, in
 * inputs of our own: one property each. Where this reader differs from them, the reason stands
 * beside it. Values are trimmed and empty ones absent (here: ""), as in every file of a vendor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buffer.h"
#include "core/record/csv.h"

/* The cells of the six columns; the end of a record is shown as / and of a cell as ~. */
struct reading {
    const char *text, *cells;
};

struct difference {
    const char *text, *cells, *others, *reason;
};

static const enum product_column columns[] = {
    COLUMN_VENDOR_PRODUCT_ID, COLUMN_PRODUCT_NAME, COLUMN_CATEGORY, COLUMN_SKU, COLUMN_PRICE,
    COLUMN_STOCK_QUANTITY};

static struct csv_reader *reader;

static void record_show(struct buffer *out, const struct record *record)
{
    for (uint32_t i = 0; i < record->field_count && i < 6; i++) {
        const struct record_field *field = &record->fields[columns[i]];
        buffer_text(out, i ? "~" : "");
        buffer_append(out, field->text ? field->text : "", field->text ? field->len : 0);
    }
    buffer_text(out, record->open_quote_line ? "!/" : "/");
}

/* The records below a header, as struct reading has them; "MALFORMED_CSV" of a file refused. */
static void look(const char *text, char delimiter, const char *wanted)
{
    struct buffer file, shown;
    struct record record;
    struct refusal refusal;
    bool more = true;
    buffer_init(&file, 65536);
    buffer_init(&shown, 65536);
    for (size_t i = 0; i < 6; i++)
        buffer_format(&file, "%s%c", column_name(columns[i]), i < 5 ? delimiter : '\n');
    for (const char *at = text; *at; at++)
        buffer_char(&file, *at == ',' ? delimiter : *at);
    assert_int_equal(csv_reader_open(&reader, file.data, file.len, NULL), ERROR_NONE);
    while (!csv_reader_next(reader, &record, &more, NULL) && more)
        record_show(&shown, &record);
    csv_reader_finish(reader, &refusal);
    if (refusal.code == REFUSAL_MALFORMED_CSV) {
        buffer_clear(&shown);
        buffer_text(&shown, refusal_name(refusal.code));
    }
    const char *got = shown.len ? shown.data : "";
    for (const char *at = wanted, *other = got;; at++, other++) {
        char expected = *at == ',' ? delimiter : *at;
        if (expected != *other)
            fail_msg("%s: read as %s, not %s", text, got, wanted);
        if (!expected)
            break;
    }
    buffer_release(&shown);
    buffer_release(&file);
}

static const struct reading readings[] = {
    {"a,b,c\n", "a~b~c/"},
    {"a,b,c", "a~b~c/"},
    {"a,b\nc,d\n", "a~b/c~d/"},
    {"a,b\r\nc,d\r\n", "a~b/c~d/"},
    {"a,b\rc,d\r", "a~b/c~d/"},
    {"a,b\r\nc,d\ne,f\rg,h", "a~b/c~d/e~f/g~h/"},
    {"a,b\n\nc,d\n\n", "a~b/c~d/"},
    {"a,b\r\n\r\nc,d", "a~b/c~d/"},
    {"a\nb\n", "a/b/"},
    {"a,,c\n", "a~~c/"},
    {",b,\n", "~b~/"},
    {",,c\n", "~~c/"},
    {"a,\n,b\n", "a~/~b/"},
    {"a,b,c\nd\n", "a~b~c/d/"},
    {"\"a\",\"b\"\n", "a~b/"},
    {"\"a\",b\n", "a~b/"},
    {"\"\",b\n", "~b/"},
    {"a,\"\"\n", "a~/"},
    {"\"a,b\",c\n", "a,b~c/"},
    {"\"a,b,c\"\n", "a,b,c/"},
    {"\"a\nb\",c\n", "a\nb~c/"},
    {"\"a\r\nb\",c\r\n", "a\r\nb~c/"},
    {"\"a\rb\",c\r", "a\rb~c/"},
    {"a,\"b\n\nc\"\nd", "a~b\n\nc/d/"},
    {"\"a\"\"b\",c\n", "a\"b~c/"},
    {"\"\"\"a\"\"\",b\n", "\"a\"~b/"},
    {"\"\"\"\",b\n", "\"~b/"},
    {"\"\"\"\"\"\",b\n", "\"\"~b/"},
    {"\"a\"\"\nb\",c\n", "a\"\nb~c/"},
    {"\"a\"\",\"\"b\",c\n", "a\",\"b~c/"},
    {"\"{\"\"k\"\": \"\"v\"\", \"\"n\"\": [1, 2]}\",x\n", "{\"k\": \"v\", \"n\": [1, 2]}~x/"},
    {"\"a\n\"\"b\"\",x\n\",\"c\"\n", "a\n\"b\",x~c/"},
    {"a\"b,c\n", "a\"b~c/"},
    {"a\",c\n", "a\"~c/"},
    {"5\" x 6\",c\n", "5\" x 6\"~c/"},
    {"'a,b'\n", "'a~b'/"},
    {"\\\"a,b\n", "\\\"a~b/"},
    {"\xE6\xB0\xB4,\xC3\xA9\xF0\x9F\x90\x9D\n", "\xE6\xB0\xB4~\xC3\xA9\xF0\x9F\x90\x9D/"},
    {"\"\xE6\xB0\xB4,x\n\",b\n", "\xE6\xB0\xB4,x~b/"},
    {"one two,b c\n", "one two~b c/"},
    {"1,2,3\n4,5,\xCA\xA4\n", "1~2~3/4~5~\xCA\xA4/"},
    {"a,b\n\"c\",\"d\"", "a~b/c~d/"},
    {"a,b\n\"c\",\"\"", "a~b/c~/"},
    {"#a,b\n", "#a~b/"},
    {"=1+1,b\n", "=1+1~b/"},
};

#define SPACES                                                                                \
    "RFC 4180, 2.4 keeps spaces; here every value is trimmed on both ends, and libcsv drops " \
    "blanks around quotes"
#define EMPTY "a record of empty fields is what a spreadsheet writes for an empty row: it is none"
#define UNCLOSED                                                                              \
    "RFC 4180 has no answer, others read on to the next quote: of two products one would be " \
    "made. The record ends with its line and is told"

static const struct difference differences[] = {
    {" a , b \n", "a~b/", " a ~ b /", SPACES},
    {"a, \"b\" ,c\n", "a~b~c/", "a~ \"b\" ~c/", SPACES},
    {"a, \"b,c\"\n", "a~b,c/", "a~ \"b~c\"/", SPACES},
    {"\" a \",b\n", "a~b/", " a ~b/", SPACES},
    {",,\na,b\n", "a~b/", "~~/a~b/", EMPTY},
    {"\"\"\na\n", "a/", "/a/", EMPTY},
    {" \t\na\n", "a/", " \t/a/", EMPTY},
    {"a,\"b\"c\nd,e\n", "a~b\"c!/d~e/", "a~bc/d~e/", UNCLOSED},
    {"a,\"b,c\n\"d\",e\n", "a~b,c!/d~e/", "a~b,c\nd\"~e/", UNCLOSED},
    {"a,\"b,c\nd,e\n", "MALFORMED_CSV", "a~b,c\nd,e\n/", UNCLOSED},
    {"\"a \"b\" c\",d\n", "a \"b\" c~d/", "an error",
     "a quote inside of quotes that is not doubled is itself where the field is closed on its "
     "line: nothing else can be meant"},
    {"\"a\\\"b\",c\n", "a\\\"b~c/", "a\"b~c/",
     "a backslash is no mark of CSV; what is written is kept"},
    {"vendor product id,product-name,CATEGORY,Sku,price,stock_quantity\na\n", "a/",
     "vendor product id~product-name~CATEGORY~Sku~price~stock_quantity/a/",
     "a header that is repeated is no record"},
    {"a,b\x1A\n\x1A", "a~b/", "a~b\x1A/\x1A/", "U+001A ends a file of DOS; it is no text"},
};

static void test_as_others_read(void **state)
{
    (void)state;
    static const char delimiters[] = CSV_DELIMITERS;
    for (const char *delimiter = delimiters; *delimiter; delimiter++) {
        for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
            look(readings[i].text, *delimiter, readings[i].cells);
    }
}

static void test_where_it_differs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        look(differences[i].text, ',', differences[i].cells);
        assert_string_not_equal(differences[i].cells, differences[i].others);
        assert_true(strlen(differences[i].reason) > 20);
    }
}

static void end(void **state)
{
    (void)state;
    csv_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_others_read),
        cmocka_unit_test(test_where_it_differs),
        cmocka_unit_test(end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
