#include "core/operate/guide/guide.h"

const struct guide_number guide_numbers[GUIDE_NUMBERS] = {
    {"0.01", "999999.99", COLUMN_PRICE, 2},
    {"0.01", "999999.99", COLUMN_COMPARE_AT_PRICE, 2},
    {"0", "1000000", COLUMN_STOCK_QUANTITY, 0},
    {"0.01", "999999.99", COLUMN_WEIGHT_KG, 2},
};

static const char *const rule_advice[RULE_COUNT] = {
    [RULE_MISSING_REQUIRED_FIELDS] =
        "A required column is empty, or the line ends before it. Fill it in; where a line is too "
        "short, look for a line break inside a value that is not in double quotes.",
    [RULE_INVALID_PRICE] =
        "`price` is no amount from 0.01 to 999999.99 with at most two decimals. Write a point and "
        "no thousands separator: `1500.00`, without a currency sign.",
    [RULE_INVALID_STOCK] = "`stock_quantity` is no whole number from 0 to 1000000. Write digits "
                           "alone: `1500`; `0` if you have none.",
    [RULE_FIELD_LENGTH_EXCEEDED] =
        "A value has more characters than its column takes. Shorten it; the limits are above.",
    [RULE_INVALID_CATEGORY] =
        "`category` is not one of the list above. Write it letter by letter as it is listed, "
        "capitals and apostrophes too, and without the category above it.",
    [RULE_DUPLICATE_SKU] =
        "A product with this `sku` is there already, or earlier in the same file. Where it is your "
        "own product and nothing differs there is nothing to do; else give the product a `sku` of "
        "its own.",
    [RULE_DUPLICATE_VENDOR_PRODUCT_ID] =
        "You sent a product with this `vendor_product_id` before, or it is earlier in the same "
        "file. Where nothing differs there is nothing to do; else give the product an id of its "
        "own.",
    [RULE_INVALID_VALUE] =
        "An optional value cannot be read, a spreadsheet has changed a value (an id that became "
        "`4.00638E+12`, a formula, an error word), a character is one that cannot be seen, a "
        "double quote is not closed, or the line has more values than the header. The message says "
        "which; leave an optional value empty where you have none.",
};

static const char *const refusal_advice[REFUSAL_COUNT] = {
    [REFUSAL_INVALID_FILE_NAME] =
        "The name is not `VENDOR_anything.csv`. Rename the file; a workbook (`.xlsx`) has to be "
        "saved as \"CSV UTF-8\" first.",
    [REFUSAL_VENDOR_MISMATCH] = "The file lies in one vendor's folder and its name begins with "
                                "another's id. Rename it to begin with your own id.",
    [REFUSAL_UNKNOWN_VENDOR] = "Nobody has this vendor id. Compare it with the one that you were "
                               "given, capitals too.",
    [REFUSAL_VENDOR_NOT_ACTIVE] = "Your account does not take files at the moment. Ask us.",
    [REFUSAL_FILE_TOO_LARGE] = "The file is too large. Split it, with the header in each part.",
    [REFUSAL_EMPTY_FILE] =
        "There is nothing in the file, or nothing below its header. Send it again with products.",
    [REFUSAL_INVALID_ENCODING] =
        "The file is not text in UTF-8. In a spreadsheet choose \"CSV UTF-8\" when you save it.",
    [REFUSAL_MALFORMED_CSV] = "A double quote is opened and never closed, or header and lines are "
                              "separated differently. The message names the line.",
    [REFUSAL_INVALID_HEADER] =
        "The first line is not the line of column names, or names a column twice. Delete what "
        "stands above the names.",
    [REFUSAL_MISSING_COLUMN] = "A required column is not in the header. Add it, spelled as above.",
    [REFUSAL_NO_RECORDS] =
        "There is nothing in the file, or nothing below its header. Send it again with products.",
    [REFUSAL_TOO_MANY_RECORDS] =
        "The file has more products than one file may. Split it, with the header in each part.",
    [REFUSAL_OBJECT_GONE] = "The file was deleted or replaced before it was read. Send it again.",
    [REFUSAL_RECORDS_LOST] =
        "We could not process the file to its end; what the mail counts as valid is in the "
        "catalogue. Send the other products again.",
};

const char *guide_rule_advice(enum rule rule)
{
    return rule < RULE_COUNT ? rule_advice[rule] : NULL;
}

const char *guide_refusal_advice(enum refusal_code code)
{
    return code < REFUSAL_COUNT ? refusal_advice[code] : NULL;
}
