#include "core/record/csv.h"

#include <csv.h>

#include "core/base/text.h"
#include "core/record/csv_header.h"
#include "core/record/csv_row.h"

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
    uint32_t cells; /* of the row, so far */

    struct csv_header header;
    struct csv_header_builder builder;
    struct refusal file_refusal;   /* found in the bytes, before any reading */
    struct refusal header_refusal; /* found in the header */
    uint32_t records;

    struct csv_row fields;
};

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

static void on_cell(void *bytes, size_t len, void *context)
{
    struct csv_reader *reader = context;
    reader->cells++;
    csv_row_add(&reader->fields, bytes, len);
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
    if (!row_begun && cell == on_cell &&
        csv_row_read_simple(&reader->fields, reader->at, text_end)) {
        reader->cells = reader->fields.cells;
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
    csv_row_begin(&reader->fields, &reader->header, record);
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
