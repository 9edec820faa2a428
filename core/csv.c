#include "core/csv.h"

#include <csv.h>

#include "core/base/text.h"
#include "core/csv_header.h"

/*
 * libcsv is fed one line at a time, its line end included. Outside quotes a line end closes the
 * row, so a row that was closed ends where the line ends, and one that was not is inside a quoted
 * field. That gives what libcsv does not tell, without a second opinion on what CSV is.
 */
struct csv_reader {
    struct csv_parser parser;
    const char *at, *end;          /* not yet read */
    const char *next_lf, *next_cr; /* the next of each at or behind `at`; end where there is none */
    uint32_t line;                 /* of `at` */

    const char *row; /* where the row being read begins */
    size_t row_len;
    uint32_t row_line;
    uint32_t quote_line; /* where the quoted field that is still open began */
    bool row_closed;
    bool malformed;
    bool out_of_memory;
    uint32_t cells; /* of the row */

    struct csv_header header;
    struct csv_header_builder builder;
    struct refusal file_refusal;   /* found in the bytes, before any reading */
    struct refusal header_refusal; /* found in the header */
    uint32_t records;

    struct record *record; /* being filled */
    uint32_t known;        /* the next of header.known to be filled */
    size_t used;           /* of values */
    struct field_facts facts[COLUMN_COUNT];
    char values[COLUMN_COUNT * RECORD_VALUE_MAX];
};

#define PLAIN_BITS(word)                                                                           \
    ((((word)-UINT64_C(0x2020202020202020)) | ((word) + UINT64_C(0x0101010101010101)) | (word)) &  \
     UINT64_C(0x8080808080808080))

/* Only U+0020 to U+007E. A borrow or carry between bytes needs a byte that is not plain itself. */
static bool is_plain(const char *text, size_t len)
{
    uint64_t bits = 0, word;
    for (; len >= 32; len -= 32, text += 32) {
        uint64_t words[4];
        memcpy(words, text, 32);
        bits |= PLAIN_BITS(words[0]) | PLAIN_BITS(words[1]) | PLAIN_BITS(words[2]) |
                PLAIN_BITS(words[3]);
    }
    for (; len >= 8; len -= 8, text += 8) {
        memcpy(&word, text, 8);
        bits |= PLAIN_BITS(word);
    }
    word = UINT64_C(0x2020202020202020);
    memcpy(&word, text, len);
    return !(bits | PLAIN_BITS(word));
}

static const char *find_byte(const char *from, const char *end, char byte)
{
    const char *found = from < end ? memchr(from, byte, (size_t)(end - from)) : NULL;
    return found ? found : end;
}

/* Behind the line that begins at `at`, with its end; *text_end is before the end. */
static const char *line_end_find(struct csv_reader *reader, const char **text_end)
{
    if (reader->next_lf < reader->at)
        reader->next_lf = find_byte(reader->at, reader->end, '\n');
    if (reader->next_cr < reader->at)
        reader->next_cr = find_byte(reader->at, reader->end, '\r');
    const char *first = reader->next_lf < reader->next_cr ? reader->next_lf : reader->next_cr;
    *text_end = first;
    if (first == reader->end)
        return first;
    if (*first == '\r' && first + 1 == reader->next_lf)
        return first + 2;
    return first + 1;
}

static bool is_blank(const char *text, const char *end)
{
    size_t len = (size_t)(end - text);
    if (text<end && * text> ' ')
        return false;
    value_trim(&text, &len);
    return !len;
}

/* The column of the next cell of the row, or COLUMN_NONE. */
static enum product_column cell_column(struct csv_reader *reader)
{
    uint32_t index = reader->cells++;
    if (reader->known == reader->header.known_count ||
        reader->header.known[reader->known].index != index)
        return COLUMN_NONE;
    return reader->header.known[reader->known++].column;
}

static void on_cell(void *bytes, size_t len, void *context)
{
    struct csv_reader *reader = context;
    enum product_column column = cell_column(reader);
    if (column != COLUMN_NONE)
        reader->used += record_field_set(&reader->record->fields[column], column, bytes, len,
                                         reader->values + reader->used, &reader->facts[column]);
}

static void plain_cell_set(struct csv_reader *reader, const char *text, const char *end)
{
    enum product_column column = cell_column(reader);
    if (column == COLUMN_NONE)
        return;
    while (text < end && *text == ' ')
        text++;
    while (text < end && end[-1] == ' ')
        end--;
    if (text < end)
        reader->record->fields[column] =
            (struct record_field){.text = text, .len = (uint32_t)(end - text), .plain = true};
}

/* Behind the cell, at its comma or the end of the line; NULL where it is not of the simple kind. */
static const char *simple_cell_end(const char *at, const char *end)
{
    if (at < end && *at == '"') {
        const char *quote = memchr(at + 1, '"', (size_t)(end - at - 1));
        return quote && (quote + 1 == end || quote[1] == ',') ? quote + 1 : NULL;
    }
    while (at < end && *at != ',') {
        if (*at++ == '"')
            return NULL;
    }
    return at;
}

/*
 * The greater part of all lines is printable ASCII and has quotes, if any, only around whole cells.
 * There all readings of CSV agree, and the cells can be taken where they stand. False, with nothing
 * done, for any other line: libcsv reads it. tests/fuzz/fuzz_csv.c holds both against each other.
 */
static bool simple_line_read(struct csv_reader *reader, const char *text_end)
{
    const char *at = reader->at;
    if ((size_t)(text_end - at) > RECORD_VALUE_MAX || !is_plain(at, (size_t)(text_end - at)))
        return false;
    for (;;) {
        const char *end = simple_cell_end(at, text_end);
        if (!end) {
            memset(reader->record->fields, 0, sizeof(reader->record->fields));
            reader->known = 0;
            reader->cells = 0;
            return false;
        }
        bool quoted = at < end && *at == '"';
        plain_cell_set(reader, at + quoted, end - quoted);
        if (end == text_end)
            return true;
        at = end + 1;
    }
}

static void on_header_cell(void *bytes, size_t len, void *context)
{
    struct csv_reader *reader = context;
    reader->cells++;
    csv_header_add(&reader->builder, bytes, len);
}

static void on_ignored_cell(void *bytes, size_t len, void *context)
{
    struct csv_reader *reader = context;
    (void)bytes;
    (void)len;
    reader->cells++;
}

static void on_row(int c, void *context)
{
    struct csv_reader *reader = context;
    (void)c;
    reader->row_closed = true;
}

typedef void cell_fn(void *, size_t, void *);

/* The end of the file closes a row too, unless a quoted field is open: strict mode tells that. */
static void row_close_at_end(struct csv_reader *reader, cell_fn *cell)
{
    csv_set_opts(&reader->parser, CSV_STRICT | CSV_STRICT_FINI);
    reader->malformed = csv_fini(&reader->parser, cell, on_row, reader) != 0;
    csv_set_opts(&reader->parser, 0);
}

static void line_read(struct csv_reader *reader, cell_fn *cell, bool row_begun)
{
    const char *text_end;
    const char *next = line_end_find(reader, &text_end);
    size_t len = (size_t)(next - reader->at);
    if (!row_begun) {
        reader->row = reader->at;
        reader->row_line = reader->line;
        reader->quote_line = reader->line;
    }
    if (!row_begun && cell == on_cell && simple_line_read(reader, text_end)) {
        reader->row_closed = true;
    } else {
        uint32_t cells = reader->cells;
        if (csv_parse(&reader->parser, reader->at, len, cell, on_row, reader) != len)
            reader->out_of_memory = true;
        if (reader->cells != cells)
            reader->quote_line = reader->line;
    }
    reader->row_len = (size_t)(text_end - reader->row);
    reader->at = next;
    reader->line++;
}

/* The next row that is not blank. False at the end of the file, or where memory or CSV failed. */
static bool row_read(struct csv_reader *reader, cell_fn *cell)
{
    bool begun = false;
    reader->row_closed = false;
    reader->cells = 0;
    while (reader->at < reader->end && !reader->row_closed && !reader->out_of_memory) {
        if (!begun) {
            const char *text_end;
            const char *next = line_end_find(reader, &text_end);
            if (is_blank(reader->at, text_end)) {
                reader->at = next;
                reader->line++;
                continue;
            }
        }
        line_read(reader, cell, begun);
        begun = true;
    }
    if (begun && !reader->row_closed && !reader->out_of_memory)
        row_close_at_end(reader, cell);
    return reader->row_closed;
}

static uint32_t line_count(const char *text, const char *end)
{
    uint32_t line = 1;
    for (; text < end; text++) {
        if (*text == '\n' || (*text == '\r' && (text + 1 == end || text[1] != '\n')))
            line++;
    }
    return line;
}

/* White space and byte order marks alone, or nothing. */
static bool is_empty_file(const char *at, const char *end)
{
    uint32_t code_point;
    while (utf8_decode(&at, end, &code_point)) {
        if (!text_is_white_space(code_point) && code_point != 0xFEFF)
            return false;
    }
    return at == end;
}

static void bytes_judge(const char *data, size_t len, struct refusal *refusal)
{
    size_t bad;
    if (len > CSV_FILE_MAX)
        refusal_set_too_large(refusal, len);
    else if (is_empty_file(data, data + len))
        refusal_set(refusal, REFUSAL_EMPTY_FILE, 0, "the file is empty");
    else if (!utf8_valid(data, len, &bad))
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line_count(data, data + bad),
                    "line %u is not UTF-8; save the file as UTF-8",
                    (unsigned)line_count(data, data + bad));
}

static const char *line_end_kind(const struct csv_reader *reader)
{
    const char *end = reader->row + reader->row_len;
    if (end >= reader->end || *end == '\n')
        return "\n";
    return end + 1 < reader->end && end[1] == '\n' ? "\r\n" : "\r";
}

static void header_read(struct csv_reader *reader)
{
    csv_header_builder_init(&reader->builder, &reader->header);
    if (!row_read(reader, on_header_cell))
        return;
    reader->header.raw = reader->row;
    reader->header.raw_len = reader->row_len;
    reader->header.line_number = reader->row_line;
    reader->header.line_end = line_end_kind(reader);
    csv_header_finish(&reader->builder, &reader->header_refusal);
}

static void reader_reset(struct csv_reader *reader, const char *data, size_t len)
{
    csv_free(&reader->parser);
    csv_init(&reader->parser, 0);
    csv_set_blk_size(&reader->parser, 16 * 1024);
    buffer_release(&reader->header.unknown);
    size_t bom = len >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3) ? 3 : 0;
    reader->at = data + bom;
    reader->end = data + len;
    reader->next_lf = find_byte(reader->at, reader->end, '\n');
    reader->next_cr = find_byte(reader->at, reader->end, '\r');
    reader->line = 1;
    reader->malformed = false;
    reader->out_of_memory = false;
    reader->records = 0;
    reader->file_refusal = (struct refusal){.code = REFUSAL_NONE};
    reader->header_refusal = (struct refusal){.code = REFUSAL_NONE};
    csv_header_init(&reader->header);
    reader->header.bom = bom != 0;
}

enum error_code csv_reader_open(struct csv_reader **out, const char *data, size_t len,
                                struct error *error)
{
    struct csv_reader *reader = *out;
    if (!reader) {
        reader = malloc(sizeof(*reader));
        if (!reader)
            return error_set(error, ERROR_MEMORY, "out of memory for a CSV reader");
        csv_init(&reader->parser, 0);
        csv_header_init(&reader->header);
        *out = reader;
    }
    reader_reset(reader, data, len);
    bytes_judge(data, len, &reader->file_refusal);
    if (reader->file_refusal.code == REFUSAL_NONE)
        header_read(reader);
    if (reader->out_of_memory)
        return error_set(error, ERROR_MEMORY, "out of memory in the CSV parser");
    return buffer_check(&reader->header.unknown, error);
}

static bool is_refused(const struct csv_reader *reader)
{
    return reader->file_refusal.code != REFUSAL_NONE ||
           reader->header_refusal.code != REFUSAL_NONE || reader->malformed ||
           reader->records > CSV_RECORDS_MAX;
}

enum error_code csv_reader_next(struct csv_reader *reader, struct record *record, bool *more,
                                struct error *error)
{
    *more = false;
    if (is_refused(reader))
        return ERROR_NONE;
    memset(record, 0, sizeof(*record));
    reader->record = record;
    reader->known = 0;
    reader->used = 0;
    if (!row_read(reader, on_cell))
        return reader->out_of_memory
                   ? error_set(error, ERROR_MEMORY, "out of memory in the CSV parser")
                   : ERROR_NONE;
    if (++reader->records > CSV_RECORDS_MAX)
        return ERROR_NONE;
    uint32_t expected = reader->header.field_count;
    record->row_number = reader->records;
    record->line_number = reader->row_line;
    record->field_count = reader->cells;
    record->extra_fields = reader->cells > expected ? reader->cells - expected : 0;
    record->raw = reader->row;
    record->raw_len = reader->row_len;
    record->raw_whole_len = reader->row_len;
    record->wave = 1;
    *more = true;
    return ERROR_NONE;
}

void csv_reader_finish(struct csv_reader *reader, struct refusal *refusal)
{
    *refusal = reader->file_refusal;
    if (refusal->code != REFUSAL_NONE)
        return;
    while (!reader->malformed && row_read(reader, on_ignored_cell))
        reader->records++;
    if (reader->malformed)
        refusal_set(refusal, REFUSAL_MALFORMED_CSV, reader->quote_line,
                    "a quote that is opened in line %u is never closed",
                    (unsigned)reader->quote_line);
    else if (reader->header_refusal.code != REFUSAL_NONE)
        *refusal = reader->header_refusal;
    else if (!reader->records)
        refusal_set(refusal, REFUSAL_NO_RECORDS, 0, "the file has a header and no record");
    else if (reader->records > CSV_RECORDS_MAX)
        refusal_set(refusal, REFUSAL_TOO_MANY_RECORDS, 0,
                    "the file has %u records, more than the %d allowed; split it",
                    (unsigned)reader->records, CSV_RECORDS_MAX);
}

uint32_t csv_reader_count(const struct csv_reader *reader)
{
    return reader->records;
}

const struct csv_header *csv_reader_header(const struct csv_reader *reader)
{
    return &reader->header;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return;
    csv_free(&reader->parser);
    buffer_release(&reader->header.unknown);
    free(reader);
}
