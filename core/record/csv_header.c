#include "core/record/csv_header.h"

#include "core/base/text.h"

#define UNKNOWN_TEXT_MAX 1024
#define UNKNOWN_NAME_COLUMNS 60

void csv_header_init(struct csv_header *header)
{
    *header = (struct csv_header){.line_end = "\n"};
    buffer_init(&header->unknown, 4 * UNKNOWN_TEXT_MAX);
}

void csv_header_builder_init(struct csv_header_builder *builder, struct csv_header *header)
{
    builder->header = header;
    builder->twice = COLUMN_NONE;
}

static bool header_has(const struct csv_header *header, enum product_column column)
{
    for (uint32_t i = 0; i < header->known_count; i++) {
        if (header->known[i].column == column)
            return true;
    }
    return false;
}

static void unknown_add(struct csv_header *header, const char *name, size_t len)
{
    struct buffer *names = &header->unknown;
    header->unknown_count++;
    if (names->len > UNKNOWN_TEXT_MAX)
        return;
    value_trim(&name, &len);
    if (names->len)
        buffer_text(names, ", ");
    if (names->len > UNKNOWN_TEXT_MAX)
        buffer_text(names, "...");
    else if (len)
        text_append_visible_cut(names, name, utf8_prefix(name, len, UNKNOWN_NAME_COLUMNS + 1),
                                UNKNOWN_NAME_COLUMNS);
    else
        buffer_text(names, "(no name)");
}

void csv_header_add(struct csv_header_builder *builder, const char *name, size_t len)
{
    struct csv_header *header = builder->header;
    uint32_t index = header->field_count++;
    enum product_column column = column_find(name, len);
    if (column == COLUMN_NONE)
        unknown_add(header, name, len);
    else if (!header_has(header, column))
        header->known[header->known_count++] = (struct csv_known){index, column};
    else if (builder->twice == COLUMN_NONE)
        builder->twice = column;
}

void csv_header_finish(struct csv_header_builder *builder, struct refusal *refusal)
{
    const struct csv_header *header = builder->header;
    char missing[256] = "";
    unsigned count = 0;
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        if (!column_table[i].required || header_has(header, i))
            continue;
        size_t used = strlen(missing);
        snprintf(missing + used, sizeof(missing) - used, "%s%s", count++ ? ", " : "",
                 column_table[i].name);
    }
    if (builder->twice != COLUMN_NONE)
        refusal_set(refusal, REFUSAL_INVALID_HEADER, header->line_number,
                    "the header names the column %s twice", column_table[builder->twice].name);
    else if (!header->known_count)
        refusal_set(refusal, REFUSAL_INVALID_HEADER, header->line_number,
                    "line %u is no header: it names none of the known columns",
                    (unsigned)header->line_number);
    else if (count)
        refusal_set(refusal, REFUSAL_MISSING_COLUMN, header->line_number,
                    "the header lacks the required column%s %s", count > 1 ? "s" : "", missing);
}
