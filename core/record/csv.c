#include "core/record/csv.h"

#include <csv.h>

#include "core/record/csv_header.h"
#include "core/record/csv_look.h"
#include "core/record/csv_quotes.h"
#include "core/record/csv_row.h"
#include "core/record/csv_source.h"

/*
 * libcsv is fed one row at a time, its line end included, once a look at each quote of its lines
 * tells that no field of it is open any more, or which was never closed. Outside quotes a line end
 * closes the row, so a row that was closed ends where the line ends. That gives what libcsv does
 * not tell, without a second opinion on what CSV is.
 */
#define RAW_KEPT ((size_t)1 << 20) /* of a row: more than any store takes */
#define FED_PIECE ((size_t)256 << 10)

struct csv_reader {
    struct csv_parser parser;
    struct csv_source source;
    const char *at, *end;          /* not yet read */
    const char *next_lf, *next_cr; /* the next of each at or behind `at`; end where there is none */
    uint32_t line;                 /* of `at` */
    const char *row;               /* where the row being read begins */
    size_t row_len;
    size_t row_fed; /* to libcsv, of its bytes */
    uint32_t row_line, row_last_line;
    bool row_closed, row_unclosed;
    bool malformed;
    uint32_t cells; /* of the row, so far */
    enum error_code failed;
    struct error *error;
    struct csv_quotes quotes;
    uint32_t quote_line;    /* where the field that is still open began */
    const char *quote_stop; /* the end of that line's text */
    const char *quote_next; /* the line behind it */
    struct csv_header header;
    struct csv_header_builder builder;
    struct refusal file_refusal;   /* found in the bytes, before any reading */
    struct refusal header_refusal; /* found in the header */
    uint32_t records;
    uint32_t others;      /* records of one field that hold another delimiter */
    uint32_t others_line; /* of the first of them */
    struct csv_row fields;
};

static const char *find_byte(const char *from, const char *end, char byte)
{
    const char *found = from < end ? memchr(from, byte, (size_t)(end - from)) : NULL;
    return found ? found : end;
}

static void ends_find(struct csv_reader *reader)
{
    reader->next_lf = find_byte(reader->at, reader->end, '\n');
    reader->next_cr = find_byte(reader->at, reader->end, '\r');
}

static const char *moved(const char *old, const char *from, const char *to)
{
    return old ? to + (old - from) : NULL;
}

/* More of a text that is converted in pieces; what of it is still wanted gets a new place. */
static bool text_extend(struct csv_reader *reader, bool row_begun)
{
    const char *from = row_begun ? reader->row : reader->at, *to = from;
    if (!csv_source_more(&reader->source, &to, &reader->end, &reader->failed, reader->error))
        return false;
    reader->at = moved(reader->at, from, to);
    if (row_begun) {
        reader->row = moved(reader->row, from, to);
        reader->quotes.open = moved(reader->quotes.open, from, to);
        reader->quote_stop = moved(reader->quote_stop, from, to);
        reader->quote_next = moved(reader->quote_next, from, to);
    }
    ends_find(reader);
    return true;
}

/* Behind the line that begins at `at`, with its end; *text_end is before the end. */
static const char *line_end_find(struct csv_reader *reader, bool row_begun, const char **text_end)
{
    if (reader->next_lf < reader->at)
        reader->next_lf = find_byte(reader->at, reader->end, '\n');
    if (reader->next_cr < reader->at)
        reader->next_cr = find_byte(reader->at, reader->end, '\r');
    const char *first = reader->next_lf < reader->next_cr ? reader->next_lf : reader->next_cr;
    while (first == reader->end && text_extend(reader, row_begun))
        first = reader->next_lf < reader->next_cr ? reader->next_lf : reader->next_cr;
    *text_end = first;
    if (first == reader->end)
        return first;
    if (*first == '\r' && first + 1 < reader->end && first[1] == '\n')
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

/* What of the row was not fed yet, up to `stop`. A row that is too large to be kept goes from here
   to libcsv, and does not lie in memory twice. */
static void row_feed(struct csv_reader *reader, const char *stop, cell_fn *cell)
{
    while (!reader->failed && reader->row + reader->row_fed < stop) {
        const char *text = reader->row + reader->row_fed;
        size_t left = (size_t)(stop - text), len = left < FED_PIECE ? left : FED_PIECE;
        if (csv_parse(&reader->parser, text, len, cell, on_row, reader) != len)
            reader->failed =
                error_set(reader->error, ERROR_MEMORY, "out of memory in the CSV parser");
        if (cell == on_cell && reader->row_fed >= RAW_KEPT && left > len)
            csv_source_drop(&reader->source, text, text + len);
        reader->row_fed += len;
    }
}

/* The field that is open was never closed: the row ends with the line on which it began. */
static void row_end_unclosed(struct csv_reader *reader, cell_fn *cell)
{
    const char *open = reader->quotes.open;
    row_feed(reader, open, cell);
    csv_fini(&reader->parser, NULL, NULL, NULL);
    cell((void *)(uintptr_t)(open + 1), (size_t)(reader->quote_stop - open - 1), reader);
    reader->row_len = (size_t)(reader->quote_stop - reader->row);
    reader->row_last_line = reader->quote_line;
    reader->at = reader->quote_next;
    reader->line = reader->quote_line + 1;
    ends_find(reader);
    reader->quotes.quoted = false;
    reader->row_unclosed = reader->row_closed = true;
}

static void line_read(struct csv_reader *reader, cell_fn *cell, bool row_begun)
{
    const char *text_end;
    const char *next = line_end_find(reader, row_begun, &text_end);
    if (!row_begun) {
        reader->row = reader->at;
        reader->row_line = reader->line;
        reader->row_fed = 0;
        reader->quotes = (struct csv_quotes){.delimiter = reader->header.delimiter};
    }
    if (!row_begun && cell == on_cell &&
        csv_row_read_simple(&reader->fields, reader->at, text_end)) {
        reader->cells = reader->fields.cells;
        reader->row_closed = true;
    } else {
        const char *open = reader->quotes.open;
        bool closes = csv_quotes_look(&reader->quotes, reader->at, text_end);
        bool is_new = reader->quotes.open != open;
        if (is_new) {
            reader->quote_line = reader->line;
            reader->quote_stop = text_end;
            reader->quote_next = next;
        }
        if (!closes) {
            row_end_unclosed(reader, cell);
            return;
        }
        if (!reader->quotes.quoted)
            row_feed(reader, next, cell);
    }
    reader->row_len = (size_t)(text_end - reader->row);
    reader->row_last_line = reader->line;
    reader->at = next;
    reader->line++;
}

/* The next row that is no blank line. False at the end of the file, or where memory or CSV
   failed. */
static bool row_read(struct csv_reader *reader, cell_fn *cell)
{
    bool begun = false;
    reader->row_closed = reader->row_unclosed = false;
    reader->cells = 0;
    while (!reader->row_closed && !reader->failed) {
        if (reader->at == reader->end && !text_extend(reader, begun))
            break;
        if (!begun) {
            const char *text_end;
            const char *next = line_end_find(reader, false, &text_end);
            if (is_blank(reader->at, text_end)) {
                reader->at = next;
                reader->line++;
                continue;
            }
        }
        line_read(reader, cell, begun);
        begun = true;
    }
    if (begun && !reader->row_closed && !reader->failed) {
        row_feed(reader, reader->at, cell);
        row_close_at_end(reader, cell);
    }
    return reader->row_closed;
}

static const char *line_end_kind(const struct csv_reader *reader)
{
    const char *end = reader->row + reader->row_len;
    if (end >= reader->end || *end == '\n')
        return "\n";
    return end + 1 < reader->end && end[1] == '\n' ? "\r\n" : "\r";
}

/* Back to the first line, for a reading with this delimiter. */
static bool begin(struct csv_reader *reader, char delimiter)
{
    csv_free(&reader->parser);
    csv_init(&reader->parser, 0);
    csv_set_blk_size(&reader->parser, 16 * 1024);
    csv_set_delim(&reader->parser, (unsigned char)delimiter);
    reader->header.delimiter = delimiter;
    reader->line = 1;
    reader->malformed = reader->row_closed = reader->row_unclosed = false;
    if (!reader->failed)
        reader->failed =
            csv_source_begin(&reader->source, &reader->at, &reader->end, reader->error);
    if (reader->failed)
        reader->at = reader->end = "";
    ends_find(reader);
    return !reader->failed;
}

/* The first line that is not blank, which stays unread. False: there is none. */
static bool line_peek(struct csv_reader *reader, const char **text, const char **text_end)
{
    while (reader->at < reader->end || text_extend(reader, false)) {
        const char *next = line_end_find(reader, false, text_end);
        *text = reader->at;
        if (!is_blank(*text, *text_end))
            return true;
        reader->at = next;
        reader->line++;
    }
    return false;
}

/* Rows of delimiters alone above the header, as a spreadsheet writes empty ones. False: there is
   nothing else; then the first of them is next. */
static bool empty_records_skip(struct csv_reader *reader)
{
    const char *text, *text_end;
    while (line_peek(reader, &text, &text_end)) {
        if (!csv_look_is_empty_record(text, text_end, reader->header.delimiter))
            return true;
        reader->at = line_end_find(reader, false, &text_end);
        reader->line++;
    }
    return false;
}

static void sep_line_skip(struct csv_reader *reader)
{
    const char *text_end;
    reader->at = line_end_find(reader, false, &text_end);
    reader->line++;
}

static void on_counted_cell(void *bytes, size_t len, void *context)
{
    struct csv_reader *reader = context;
    enum product_column column = column_find(bytes, len);
    if (column != COLUMN_NONE)
        reader->cells |= UINT32_C(1) << column;
}

/* How many known columns the first row names under this delimiter. */
static int known_count(struct csv_reader *reader, char delimiter)
{
    if (!begin(reader, delimiter) || !empty_records_skip(reader))
        return 0;
    row_read(reader, on_counted_cell);
    return __builtin_popcount(reader->cells);
}

static char delimiter_recognise(struct csv_reader *reader)
{
    char best = CSV_DELIMITERS[0];
    int most = known_count(reader, best);
    for (const char *other = &CSV_DELIMITERS[1]; *other; other++) {
        int count = known_count(reader, *other);
        if (count > most) {
            most = count;
            best = *other;
        }
    }
    return best;
}

/* To the line of the header, behind a line `sep=X` and empty rows; false where there is none, then
 *text is the first of the empty rows, if any. */
static bool header_begin(struct csv_reader *reader, bool sep_line, const char **text,
                         const char **text_end)
{
    *text = *text_end = "";
    for (bool skipped = false; begin(reader, reader->header.delimiter); skipped = true) {
        if (sep_line && line_peek(reader, text, text_end))
            sep_line_skip(reader);
        *text = *text_end = "";
        if (skipped || empty_records_skip(reader))
            return line_peek(reader, text, text_end) && !skipped;
    }
    return false;
}

/* Says what the file looks like, from its first line on, which need not be what the row was. */
static void header_look(struct csv_reader *reader, bool sep_line)
{
    const char *text, *text_end;
    header_begin(reader, sep_line, &text, &text_end);
    if (text < text_end)
        csv_look_refuse_header(&reader->header_refusal, reader->header.delimiter, text, text_end,
                               reader->end, reader->line);
}

static bool header_row_read(struct csv_reader *reader, bool sep_line, cell_fn *cell)
{
    const char *text, *text_end;
    return header_begin(reader, sep_line, &text, &text_end) && row_read(reader, cell);
}

/* The header names one known column or two, and a line further down all that are required. */
static void header_below_look(struct csv_reader *reader, bool sep_line)
{
    const char *text, *text_end;
    if (reader->header_refusal.code != REFUSAL_MISSING_COLUMN || reader->header.known_count > 2 ||
        !header_begin(reader, sep_line, &text, &text_end))
        return;
    csv_look_add_header_below(&reader->header_refusal, text, reader->end, reader->line);
    header_row_read(reader, sep_line, on_ignored_cell);
}

static void header_keep(struct csv_reader *reader)
{
    reader->header.line_number = reader->row_line;
    buffer_append(&reader->header.raw, reader->row, reader->row_len);
    reader->header.line_end = line_end_kind(reader);
}

static void header_read(struct csv_reader *reader)
{
    const char *text = "", *text_end = text;
    char sep = 0;
    if (begin(reader, CSV_DELIMITERS[0]) && line_peek(reader, &text, &text_end))
        sep = csv_look_sep_line(text, text_end);
    bool markup = csv_look_markup(text, text_end) != NULL;
    reader->header.line_number = reader->line;
    reader->header.delimiter = sep ? sep : delimiter_recognise(reader);
    csv_header_builder_init(&reader->builder, &reader->header);
    bool found = header_row_read(reader, sep != 0, on_header_cell);
    bool malformed = reader->malformed || reader->row_unclosed;
    if (found && !malformed) {
        header_keep(reader);
        csv_header_finish(&reader->builder, &reader->header_refusal);
        header_below_look(reader, sep != 0);
    }
    if (!reader->header.known_count || malformed)
        csv_header_forget_unknown(&reader->header);
    if (markup && (malformed || reader->header_refusal.code != REFUSAL_NONE)) {
        header_look(reader, sep != 0);
        reader->malformed = false;
        reader->at = reader->end; /* it is no CSV: nothing more of it is read */
        reader->source.next = reader->source.end;
    } else if (!malformed && !reader->header.known_count) {
        header_look(reader, sep != 0);
        header_row_read(reader, sep != 0, on_ignored_cell);
    } else {
        reader->malformed = malformed;
    }
}

static void reader_reset(struct csv_reader *reader, const char *data, size_t len)
{
    csv_header_release(&reader->header);
    csv_header_init(&reader->header);
    csv_source_set(&reader->source, data, len);
    reader->failed = ERROR_NONE;
    reader->records = reader->others = reader->others_line = 0;
    reader->file_refusal = (struct refusal){.code = REFUSAL_NONE};
    reader->header_refusal = (struct refusal){.code = REFUSAL_NONE};
    reader->header.bom = reader->source.bom;
    reader->malformed = false;
}

enum error_code csv_reader_open(struct csv_reader **out, const char *data, size_t len,
                                struct error *error)
{
    struct csv_reader *reader = *out;
    if (!reader) {
        reader = malloc(sizeof *reader);
        if (!reader)
            return error_set(error, ERROR_MEMORY, "out of memory for a CSV reader");
        csv_init(&reader->parser, 0);
        csv_source_init(&reader->source);
        csv_header_init(&reader->header);
        *out = reader;
    }
    reader_reset(reader, data, len);
    reader->error = error;
    csv_source_judge(&reader->source, len, &reader->file_refusal);
    if (reader->file_refusal.code == REFUSAL_NONE)
        header_read(reader);
    return reader->failed ? reader->failed : csv_header_check(&reader->header, error);
}

static bool is_refused(const struct csv_reader *reader)
{
    return reader->file_refusal.code != REFUSAL_NONE ||
           reader->header_refusal.code != REFUSAL_NONE || reader->malformed ||
           reader->records > CSV_RECORDS_MAX;
}

/* A record of one field that holds another delimiter than the header's, which names known columns:
   else its delimiter is nobody's. */
static void others_note(struct csv_reader *reader)
{
    if (reader->cells != 1 || reader->header.field_count < 2 || reader->row_unclosed ||
        !reader->header.known_count)
        return;
    for (const char *other = CSV_DELIMITERS; *other; other++) {
        if (*other == reader->header.delimiter || !memchr(reader->row, *other, reader->row_len))
            continue;
        if (!reader->others++)
            reader->others_line = reader->row_line;
        return;
    }
}

/* A record over several lines, one of which holds as many delimiters as the header. */
static void swallowed_note(struct csv_reader *reader)
{
    const char *end = reader->row + reader->row_len;
    uint32_t of_line = 0, most = 0, all = 0;
    for (const char *at = reader->row; at < end; at++) {
        if (*at == '\n' || *at == '\r')
            of_line = 0;
        of_line += *at == reader->header.delimiter;
        all += *at == reader->header.delimiter;
        most = of_line > most ? of_line : most;
    }
    struct csv_header *header = &reader->header;
    if (header->field_count < 3 || most + 1 < header->field_count || all < reader->cells)
        return;
    if (!header->swallowed++) {
        header->swallowed_line = reader->row_line;
        header->swallowed_last_line = reader->row_last_line;
    }
}

/* The next row that is a record: neither blank nor the header again. */
static bool record_read(struct csv_reader *reader, struct record *record)
{
    for (;;) {
        csv_row_begin(&reader->fields, &reader->header, record);
        if (!row_read(reader, on_cell))
            return false;
        if (reader->row_unclosed || !csv_row_is_nothing(&reader->fields))
            return true;
    }
}

static void record_describe(struct csv_reader *reader, struct record *record)
{
    const struct csv_header *header = &reader->header;
    uint32_t expected = header->field_count;
    record->row_number = reader->records;
    record->line_number = reader->row_line;
    record->last_line = reader->row_last_line > reader->row_line ? reader->row_last_line : 0;
    record->field_count = reader->cells;
    record->open_quote_line = reader->row_unclosed ? reader->quote_line : 0;
    if (!reader->row_unclosed) {
        record->extra_fields = reader->cells > expected ? reader->cells - expected : 0;
        record->short_of = reader->cells < header->required_count ? expected : 0;
    }
    record->raw = reader->row;
    record->raw_len = reader->row_len < RAW_KEPT ? reader->row_len : RAW_KEPT;
    record->raw_whole_len = reader->row_len;
    record->wave = 1;
}

enum error_code csv_reader_next(struct csv_reader *reader, struct record *record, bool *more,
                                struct error *error)
{
    *more = false;
    reader->error = error;
    if (is_refused(reader) || !record_read(reader, record))
        return reader->failed;
    if (++reader->records > CSV_RECORDS_MAX)
        return ERROR_NONE;
    others_note(reader);
    if (reader->row_last_line > reader->row_line && !reader->row_unclosed)
        swallowed_note(reader);
    record_describe(reader, record);
    *more = true;
    return ERROR_NONE;
}

void csv_reader_finish(struct csv_reader *reader, struct refusal *refusal)
{
    struct record record;
    *refusal = reader->file_refusal;
    if (refusal->code != REFUSAL_NONE)
        return;
    while (!reader->malformed && record_read(reader, &record)) {
        reader->records++;
        others_note(reader);
    }
    if (reader->malformed)
        refusal_set(refusal, REFUSAL_MALFORMED_CSV, reader->quote_line,
                    "a quote that is opened in line %u is never closed; a quote inside of quotes "
                    "is written twice",
                    (unsigned)reader->quote_line);
    else if (reader->others && reader->others * 2 > reader->records)
        refusal_set(refusal, REFUSAL_MALFORMED_CSV, reader->others_line,
                    "header and records are delimited differently: the header by %s, but %u of %u "
                    "records hold one field and another delimiter (line %u is the first); use one "
                    "delimiter",
                    csv_delimiter_name(reader->header.delimiter), (unsigned)reader->others,
                    (unsigned)reader->records, (unsigned)reader->others_line);
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
    csv_source_release(&reader->source);
    csv_header_release(&reader->header);
    free(reader);
}
