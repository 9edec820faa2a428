#include "core/record/advice.h"

#include "core/base/text.h"

#define OF(rule) (UINT32_C(1) << (rule))
#define NUMBERS (OF(RULE_INVALID_PRICE) | OF(RULE_INVALID_STOCK) | OF(RULE_INVALID_VALUE))
#define AMOUNTS (OF(RULE_INVALID_PRICE) | OF(RULE_INVALID_VALUE))

/* Behind the message of a record over several lines. */
#define LINES_MARK " (lines "

static const char *message_end(const char *message)
{
    const char *end = message + strlen(message), *mark = NULL;
    for (const char *at = strstr(message, LINES_MARK); at; at = strstr(at + 1, LINES_MARK))
        mark = at;
    return mark && end[-1] == ')' ? mark : end;
}

const struct advice *advice_of_violation(enum rule rule, const char *message)
{
    const char *end = message_end(message);
    for (size_t i = 0; i < advice_count; i++) {
        if (advice_table[i].rules & OF(rule) &&
            text_matches(message, (size_t)(end - message), advice_table[i].pattern))
            return &advice_table[i];
    }
    return NULL;
}

const struct advice *advice_of_refusal(enum refusal_code code, const char *message)
{
    const char *end = message + strlen(message);
    for (size_t i = 0; i < advice_count && code != REFUSAL_NONE; i++) {
        if (advice_table[i].refusal == code &&
            text_matches(message, (size_t)(end - message), advice_table[i].pattern))
            return &advice_table[i];
    }
    return NULL;
}

const struct advice *advice_find(const char *kind)
{
    for (size_t i = 0; i < advice_count; i++) {
        if (strcmp(advice_table[i].kind, kind) == 0)
            return &advice_table[i];
    }
    return NULL;
}

void advice_append_all(struct buffer *out, const struct advice *advice, const char *column,
                       int64_t records)
{
    buffer_text(out, "all ");
    text_append_thousands(out, records);
    buffer_format(out, " records: %s%s%s", column ? column : "", column ? " " : "", advice->says);
}

/* Where two rows fit, the first holds. */
const struct advice advice_table[] = {
    {"missing", OF(RULE_MISSING_REQUIRED_FIELDS), REFUSAL_NONE, "is missing",
     "* is missing; every product needs one", "sku is missing; every product needs one",
     "Fill in the cell."},
    {"record-ends-early", OF(RULE_MISSING_REQUIRED_FIELDS), REFUSAL_NONE, "the record ends early",
     "the record ends after * of * columns; *",
     "the record ends after 5 of 14 columns; is there a line end in a value without quotes? put "
     "the value in quotes",
     "Put a value over several lines in quotes, or write the missing columns."},

    {"comma-in-two-ways", NUMBERS, REFUSAL_NONE, "has a comma that can be read in two ways",
     "* has a comma that can be read in two ways: *",
     "price 1,500 has a comma that can be read in two ways: is it 1500 or 1.500? write 1500.00 or "
     "1.50",
     "Write no thousands separator, and a point before the decimals."},
    {"decimals-or-thousands", NUMBERS, REFUSAL_NONE, "can be read in two ways",
     "* can be read in two ways: is it *",
     "price 1.500 can be read in two ways: is it 1500 or 1.50? write 1500.00 or 1.50",
     "Write a price with two decimals, a stock as a whole number without separators."},
    {"three-decimals-or-thousands", AMOUNTS, REFUSAL_NONE, "has three decimals",
     "* has more than two decimals, or is it *",
     "price 1.234 has more than two decimals, or is it 1234? write 1234.00, or the amount with two "
     "decimals",
     "Write the price with two decimals."},
    {"too-many-decimals", AMOUNTS, REFUSAL_NONE, "has more than two decimals",
     "* has more than two decimals*", "price 12.9999 has more than two decimals",
     "Round to two decimals."},
    {"decimal-comma", NUMBERS, REFUSAL_NONE, "has a decimal comma",
     "* has a decimal comma: write *", "price 12,99 has a decimal comma: write 12.99",
     "Write a point before the decimals."},
    {"thousands-separator", NUMBERS, REFUSAL_NONE, "has a thousands separator",
     "* has a thousands separator: write *",
     "price 1 299.00 has a thousands separator: write 1299.00", "Write the digits alone."},
    {"currency-sign", NUMBERS, REFUSAL_NONE, "has a currency sign beside the number",
     "* has a currency sign beside the number: write *",
     "price $12.99 has a currency sign beside the number: write 12.99", "Write the number alone."},
    {"unit", NUMBERS, REFUSAL_NONE, "has a unit or other text beside the number",
     "* has a unit or other text beside the number: write *",
     "weight_kg 0.5 kg has a unit or other text beside the number: write 0.5",
     "Write the number alone."},
    {"text-mark", NUMBERS, REFUSAL_NONE, "has the text mark ' of a spreadsheet before it",
     "* has the text mark ' of a spreadsheet before it: write *",
     "price '12.99 has the text mark ' of a spreadsheet before it: write 12.99",
     "Write the number without the mark."},
    {"bare-point", NUMBERS, REFUSAL_NONE, "has a point without a digit before or behind it",
     "* has a point without a digit before or behind it: write *",
     "price .99 has a point without a digit before or behind it: write 0.99",
     "Write a digit on both sides of the point."},
    {"other-digits", NUMBERS, REFUSAL_NONE, "has digits that are not the plain 0 to 9",
     "* has digits that are not the plain 0 to 9: write *",
     "price \xEF\xBC\x91\xEF\xBC\x92.50 has digits that are not the plain 0 to 9: write 12.50",
     "Type the number with the plain digits 0 to 9."},
    {"plus-sign", NUMBERS, REFUSAL_NONE, "has a plus sign", "* has a plus sign: write *",
     "price +5.00 has a plus sign: write 5.00", "Write the number without the sign."},
    {"word-for-nothing", NUMBERS, REFUSAL_NONE, "is a word or sign for nothing",
     "* is not a number; leave the cell empty",
     "weight_kg N/A is not a number; leave the cell empty", "Leave the cell empty."},
    {"no-number", NUMBERS, REFUSAL_NONE, "is not a number", "* is not a number*",
     "price free is not a number; write it like 12.99",
     "Write digits, with a point before decimals."},
    {"zero-for-none", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "is 0",
     "* is below 0.01, the least allowed; if there is none, leave the cell empty",
     "compare_at_price 0 is below 0.01, the least allowed; if there is none, leave the cell empty",
     "Leave the cell empty where there is no former price."},
    {"below-least", AMOUNTS, REFUSAL_NONE, "is below 0.01", "* is below 0.01, the least allowed",
     "price 0 is below 0.01, the least allowed", "Write an amount of 0.01 or more."},
    {"above-most", AMOUNTS, REFUSAL_NONE, "is above 999999.99",
     "* is above 999999.99, the most allowed",
     "price 1000000.00 is above 999999.99, the most allowed",
     "Write an amount of 999999.99 or less."},

    {"not-whole", OF(RULE_INVALID_STOCK), REFUSAL_NONE, "is not a whole number",
     "* is not a whole number", "stock_quantity 1.5 is not a whole number",
     "Write a whole number of pieces."},
    {"negative-stock", OF(RULE_INVALID_STOCK), REFUSAL_NONE, "is below 0",
     "* is below 0, the least allowed", "stock_quantity -1 is below 0, the least allowed",
     "Write 0 where nothing is in stock."},
    {"stock-above-most", OF(RULE_INVALID_STOCK), REFUSAL_NONE, "is above 1000000",
     "* is above 1000000, the most allowed",
     "stock_quantity 1000001 is above 1000000, the most allowed", "Write 1000000 or less."},

    {"too-long", OF(RULE_FIELD_LENGTH_EXCEEDED) | OF(RULE_INVALID_VALUE), REFUSAL_NONE,
     "is too long", "* has * characters, more than the * allowed",
     "unit a very long name of a unit has 26 characters, more than the 20 allowed",
     "Shorten the text."},

    {"category-alike", OF(RULE_INVALID_CATEGORY), REFUSAL_NONE, "is not one of the categories",
     "* is not one of the categories; did you mean *",
     "category Men is not one of the categories; did you mean \"Men's Clothing\"?",
     "Write the category as it is listed."},
    {"category-hidden-character", OF(RULE_INVALID_CATEGORY), REFUSAL_NONE,
     "is not one of the categories; it holds a hidden character",
     "* is not one of the categories; it holds *",
     "category Living Room is not one of the categories; it holds a no-break space (U+00A0) at "
     "character 7: delete it or type a plain blank",
     "Type the category anew."},
    {"category-unknown", OF(RULE_INVALID_CATEGORY), REFUSAL_NONE, "is not one of the categories",
     "* is not one of the categories; all of them are listed in the vendor guide",
     "category Boats is not one of the categories; all of them are listed in the vendor guide",
     "Choose one of the listed categories."},

    {"twice-in-file", OF(RULE_DUPLICATE_SKU) | OF(RULE_DUPLICATE_VENDOR_PRODUCT_ID), REFUSAL_NONE,
     "is used more than once in the file", "* is already used in line * of this file",
     "sku X-1 is already used in line 3 of this file",
     "Give each product its own, or delete the line that stands there twice."},
    {"unchanged", OF(RULE_DUPLICATE_SKU) | OF(RULE_DUPLICATE_VENDOR_PRODUCT_ID), REFUSAL_NONE,
     "is already in your catalogue, unchanged",
     "* is already in your catalogue, unchanged: nothing to do",
     "sku X-1 is already in your catalogue, unchanged: nothing to do", "Nothing is to be done."},
    {"changed", OF(RULE_DUPLICATE_SKU) | OF(RULE_DUPLICATE_VENDOR_PRODUCT_ID), REFUSAL_NONE,
     "is already in your catalogue, with other values", "* is already in your catalogue, but *",
     "sku X-1 is already in your catalogue, but price and stock_quantity differ",
     "An upload adds products and changes none: give a new product its own sku and "
     "vendor_product_id, and ask for the change of one that is there."},
    {"taken", OF(RULE_DUPLICATE_SKU) | OF(RULE_DUPLICATE_VENDOR_PRODUCT_ID), REFUSAL_NONE,
     "is already in the catalogue", "* is already in * catalogue",
     "sku X-1 is already in the catalogue", "Give the product a sku of its own."},

    {"below-price", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "is below the price",
     "* is below the price *", "compare_at_price 9.00 is below the price 12.99",
     "Write the former price, which is not less than the price, or leave the cell empty."},
    {"no-weight", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "is not above 0", "* is not above 0*",
     "weight_kg 0 is not above 0; if it is not known, leave the cell empty",
     "Write the weight in kilograms, or leave the cell empty."},
    {"weight-above-most", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "is not below 1000000",
     "* is not below 1000000", "weight_kg 1000000 is not below 1000000",
     "Write the weight in kilograms."},
    {"no-address", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "does not begin with http:// or https://",
     "* does not begin with http:// or https://*",
     "image_url www.example.com/a.jpg does not begin with http:// or https://",
     "Write the whole address, or leave the cell empty."},
    {"two-addresses", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "holds more than one address",
     "* holds more than one address; write one address alone",
     "image_url https://example.com/a.jpg,https://example.com/b.jpg holds more than one address; "
     "write one address alone",
     "Keep one address."},
    {"blank-in-address", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "contains white space",
     "* contains white space*", "image_url https://example.com/a b.jpg contains white space",
     "Write %20 for a blank in an address."},
    {"no-host", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "has no host", "* has no host",
     "image_url https:///a.jpg has no host", "Write the whole address."},
    {"control-character", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "contains a control character",
     "* contains the control character U+*",
     "product_name Lamp contains the control character U+0007, as character 5; delete it",
     "Delete the character, or type the text anew."},
    {"shortened", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "was shortened by a spreadsheet",
     "* was shortened by a spreadsheet and its last digits are lost; *",
     "sku 4.00638E+12 was shortened by a spreadsheet and its last digits are lost; set the column "
     "to Text and write the whole number",
     "Set the column to Text in the spreadsheet and write the whole number."},
    {"word-for-no-id", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "is a word for nothing",
     "* is a word for nothing that an export put there; write the real one",
     "sku NULL is a word for nothing that an export put there; write the real one",
     "Write the product's own."},
    {"formula", NUMBERS, REFUSAL_NONE, "is a formula of a spreadsheet",
     "* is a formula of a spreadsheet*",
     "sku =\"00123\" is a formula of a spreadsheet: write 00123",
     "Write the text or the number alone."},
    {"error-word", NUMBERS, REFUSAL_NONE, "is an error of a spreadsheet's formula",
     "* is an error of a spreadsheet's formula; *",
     "brand #N/A is an error of a spreadsheet's formula; write the text that is meant",
     "Write what is meant."},
    {"lost-character", OF(RULE_INVALID_VALUE), REFUSAL_NONE, "has lost a character",
     "* has lost a character (*",
     "brand Caf? has lost a character (U+FFFD, at character 4) when it was saved in a wrong "
     "encoding; write it anew",
     "Write the text anew and save the file as \"CSV UTF-8\"."},
    {"surplus-fields", OF(RULE_INVALID_VALUE), REFUSAL_NONE,
     "the record has more fields than the header",
     "the record has * fields, * more than the header*",
     "the record has 15 fields, 1 more than the header; is there a delimiter in a value without "
     "quotes? put the value in quotes, or delete a delimiter that stands at the end",
     "Put a value that holds the delimiter in quotes."},
    {"open-quote", OF(RULE_INVALID_VALUE), REFUSAL_NONE,
     "the record has a quote that is not closed",
     "the record has a quote, opened in line *, that is not closed; *",
     "the record has a quote, opened in line 2, that is not closed; close it, and write a quote "
     "inside of quotes twice",
     "Close the quote; a quote inside of quotes is written twice."},

#define REFUSED(name, code, says, pattern, example, remedy) \
    {                                                       \
        name, 0, code, says, pattern, example, remedy       \
    }
    REFUSED("file-name", REFUSAL_INVALID_FILE_NAME, "the name is of another form",
            "the file name * is not of the form <VENDOR>_<YYYYMMDD>_<HHMMSS>.csv*",
            "the file name products.csv is not of the form <VENDOR>_<YYYYMMDD>_<HHMMSS>.csv",
            "Name the file after your vendor id, the date and the time, and upload it again."),
    REFUSED("file-place", REFUSAL_INVALID_FILE_NAME, "the file is not in its vendor's folder",
            "the file is not right in its vendor's folder; *",
            "the file is not right in its vendor's folder; its place is uploads/VEND001/",
            "Upload it right into the folder."),
    REFUSED("other-vendor", REFUSAL_VENDOR_MISMATCH, "folder and name differ",
            "the file is named for vendor * but was uploaded by vendor *",
            "the file is named for vendor VEND002 but was uploaded by vendor VEND001",
            "Begin the name with your own vendor id."),
    REFUSED("unknown-vendor", REFUSAL_UNKNOWN_VENDOR, "nobody has that vendor id",
            "no vendor has the id *", "no vendor has the id VEND999", "Ask for your vendor id."),
    REFUSED("vendor-not-active", REFUSAL_VENDOR_NOT_ACTIVE, "the vendor may not upload now",
            "vendor * is *; only an active vendor may upload",
            "vendor VEND001 is suspended; only an active vendor may upload",
            "Ask why, and upload again when you may."),
    REFUSED("too-large", REFUSAL_FILE_TOO_LARGE, "the file is too large",
            "the file has * bytes, more than the 10485760 (10 MB) allowed; split it",
            "the file has 10485761 bytes, more than the 10485760 (10 MB) allowed; split it",
            "Split the file; each part has the header."),
    REFUSED("empty", REFUSAL_EMPTY_FILE, "the file is empty", "the file is empty",
            "the file is empty", "Export the products anew."),
    REFUSED("no-text", REFUSAL_INVALID_ENCODING, "the file is no text",
            "line * is no text: the file is *",
            "line 1 is no text: the file is an Excel workbook (.xlsx), not a CSV file; open it in "
            "Excel and save it as \"CSV UTF-8\"",
            "Save or export the table as \"CSV UTF-8\"."),
    REFUSED("utf-16-without-mark", REFUSAL_INVALID_ENCODING, "UTF-16 without its mark",
            "the file looks like UTF-16 without a byte order mark; *",
            "the file looks like UTF-16 without a byte order mark; save it as \"CSV UTF-8\", or as "
            "\"Unicode Text\" with the mark",
            "Save it as \"CSV UTF-8\"."),
    REFUSED("nul", REFUSAL_INVALID_ENCODING, "the file is no text",
            "line * holds the character U+0000, which no text has*",
            "line 1 holds the character U+0000, which no text has; save the file as \"CSV UTF-8\"",
            "Save it as \"CSV UTF-8\"."),
    REFUSED("cut-off", REFUSAL_INVALID_ENCODING, "the file was cut off",
            "the file ends in line * in the middle of a character *",
            "the file ends in line 4 in the middle of a character (it is not whole UTF-8): was it "
            "cut off? upload it again",
            "Upload it again."),
    REFUSED("old-encoding", REFUSAL_INVALID_ENCODING, "the text is not UTF-8",
            "line * is not UTF-8: its letters look like Windows-1252 or another old encoding.*",
            "line 4 is not UTF-8: its letters look like Windows-1252 or another old encoding. In "
            "Excel choose File, Save As, \"CSV UTF-8 (Comma delimited)\"; in other programs the "
            "character set UTF-8",
            "Save it as \"CSV UTF-8\"."),
    REFUSED(
        "other-format-not-utf-8", REFUSAL_INVALID_ENCODING, "the file is of another format",
        "line * is not UTF-8, and the file looks like *, not like a CSV file; *",
        "line 2 is not UTF-8, and the file looks like an HTML page, not like a CSV file; export "
        "the products as \"CSV UTF-8\"",
        "Export the products as \"CSV UTF-8\"; a page that a browser saved is none."),
    REFUSED("utf-16-cut-off", REFUSAL_INVALID_ENCODING, "UTF-16 that was cut off",
            "the file is UTF-16 that ends in line * in half a character: *",
            "the file is UTF-16 that ends in line 4 in half a character: was it cut off? save it "
            "anew as \"CSV UTF-8\"",
            "Save it anew as \"CSV UTF-8\"."),
    REFUSED("utf-16-broken", REFUSAL_INVALID_ENCODING, "UTF-16 that is broken",
            "line * is not UTF-16: it holds half a character *",
            "line 3 is not UTF-16: it holds half a character (a surrogate alone); save the file "
            "anew as \"CSV UTF-8\"",
            "Save it anew as \"CSV UTF-8\"."),
    REFUSED("unclosed-quote", REFUSAL_MALFORMED_CSV, "a quote is never closed",
            "a quote that is opened in line * is never closed; *",
            "a quote that is opened in line 1 is never closed; a quote inside of quotes is written "
            "twice",
            "Close the quote."),
    REFUSED("two-delimiters", REFUSAL_MALFORMED_CSV, "header and records are delimited differently",
            "header and records are delimited differently: *",
            "header and records are delimited differently: the header by a comma, but 20 of 20 "
            "records hold one field and another delimiter (line 2 is the first); use one delimiter",
            "Use one delimiter in the whole file."),
    REFUSED("column-twice", REFUSAL_INVALID_HEADER, "a column stands there twice",
            "the header names the column * twice (columns * and *); keep one of them",
            "the header names the column price twice (columns 5 and 6); keep one of them",
            "Keep one of the two."),
#define NO_HEADER(look) "line * is no header: it names none of the known columns; " look
#define NO_HEADER_EXAMPLE(look)                                                                   \
    "line 1 is no header: it names none of the known columns; " look ". It reads \"...\"; "       \
    "expected are vendor_product_id, product_name, category, sku, price, stock_quantity and, if " \
    "wanted, the optional ones"
    REFUSED("other-format", REFUSAL_INVALID_HEADER, "the file is of another format",
            NO_HEADER("the file looks like *, not like a CSV file; export the products as CSV*"),
            NO_HEADER_EXAMPLE("the file looks like an HTML page, not like a CSV file; export the "
                              "products as CSV"),
            "Export the products as CSV; a page that a browser saved is none."),
    REFUSED("other-file", REFUSAL_INVALID_HEADER, "the file is no CSV file",
            NO_HEADER("the file is *"),
            NO_HEADER_EXAMPLE("the file is a pointer of Git LFS; upload the file it stands for"),
            "Upload the CSV file itself."),
    REFUSED(
        "sep-line", REFUSAL_INVALID_HEADER, "a sep= line names no delimiter that is taken",
        NO_HEADER("line * is a \"sep=\" line of a spreadsheet, *"),
        NO_HEADER_EXAMPLE("line 1 is a \"sep=\" line of a spreadsheet, but it names none of the "
                          "delimiters that are taken (, ; tab |) alone; delete it"),
        "Delete the line, or name one delimiter that is taken."),
    REFUSED("title-above-header", REFUSAL_INVALID_HEADER, "lines stand above the header",
            NO_HEADER("line * looks like the header; delete what stands above it*"),
            NO_HEADER_EXAMPLE("line 3 looks like the header; delete what stands above it"),
            "Delete the lines above the header."),
    REFUSED(
        "no-header", REFUSAL_INVALID_HEADER, "the header is missing",
        NO_HEADER("line * looks like data without a header; *"),
        NO_HEADER_EXAMPLE("line 1 looks like data without a header; put a header line above it"),
        "Put a line with the names of the columns first."),
    REFUSED("lines-in-quotes", REFUSAL_INVALID_HEADER, "each line stands in one pair of quotes",
            NO_HEADER("each line stands in one pair of quotes; *"),
            NO_HEADER_EXAMPLE("each line stands in one pair of quotes; take those quotes off"),
            "Take the quotes around whole lines off."),
    REFUSED("single-quotes", REFUSAL_INVALID_HEADER, "single quotes are no quotes in CSV",
            NO_HEADER("single quotes are no quotes in CSV; *"),
            NO_HEADER_EXAMPLE("single quotes are no quotes in CSV; write \" or none"),
            "Write \" for each ', or no quotes."),
    REFUSED("typographic-quotes", REFUSAL_INVALID_HEADER, "typographic quotes are no quotes in CSV",
            NO_HEADER("typographic quotes are no quotes in CSV; *"),
            NO_HEADER_EXAMPLE("typographic quotes are no quotes in CSV; write \" or none"),
            "Write \" for each of them, or no quotes."),
    REFUSED("sep-line-of-another", REFUSAL_INVALID_HEADER,
            "the line sep= names another delimiter than the header's",
            NO_HEADER("it is delimited by *, but a line \"sep=\" above it names *"),
            NO_HEADER_EXAMPLE("it is delimited by a comma, but a line \"sep=\" above it names a "
                              "semicolon; delete that line"),
            "Delete the line."),
    REFUSED("delimiters-alone", REFUSAL_INVALID_HEADER,
            "the file holds delimiters and nothing else",
            NO_HEADER("the file holds delimiters and nothing else; *"),
            NO_HEADER_EXAMPLE("the file holds delimiters and nothing else; export the products "
                              "anew"),
            "Export the products anew."),
    REFUSED("other-names", REFUSAL_INVALID_HEADER, "the columns have other names",
            NO_HEADER("rename *"),
            NO_HEADER_EXAMPLE("rename \"Handle\" to vendor_product_id, \"Title\" to product_name"),
            "Name the columns as in the list of columns."),
    REFUSED("other-delimiter", REFUSAL_INVALID_HEADER, "the delimiter is none that is taken",
            NO_HEADER("it looks delimited by *"),
            NO_HEADER_EXAMPLE("it looks delimited by ^, which is not taken; use , ; tab or |"),
            "Export with a comma, a semicolon, a tab or |."),
    REFUSED("unknown-header", REFUSAL_INVALID_HEADER, "no column is known",
            "line * is no header: it names none of the known columns*",
            "line 1 is no header: it names none of the known columns. It reads \"Nummer;Preis\"; "
            "expected are vendor_product_id, product_name, category, sku, price, stock_quantity "
            "and, if wanted, the optional ones",
            "Name the columns as in the list of columns."),
    REFUSED("missing-column", REFUSAL_MISSING_COLUMN, "a required column is missing",
            "the header lacks the required column*",
            "the header lacks the required column stock_quantity; rename \"Qty\" to stock_quantity",
            "Name the column as in the list of columns, or add it."),
    REFUSED("no-record", REFUSAL_NO_RECORDS, "there is no record",
            "the file has a header and no record", "the file has a header and no record",
            "Write the products below the header."),
    REFUSED("too-many-records", REFUSAL_TOO_MANY_RECORDS, "there are too many records",
            "the file has * records, more than the * allowed; split it",
            "the file has 10001 records, more than the 10000 allowed; split it",
            "Split the file; each part has the header."),
    REFUSED("object-gone", REFUSAL_OBJECT_GONE, "the file was deleted while it was read",
            "the file was deleted or replaced before all of it was read; upload it again",
            "the file was deleted or replaced before all of it was read; upload it again",
            "Upload it again."),
    REFUSED("records-lost", REFUSAL_RECORDS_LOST, "records were lost",
            "* of * records were lost before they were judged; upload the file again",
            "3 of 10 records were lost before they were judged; upload the file again",
            "Upload it again."),
};
const size_t advice_count = sizeof advice_table / sizeof *advice_table;
