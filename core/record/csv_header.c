#include "core/record/csv_header.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/record/csv_look.h"

#define UNKNOWN_TEXT_MAX 1024
#define UNKNOWN_NAME_COLUMNS 60
#define IGNORED_MAX 200 /* told one by one */

void csv_header_init(struct csv_header *header)
{
    *header = (struct csv_header){.line_end = "\n"};
    header->delimiter = CSV_DELIMITERS[0];
    buffer_init(&header->raw, CSV_FILE_MAX * 2);
    buffer_init(&header->unknown, 4 * UNKNOWN_TEXT_MAX);
    buffer_init(&header->ignored, (size_t)1 << 20);
}

void csv_header_release(struct csv_header *header)
{
    buffer_release(&header->raw);
    buffer_release(&header->unknown);
    buffer_release(&header->ignored);
}

enum error_code csv_header_check(const struct csv_header *header, struct error *error)
{
    enum error_code code = buffer_check(&header->raw, error);
    if (!code)
        code = buffer_check(&header->unknown, error);
    return code ? code : buffer_check(&header->ignored, error);
}

void csv_header_builder_init(struct csv_header_builder *builder, struct csv_header *header)
{
    builder->header = header;
    builder->twice = COLUMN_NONE;
    builder->alikes = (struct column_alikes){.unlikeness = {0}};
    builder->other_delimiter = 0;
}

static bool header_has(const struct csv_header *header, enum product_column column)
{
    for (uint32_t i = 0; i < header->known_count; i++) {
        if (header->known[i].column == column)
            return true;
    }
    return false;
}

/* The name as a person may be shown it. */
static void append_shown(struct buffer *out, const char *name, size_t len)
{
    if (len)
        text_append_visible_cut(out, name, utf8_prefix(name, len, UNKNOWN_NAME_COLUMNS + 1),
                                UNKNOWN_NAME_COLUMNS);
    else
        buffer_text(out, "(no name)");
}

static void ignored_add(struct buffer *list, const char *name, size_t len,
                        enum product_column column)
{
    struct buffer shown;
    buffer_init(&shown, UNKNOWN_TEXT_MAX);
    append_shown(&shown, name, len);
    buffer_text(list, list->len ? ",{" : "{");
    json_append_member(list, "name", shown.data);
    json_append_member(list, "looks_like", column_name(column));
    buffer_char(list, '}');
    buffer_release(&shown);
}

/* A delimiter under which a name of the header is several known ones, or 0. */
static char other_delimiter(char delimiter, const char *name, size_t len)
{
    for (const char *other = CSV_DELIMITERS; *other; other++) {
        if (*other != delimiter && memchr(name, *other, len) &&
            csv_look_known_count(name, name + len, *other))
            return *other;
    }
    return 0;
}

static void unknown_add(struct csv_header_builder *builder, const char *name, size_t len)
{
    struct csv_header *header = builder->header;
    struct buffer *names = &header->unknown;
    enum product_column column = COLUMN_NONE;
    if (header->unknown_count++ > IGNORED_MAX)
        return;
    value_trim(&name, &len);
    char other = other_delimiter(header->delimiter, name, len);
    if (other)
        builder->other_delimiter = other;
    else
        column = column_alikes_note(&builder->alikes, name, len);
    ignored_add(&header->ignored, name, len, column);
    if (names->len > UNKNOWN_TEXT_MAX)
        return;
    if (names->len)
        buffer_text(names, ", ");
    if (names->len > UNKNOWN_TEXT_MAX) {
        buffer_text(names, "...");
        return;
    }
    append_shown(names, name, len);
    if (column != COLUMN_NONE)
        buffer_format(names, " (looks like %s)", column_table[column].name);
}

void csv_header_add(struct csv_header_builder *builder, const char *name, size_t len)
{
    struct csv_header *header = builder->header;
    uint32_t index = header->field_count++;
    enum product_column column = column_find(name, len);
    header->errors_last = column_name_is(name, len, "errors");
    if (column == COLUMN_NONE) {
        unknown_add(builder, name, len);
    } else if (!header_has(header, column)) {
        header->known[header->known_count++] = (struct csv_known){index, column};
        if (column_table[column].required)
            header->required_count = index + 1;
    } else if (builder->twice == COLUMN_NONE) {
        builder->twice = column;
        builder->twice_index = index;
    }
}

static uint32_t index_of(const struct csv_header *header, enum product_column column)
{
    uint32_t i = 0;
    while (header->known[i].column != column)
        i++;
    return header->known[i].index;
}

static uint32_t known_set(const struct csv_header *header)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < header->known_count; i++)
        known |= UINT32_C(1) << header->known[i].column;
    return known;
}

/* What may have been meant by the missing ones, as far as there is room. */
static void append_meant(struct buffer *out, const struct csv_header_builder *builder)
{
    const struct csv_header *header = builder->header;
    struct buffer renames;
    buffer_init(&renames, 8 * UNKNOWN_TEXT_MAX);
    if (builder->other_delimiter)
        buffer_format(out, "; it is delimited by %s and by %s: use one delimiter",
                      csv_delimiter_name(header->delimiter),
                      csv_delimiter_name(builder->other_delimiter));
    else if (column_alikes_append(&renames, &builder->alikes, known_set(header), SIZE_MAX))
        buffer_format(out, "; %s", renames.data);
    else if (header->unknown_count)
        buffer_format(out, "; the file's other columns are %s", header->unknown.data);
    buffer_release(&renames);
}

static void refuse_missing(const struct csv_header_builder *builder, const char *missing,
                           unsigned count, struct refusal *refusal)
{
    struct buffer renames;
    buffer_init(&renames, 8 * UNKNOWN_TEXT_MAX);
    append_meant(&renames, builder);
    refusal_set(refusal, REFUSAL_MISSING_COLUMN, builder->header->line_number,
                "the header lacks the required column%s %s%s", count > 1 ? "s" : "", missing,
                renames.data);
    buffer_release(&renames);
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
        snprintf(missing + used, sizeof missing - used, "%s%s", count++ ? ", " : "",
                 column_table[i].name);
    }
    if (builder->twice != COLUMN_NONE)
        refusal_set(refusal, REFUSAL_INVALID_HEADER, header->line_number,
                    "the header names the column %s twice (columns %u and %u); keep one of them",
                    column_table[builder->twice].name,
                    (unsigned)index_of(header, builder->twice) + 1,
                    (unsigned)builder->twice_index + 1);
    else if (!header->known_count)
        refusal_set(refusal, REFUSAL_INVALID_HEADER, header->line_number,
                    "line %u is no header: it names none of the known columns",
                    (unsigned)header->line_number);
    else if (count)
        refuse_missing(builder, missing, count, refusal);
}

void csv_header_forget_unknown(struct csv_header *header)
{
    buffer_clear(&header->unknown);
    buffer_clear(&header->ignored);
    header->unknown_count = 0;
}
