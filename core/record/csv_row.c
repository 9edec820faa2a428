#include "core/record/csv_row.h"

#include "core/record/rules.h"

void csv_row_begin(struct csv_row *row, struct csv_header *header, struct record *record)
{
    memset(record, 0, sizeof *record);
    row->header = header;
    row->record = record;
    row->cells = 0;
    row->known = 0;
    row->used = 0;
    row->filled = false;
}

bool csv_row_is_nothing(const struct csv_row *row)
{
    const struct csv_header *header = row->header;
    if (!row->filled)
        return true;
    for (uint32_t i = 0; i < header->known_count; i++) {
        enum product_column column = header->known[i].column;
        const struct record_field *field = &row->record->fields[column];
        if (!field->text || (field->text[0] | 0x20) != column_table[column].name[0] ||
            !column_name_is(field->text, field->len, column_table[column].name))
            return false;
    }
    return header->known_count != 0;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
#define BELOW(word, byte) (((word)-EACH_BYTE(byte)) & ~(word))
#define EQUAL(word, byte) BELOW((word) ^ EACH_BYTE(byte), 1)

/* The high bits tell of a byte below U+0020, of U+007F, of 0xC2, where C1 controls begin, and of
   0xEF, where U+FFFD does. */
static uint64_t control_bits(uint64_t word)
{
    return BELOW(word, 0x20) | EQUAL(word, 0x7F) | EQUAL(word, 0xC2) | EQUAL(word, 0xEF);
}

/* No control character, no tab, no line end, no U+FFFD. May fail to tell, but is never wrong when
 * true. */
static bool is_clean(const char *text, size_t len)
{
    uint64_t bits = 0, word;
    for (; len >= 8; len -= 8, text += 8) {
        memcpy(&word, text, 8);
        bits |= control_bits(word);
    }
    word = EACH_BYTE(' ');
    memcpy(&word, text, len);
    return !((bits | control_bits(word)) & EACH_BYTE(0x80));
}

/* The column of the next cell of the row, or COLUMN_NONE. */
static enum product_column cell_column(struct csv_row *row)
{
    uint32_t index = row->cells++;
    if (row->known == row->header->known_count || row->header->known[row->known].index != index)
        return COLUMN_NONE;
    return row->header->known[row->known++].column;
}

/* Whether a cell of the last column, `errors`, is as our own rejected file has it. */
static bool is_our_errors(const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    return colon && rule_find(text, (size_t)(colon - text)) != RULE_COUNT;
}

/* A cell of no known column is looked at, too. */
static void unknown_note(struct csv_row *row, const char *text, size_t len)
{
    struct csv_header *header = row->header;
    bool is_errors = header->errors_last && row->cells == header->field_count;
    if (row->filled && !is_errors)
        return;
    value_trim(&text, &len);
    row->filled |= len != 0;
    if (is_errors && len && !is_our_errors(text, len))
        header->errors_own = true;
}

void csv_row_add(struct csv_row *row, const char *text, size_t len)
{
    enum product_column column = cell_column(row);
    if (column == COLUMN_NONE) {
        unknown_note(row, text, len);
        return;
    }
    struct record_field *field = &row->record->fields[column];
    row->used +=
        record_field_set(field, column, text, len, row->values + row->used, &row->facts[column]);
    row->filled |= field->text != NULL;
    field->clean = field->text && !field->facts && is_clean(field->text, field->len);
}

/* A cell of a simple line: what is between its quotes, or all of it. */
struct simple_cell {
    const char *text, *end;
    bool doubled; /* it holds quotes, each written twice */
};

/* Behind the cell that begins at `at`: its delimiter or the end of the line. NULL: not so
   simple. */
static const char *simple_cell_find(const char *at, const char *end, char delimiter,
                                    struct simple_cell *cell)
{
    *cell = (struct simple_cell){.text = at};
    if (at < end && *at == '"') {
        cell->text = at + 1;
        const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));
        while (quote && quote + 1 < end && quote[1] == '"') {
            cell->doubled = true;
            quote = memchr(quote + 2, '"', (size_t)(end - quote - 2));
        }
        cell->end = quote;
        return quote && (quote + 1 == end || quote[1] == delimiter) ? quote + 1 : NULL;
    }
    while (at < end && *at != delimiter) {
        if (*at++ == '"')
            return NULL;
    }
    return cell->end = at;
}

/* Each pair of quotes as one. */
static void quotes_halve(struct csv_row *row, struct simple_cell *cell)
{
    char *to = row->values + row->used, *start = to;
    for (const char *at = cell->text; at < cell->end; at++) {
        *to++ = *at;
        at += *at == '"';
    }
    row->used += (size_t)(to - start);
    cell->text = start;
    cell->end = to;
}

static void simple_cell_set(struct csv_row *row, struct simple_cell *cell, bool clean)
{
    enum product_column column = cell_column(row);
    if (column == COLUMN_NONE) {
        unknown_note(row, cell->text, (size_t)(cell->end - cell->text));
        return;
    }
    if (cell->doubled)
        quotes_halve(row, cell);
    const char *text = cell->text;
    size_t len = (size_t)(cell->end - text);
    value_trim(&text, &len);
    row->filled |= len != 0;
    if (len)
        row->record->fields[column] = (struct record_field){
            .text = text, .len = (uint32_t)len, .clean = clean || is_clean(text, len)};
}

/*
 * The greater part of all lines has quotes, if any, only around whole cells, and inside of those
 * only doubled. There RFC 4180 leaves no doubt, and most cells can be taken where they stand.
 * False, with nothing done, for any other line: libcsv reads it. tests/fuzz/csv_compare.h holds
 * both against each other.
 */
bool csv_row_read_simple(struct csv_row *row, const char *line, const char *end)
{
    if ((size_t)(end - line) > RECORD_VALUE_MAX)
        return false;
    const char delimiter = row->header->delimiter;
    bool clean = is_clean(line, (size_t)(end - line));
    for (const char *at = line;; at++) {
        struct simple_cell cell;
        at = simple_cell_find(at, end, delimiter, &cell);
        if (!at) {
            csv_row_begin(row, row->header, row->record);
            return false;
        }
        simple_cell_set(row, &cell, clean);
        if (at == end)
            return true;
    }
}
