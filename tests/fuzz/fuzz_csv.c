/* The reader against libcsv itself: see csv_compare.h. At most 1024 bytes.
 * Files: core/record/csv.c core/record/csv_row.c core/record/csv_quotes.c core/record/csv_header.c
 *        core/record/csv_source.c */
#include "tests/fuzz/csv_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* U+0000 and U+001A at the end of a file, with white space among them, are blank to us alone. */
static void drop_filling(struct buffer *body)
{
    size_t len = body->len;
    while (len && memchr(" \t\r\n\0\x1a", body->data[len - 1], 6))
        len--;
    if (memchr(body->data + len, '\0', body->len - len) ||
        memchr(body->data + len, 0x1a, body->len - len))
        buffer_cut(body, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buffer body;
    buffer_init(&body, CSV_FILE_MAX);
    for (size_t i = 0; i < len; i++) {
        char c = (char)(data[i] & 0x7F);
        if (c == '\v' || c == '\f')
            buffer_text(&body, "\xC3\xA9");
        else
            buffer_char(&body, c);
    }
    drop_filling(&body);
    if (!csv_compare(body.data, body.len))
        abort();
    buffer_release(&body);
    return 0;
}
