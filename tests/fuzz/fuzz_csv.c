/* The reader against libcsv itself: see csv_compare.h. */
#include "tests/fuzz/csv_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

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
    if (!csv_compare(body.data, body.len))
        abort();
    buffer_release(&body);
    return 0;
}
