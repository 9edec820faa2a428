#include "core/record/csv_look.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/column_alike.h"
#include "core/record/csv_shape.h"
#include "core/record/number_pieces.h"

#define SHOWN_COLUMNS 60
#define LINES_LOOKED_AT 200
#define CELLS_LOOKED_AT 256
#define COLUMNS_REQUIRED 6
#define RENAMES_MAX 230 /* bytes of a message */
#define EXPECTED "vendor_product_id, product_name, category, sku, price, stock_quantity"

const char *csv_delimiter_name(char delimiter)
{
    switch (delimiter) {
    case ',':
        return "a comma";
    case ';':
        return "a semicolon";
    case '\t':
        return "a tab";
    default:
        return "|";
    }
}

static bool bytes_begin(const char *bytes, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && !memcmp(bytes, magic, magic_len);
}

static bool bytes_hold(const char *bytes, size_t len, const char *part)
{
    return text_find(bytes, len < 65536 ? len : 65536, part) != NULL;
}

struct magic {
    const char *bytes;
    size_t len;
    const char *what;
};

static const struct magic magics[] = {
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8,
     "an Excel workbook (.xls), not a CSV file; open it in Excel and save it as \"CSV UTF-8\""},
    {"\x1F\x8B", 2, "a gzip file, not a CSV file; unpack it and upload the CSV file in it"},
    {"%PDF", 4, "a PDF file, not a CSV file; export the table as CSV (\"CSV UTF-8\")"},
    {"\x7F"
     "ELF",
     4, "a program, not a CSV file"},
    {"\x89PNG", 4, "a picture, not a CSV file"},
    {"\xFF\xD8\xFF", 3, "a picture, not a CSV file"},
    {"Rar!", 4, "a RAR archive, not a CSV file; unpack it and upload the CSV file in it"},
    {"BZh", 3, "a bzip2 file, not a CSV file; unpack it and upload the CSV file in it"},
    {"\xFD"
     "7zXZ",
     5, "an xz file, not a CSV file; unpack it and upload the CSV file in it"},
    {"\x28\xB5\x2F\xFD", 4,
     "a Zstandard file, not a CSV file; unpack it and upload the CSV file in it"},
    {"SQLite format 3", 15, "a database, not a CSV file; export the table as CSV"},
    {"PAR1", 4, "a Parquet file, not a CSV file; export the table as CSV"},
    {"\x09\x08\x10", 3,
     "an Excel workbook (.xls), not a CSV file; open it in Excel and save it as \"CSV UTF-8\""},
    {"7z\xBC\xAF", 4, "a 7-Zip archive, not a CSV file; unpack it and upload the CSV file in it"},
};

/* What the bytes are, or NULL. */
static const char *magic_find(const char *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (bytes_begin(bytes, len, magics[i].bytes, magics[i].len))
            return magics[i].what;
    }
    if (!bytes_begin(bytes, len, "PK\x03\x04", 4) && !bytes_begin(bytes, len, "PK\x05\x06", 4))
        return NULL;
    if (bytes_hold(bytes, len, "word/"))
        return "a Word document (.docx), not a CSV file; put the table into a spreadsheet and save "
               "it as \"CSV UTF-8\"";
    if (bytes_hold(bytes, len, ".iwa"))
        return "a Numbers spreadsheet (.numbers), not a CSV file; choose File, Export To, CSV "
               "(Unicode UTF-8)";
    /* Office dates the first entry 1980-01-01 and sets the flags of the best compression. */
    if ((len >= 14 && bytes_begin(bytes + 6, len - 6, "\x06\x00\x08\x00\x00\x00\x21\x00", 8)) ||
        bytes_hold(bytes, len, "xl/") || bytes_hold(bytes, len, "[Content_Types].xml"))
        return "an Excel workbook (.xlsx), not a CSV file; open it in Excel and save it as \"CSV "
               "UTF-8\"";
    if (bytes_hold(bytes, len, "opendocument.spreadsheet"))
        return "a spreadsheet (.ods), not a CSV file; open it and save it as CSV in UTF-8";
    return "a ZIP file, not a CSV file; unpack it and upload the CSV file in it (a workbook is to be "
           "opened in Excel and saved as \"CSV UTF-8\")";
}

static bool is_ascii_text(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n';
}

/* Each 0 of the beginning is half of a character of ASCII, all of them in the same order of
   bytes. */
static bool is_utf16(const char *bytes, size_t len)
{
    size_t even = 0, odd = 0, looked = (len < 512 ? len : 512) / 2 * 2;
    for (size_t i = 0; i < looked; i += 2) {
        even += !bytes[i] && is_ascii_text(bytes[i + 1]);
        odd += !bytes[i + 1] && is_ascii_text(bytes[i]);
        if (!bytes[i] && !bytes[i + 1])
            return false;
    }
    size_t most = even > odd ? even : odd;
    return most >= 3 && (!even || !odd);
}

/* The bytes at the end are the beginning of a character in UTF-8. */
static bool is_cut_off(const char *bytes, size_t len, size_t bad)
{
    unsigned char first = (unsigned char)bytes[bad];
    size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || len - bad >= wanted)
        return false;
    for (size_t i = bad + 1; i < len; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return false;
    }
    return true;
}

void csv_look_refuse_bytes(struct refusal *refusal, const char *bytes, size_t len, size_t bad,
                           uint32_t line)
{
    const char *what = magic_find(bytes, len), *markup = csv_look_markup(bytes, bytes + len);
    if (what)
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line, "line %u is no text: the file is %s",
                    (unsigned)line, what);
    else if (bad == SIZE_MAX && is_utf16(bytes, len))
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line,
                    "the file looks like UTF-16 without a byte order mark; save it as \"CSV "
                    "UTF-8\", or as \"Unicode Text\" with the mark");
    else if (bad == SIZE_MAX)
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line,
                    "line %u holds the character U+0000, which no text has: the file is no CSV "
                    "file; save it as \"CSV UTF-8\"",
                    (unsigned)line);
    else if (markup)
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line,
                    "line %u is not UTF-8, and the file looks like %s, not like a CSV file; export "
                    "the products as \"CSV UTF-8\"",
                    (unsigned)line, markup);
    else if (is_cut_off(bytes, len, bad))
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line,
                    "the file ends in line %u in the middle of a character (it is not whole "
                    "UTF-8): was it cut off? upload it again",
                    (unsigned)line);
    else
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, line,
                    "line %u is not UTF-8: its letters look like Windows-1252 or another old "
                    "encoding. In Excel choose File, Save As, \"CSV UTF-8 (Comma delimited)\"; in "
                    "other programs the character set UTF-8",
                    (unsigned)line);
}

static bool is_blank_char(char c)
{
    return c == ' ' || c == '\t';
}

static bool begins(const char *at, const char *end, const char *lower)
{
    for (; *lower; lower++, at++) {
        if (at == end || (*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at) != *lower)
            return false;
    }
    return true;
}

/* sep=; "sep=;" sep=";" with white space around it. */
char csv_look_sep_line(const char *line, const char *end)
{
    size_t len = (size_t)(end - line);
    value_trim(&line, &len); /* but not a tab that is the delimiter */
    bool quoted = line < end && *line == '"';
    const char *at = line + quoted;
    if (!begins(at, end, "sep="))
        return 0;
    at += strlen("sep=");
    if (!quoted && at < end && *at == '"') {
        quoted = true;
        at++;
    }
    if (at == end || !*at || !strchr(CSV_DELIMITERS, *at))
        return 0;
    char delimiter = *at++;
    if (quoted && (at == end || *at++ != '"'))
        return 0;
    len = (size_t)(end - at);
    value_trim(&at, &len);
    return len ? 0 : delimiter;
}

const char *csv_look_markup(const char *line, const char *end)
{
    size_t len = (size_t)(end - line);
    value_trim(&line, &len);
    end = line + len;
    if (begins(line, end, "{\\rtf"))
        return "RTF";
    if (begins(line, end, "<?xml") || begins(line, end, "<rss") || begins(line, end, "<feed") ||
        begins(line, end, "<products") || begins(line, end, "<catalog"))
        return "XML";
    if (begins(line, end, "<"))
        return "an HTML page";
    if (begins(line, end, "{") || begins(line, end, "["))
        return "JSON";
    return NULL;
}

/* The known columns that a line names under this delimiter; *cells is how many cells it has. */
struct names {
    uint32_t known, cells, numbers;
};

/* “x”, „x“ and «x» */
static size_t typographic_quote(const char *text, size_t len)
{
    static const char *const quotes[] = {"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xC2\xAB",
                                         "\xC2\xBB"};
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        if (bytes_begin(text, len, quotes[i], strlen(quotes[i])))
            return strlen(quotes[i]);
    }
    return 0;
}

static void quotes_take_off(const char **cell, size_t *len)
{
    size_t quote = typographic_quote(*cell, *len);
    if (*len >= 2 && (**cell == '"' || **cell == '\'') && (*cell)[*len - 1] == **cell)
        quote = 1;
    if (!quote || *len < 2 * quote ||
        (quote > 1 && !typographic_quote(*cell + *len - quote, quote)))
        return;
    *cell += quote;
    *len -= 2 * quote;
}

/* Also with a comma, or with a short unit. */
static bool is_number(const char *text, size_t len)
{
    struct number_pieces pieces;
    return len < NUMBER_PIECE_MAX && number_take_apart(text, len, &pieces) && !pieces.before_text &&
           pieces.unit_len <= 3;
}

static struct names names_count(const char *line, const char *end, char delimiter)
{
    struct names names = {.known = 0};
    uint32_t seen = 0;
    for (const char *at = line; names.cells < CELLS_LOOKED_AT; at++) {
        const char *stop = memchr(at, delimiter, (size_t)(end - at));
        const char *cell = at;
        stop = stop ? stop : end;
        size_t len = (size_t)(stop - at);
        value_trim(&cell, &len);
        quotes_take_off(&cell, &len);
        enum product_column column = column_find(cell, len);
        if (column != COLUMN_NONE && !(seen >> column & 1))
            names.known++;
        if (column != COLUMN_NONE)
            seen |= UINT32_C(1) << column;
        names.numbers += is_number(cell, len);
        names.cells++;
        at = stop;
        if (stop == end)
            break;
    }
    return names;
}

uint32_t csv_look_known_count(const char *line, const char *end, char delimiter)
{
    return names_count(line, end, delimiter).known;
}

bool csv_look_is_empty_record(const char *line, const char *end, char delimiter)
{
    for (const char *at = line;; at++) {
        const char *stop = memchr(at, delimiter, (size_t)(end - at));
        const char *cell = at;
        stop = stop ? stop : end;
        size_t len = (size_t)(stop - at);
        value_trim(&cell, &len);
        if (len >= 2 && *cell == '"' && cell[len - 1] == '"') {
            cell++;
            len -= 2;
            value_trim(&cell, &len);
        }
        if (len)
            return false;
        if (stop == end)
            return true;
        at = stop;
    }
}

/* The most that any of our delimiters gives. */
static uint32_t known_under_any(const char *line, const char *end)
{
    uint32_t most = 0;
    for (const char *delimiter = CSV_DELIMITERS; *delimiter; delimiter++) {
        uint32_t known = names_count(line, end, *delimiter).known;
        most = known > most ? known : most;
    }
    return most;
}

/* The line that looks like the header further down, or 0: not one that the first repeats. */
static uint32_t header_below(const char *at, const char *end, uint32_t line, uint32_t least)
{
    for (int i = 0; i < LINES_LOOKED_AT && at < end; i++) {
        const char *stop = at;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        if (i && known_under_any(at, stop) >= least)
            return line;
        at = stop + (stop + 1 < end && *stop == '\r' && stop[1] == '\n' ? 2 : 1);
        line++;
    }
    return 0;
}

static bool is_data(const char *line, const char *end)
{
    for (const char *delimiter = CSV_DELIMITERS; *delimiter; delimiter++) {
        struct names names = names_count(line, end, *delimiter);
        if (names.cells >= 5 && names.numbers)
            return true;
    }
    return false;
}

/* A delimiter that is not taken, under which the line names known columns; 0: none. */
static char other_delimiter(const char *line, const char *end)
{
    static const char others[] = "~^:#!/*&%$@ \x1F\x01";
    for (const char *other = others; *other; other++) {
        if (names_count(line, end, *other).known >= 3)
            return *other;
    }
    return 0;
}

static bool is_in_one_pair(const char *line, const char *end)
{
    return end - line > 2 && *line == '"' && end[-1] == '"' &&
           known_under_any(line + 1, end - 1) >= 2;
}

static bool is_sep_attempt(const char *line, const char *end)
{
    line += *line == '"';
    if (!begins(line, end, "sep"))
        return false;
    line += strlen("sep");
    while (line < end && is_blank_char(*line))
        line++;
    return line < end && *line == '=';
}

/* One of those that are taken, under which the line names known columns, but not the one of a line
   sep=; 0: none. */
static char taken_delimiter(const char *line, const char *end)
{
    for (const char *delimiter = CSV_DELIMITERS; *delimiter; delimiter++) {
        if (names_count(line, end, *delimiter).known >= 2)
            return *delimiter;
    }
    return 0;
}

/* Under the delimiter that gives most names which look like required columns. */
static bool append_renames(struct buffer *out, const char *line, const char *end)
{
    struct column_alikes best = {.unlikeness = {0}};
    int most = 1;
    for (const char *delimiter = CSV_DELIMITERS; *delimiter; delimiter++) {
        struct column_alikes alikes = {.unlikeness = {0}};
        int found = 0;
        const char *at = line;
        for (int cells = 0; at <= end && cells < CELLS_LOOKED_AT; cells++) {
            const char *stop = memchr(at, *delimiter, (size_t)(end - at)), *cell = at;
            stop = stop ? stop : end;
            size_t len = (size_t)(stop - at);
            value_trim(&cell, &len);
            quotes_take_off(&cell, &len);
            column_alikes_note(&alikes, cell, len);
            at = stop + 1;
        }
        for (enum product_column i = 0; i < COLUMN_COUNT; i++)
            found += column_table[i].required && alikes.name[i][0];
        if (found > most) {
            most = found;
            best = alikes;
        }
    }
    return most > 1 && column_alikes_append(out, &best, 0, RENAMES_MAX);
}

static void append_look(struct buffer *out, char delimiter, const char *line, const char *line_end,
                        const char *text_end, uint32_t line_number)
{
    char taken = taken_delimiter(line, line_end);
    const char *markup = csv_look_markup(line, line_end);
    const char *magic = magic_find(line, (size_t)(text_end - line));
    uint32_t below = header_below(line, text_end, line_number, 3);
    char other = other_delimiter(line, line_end);
    if (markup)
        buffer_format(out,
                      "the file looks like %s, not like a CSV file; export the products as "
                      "CSV",
                      markup);
    else if (magic)
        buffer_format(out, "the file is %s", magic);
    else if (is_sep_attempt(line, line_end))
        buffer_format(out,
                      "line %u is a \"sep=\" line of a spreadsheet, but it names none of the "
                      "delimiters that are taken (, ; tab |) alone; delete it",
                      (unsigned)line_number);
    else if (taken && taken != delimiter)
        buffer_format(out,
                      "it is delimited by %s, but a line \"sep=\" above it names %s; delete that "
                      "line",
                      csv_delimiter_name(taken), csv_delimiter_name(delimiter));
    else if (csv_look_is_empty_record(line, line_end, delimiter))
        buffer_text(out, "the file holds delimiters and nothing else; export the products anew");
    else if (begins(line, line_end, "version https://git-lfs"))
        buffer_text(out, "the file is a pointer of Git LFS; upload the file it stands for");
    else if (below)
        buffer_format(out, "line %u looks like the header; delete what stands above it",
                      (unsigned)below);
    else if (is_data(line, line_end))
        buffer_format(out, "line %u looks like data without a header; put a header line above it",
                      (unsigned)line_number);
    else if (is_in_one_pair(line, line_end))
        buffer_text(out, "each line stands in one pair of quotes; take those quotes off");
    else if (*line == '\'' && known_under_any(line, line_end))
        buffer_text(out, "single quotes are no quotes in CSV; write \" or none");
    else if (typographic_quote(line, (size_t)(line_end - line)) && known_under_any(line, line_end))
        buffer_text(out, "typographic quotes are no quotes in CSV; write \" or none");
    else if (other)
        buffer_format(out, "it looks delimited by %s%c%s, which is not taken; use , ; tab or |",
                      other == ' ' ? "blanks (" : "", other > ' ' ? other : ' ',
                      other == ' ' ? ")" : "");
    else
        append_renames(out, line, line_end);
}

void csv_look_refuse_header(struct refusal *refusal, char delimiter, const char *line,
                            const char *line_end, const char *text_end, uint32_t line_number)
{
    struct buffer look, shown;
    size_t len = (size_t)(line_end - line);
    value_trim(&line, &len);
    buffer_init(&look, 1024);
    buffer_init(&shown, 1024);
    append_look(&look, delimiter, line, line + len, text_end, line_number);
    text_append_visible_cut(&shown, line, utf8_prefix(line, len, SHOWN_COLUMNS + 1), SHOWN_COLUMNS);
    refusal_set(refusal, REFUSAL_INVALID_HEADER, line_number,
                "line %u is no header: it names none of the known columns%s%s. It reads \"%s\"; "
                "expected are " EXPECTED " and, if wanted, the optional ones",
                (unsigned)line_number, look.len ? "; " : "", look.data, shown.data);
    buffer_release(&look);
    buffer_release(&shown);
}

void csv_look_add_header_below(struct refusal *refusal, const char *line, const char *text_end,
                               uint32_t line_number)
{
    uint32_t below = header_below(line, text_end, line_number, COLUMNS_REQUIRED);
    if (!below)
        return;
    char *end = refusal->message + strlen(refusal->message);
    snprintf(end, sizeof refusal->message - (size_t)(end - refusal->message),
             "; line %u looks like the header: delete what stands above it", (unsigned)below);
}
