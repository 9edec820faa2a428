#include <string.h>

#include "core/operate/guide/guide.h"
#include "core/record/report_text.h"

enum { EXAMPLES = 2 };

/* The category is chosen among those that are listed. */
static const char *const examples[COLUMN_COUNT][EXAMPLES] = {
    [COLUMN_VENDOR_PRODUCT_ID] = {"EXAMPLE-1", "EXAMPLE-2"},
    [COLUMN_PRODUCT_NAME] = {"Desk Lamp, white", "Garden Gloves"},
    [COLUMN_CATEGORY] = {"Living Room", "Garden"},
    [COLUMN_SUBCATEGORY] = {"Lamps", ""},
    [COLUMN_DESCRIPTION] = {"Two arms; light is \"warm white\", 2700 K", ""},
    [COLUMN_SKU] = {"EXAMPLE-LAMP-WHITE", "EXAMPLE-GLOVES-M"},
    [COLUMN_BRAND] = {"Lumen", ""},
    [COLUMN_PRICE] = {"29.90", "7.50"},
    [COLUMN_COMPARE_AT_PRICE] = {"39.90", ""},
    [COLUMN_STOCK_QUANTITY] = {"120", "0"},
    [COLUMN_UNIT] = {"piece", "pair"},
    [COLUMN_WEIGHT_KG] = {"1.25", ""},
    [COLUMN_DIMENSIONS_CM] = {"45 x 20 x 15", ""},
    [COLUMN_IMAGE_URL] = {"https://www.example.com/desk-lamp.jpg", ""},
};

static const char *category_of(const struct category_list *categories, int example)
{
    const char *usual = examples[COLUMN_CATEGORY][example];
    const struct listed_category *found = categories ? category_list_find(categories, usual) : NULL;
    if (!categories || (found && found->is_active))
        return usual;
    for (size_t i = 0; i < categories->count; i++)
        if (categories->rows[i].is_active)
            return categories->rows[i].name;
    return usual;
}

void template_append(struct buffer *out, const struct category_list *categories, char delimiter,
                     bool bom, const char *line_end)
{
    if (bom)
        buffer_text(out, "\xef\xbb\xbf");
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (i)
            buffer_char(out, delimiter);
        buffer_text(out, column_table[i].name);
    }
    buffer_text(out, line_end);
    for (int example = 0; example < EXAMPLES; example++) {
        for (int i = 0; i < COLUMN_COUNT; i++) {
            const char *value =
                i == COLUMN_CATEGORY ? category_of(categories, example) : examples[i][example];
            if (i)
                buffer_char(out, delimiter);
            report_append_value(out, value, strlen(value), delimiter);
        }
        buffer_text(out, line_end);
    }
}
