#include "core/operate/guide/guide.h"

const struct guide_number guide_numbers[GUIDE_NUMBERS] = {
    {"0.01", "999999.99", COLUMN_PRICE, 2},
    {"0.01", "999999.99", COLUMN_COMPARE_AT_PRICE, 2},
    {"0", "1000000", COLUMN_STOCK_QUANTITY, 0},
    {"0.01", "999999.99", COLUMN_WEIGHT_KG, 2},
};

static const char *const rule_advice[RULE_COUNT] = {
    [RULE_MISSING_REQUIRED_FIELDS] =
        "A required column is empty, or the line ends before it. Fill it in; if a line is too "
        "short, look for a line break inside a value that is not in double quotes.",
    [RULE_INVALID_PRICE] =
        "`price` is not an amount from 0.01 to 999999.99 with at most two decimals. Write a "
        "point and no thousands separator: `1500.00`, without a currency sign.",
    [RULE_INVALID_STOCK] = "`stock_quantity` is not a whole number from 0 to 1000000. Write "
                           "only digits: `1500`; `0` if you have none.",
    [RULE_FIELD_LENGTH_EXCEEDED] =
        "A value is longer than its column allows. Shorten it; the limits are above.",
    [RULE_INVALID_CATEGORY] =
        "`category` is not one of the list above. Write it exactly as listed, including "
        "capitals and apostrophes, and without its parent category.",
    [RULE_DUPLICATE_SKU] =
        "A product with this `sku` already exists, or is earlier in the same file. If it is "
        "your own product and nothing differs, there is nothing to do; otherwise give the "
        "product a unique `sku`.",
    [RULE_DUPLICATE_VENDOR_PRODUCT_ID] =
        "You sent a product with this `vendor_product_id` before, or it is earlier in the same "
        "file. If nothing differs, there is nothing to do; otherwise give the product a unique "
        "id.",
    [RULE_INVALID_VALUE] =
        "An optional value cannot be read, a spreadsheet has changed a value (an id that became "
        "`4.00638E+12`, a formula, an error word), a character is invisible, a double quote is "
        "not closed, or the line has more values than the header. The message says which; leave "
        "an optional value empty if you have none.",
};

static const char *const refusal_advice[REFUSAL_COUNT] = {
    [REFUSAL_INVALID_FILE_NAME] =
        "The name is not `VENDOR_anything.csv`. Rename the file; a workbook (`.xlsx`) must be "
        "saved as \"CSV UTF-8\" first.",
    [REFUSAL_VENDOR_MISMATCH] = "The file is in one vendor's folder, but its name starts with "
                                "another vendor's id. Rename it to start with your own id.",
    [REFUSAL_UNKNOWN_VENDOR] = "This vendor id does not exist. Compare it with the one that you "
                               "were given, including capitals.",
    [REFUSAL_VENDOR_NOT_ACTIVE] = "Your account cannot upload files at the moment. Contact us.",
    [REFUSAL_FILE_TOO_LARGE] = "The file is too large. Split it, with the header in each part.",
    [REFUSAL_EMPTY_FILE] =
        "The file is empty, or has no products below its header. Upload it again with products.",
    [REFUSAL_INVALID_ENCODING] =
        "The file is not text in UTF-8. In a spreadsheet choose \"CSV UTF-8\" when you save it.",
    [REFUSAL_MALFORMED_CSV] = "A double quote is never closed, or header and lines use "
                              "different separators. The message names the line.",
    [REFUSAL_INVALID_HEADER] =
        "The first line is not the line of column names, or names a column twice. Delete "
        "everything above the names.",
    [REFUSAL_MISSING_COLUMN] = "A required column is not in the header. Add it, spelled as above.",
    [REFUSAL_NO_RECORDS] =
        "The file is empty, or has no products below its header. Upload it again with products.",
    [REFUSAL_TOO_MANY_RECORDS] =
        "The file has too many products. Split it, with the header in each part.",
    [REFUSAL_OBJECT_GONE] = "The file was deleted or replaced before it was read. Upload it again.",
    [REFUSAL_RECORDS_LOST] =
        "We could not process the whole file; products that the e-mail counts as valid are in "
        "the catalogue. Upload the other products again.",
};

const char *guide_rule_advice(enum rule rule)
{
    return rule < RULE_COUNT ? rule_advice[rule] : NULL;
}

const char *guide_refusal_advice(enum refusal_code code)
{
    return code < REFUSAL_COUNT ? refusal_advice[code] : NULL;
}
