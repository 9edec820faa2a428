#include "aws/s3.h"
#include "core/operate/revalidate/revalidate_private.h"
#include "core/record/csv.h"
#include "core/record/waves.h"

/* The uploaded file, read forward. */
struct revalidate_file {
    struct buffer body;
    struct csv_reader *reader;
    struct waves waves;
    uint32_t position; /* the row read last */
};

void revalidate_file_free(struct revalidate_file *file)
{
    if (!file)
        return;
    buffer_release(&file->body);
    csv_reader_free(file->reader);
    waves_release(&file->waves);
    free(file);
}

enum error_code revalidate_file_open(struct revalidate_source *source, struct refusal *refusal,
                                     struct error *error)
{
    const struct upload_state *upload = source->upload;
    struct revalidate_file *file = memory_new(1, sizeof *file);
    if (!file)
        return error_set(error, ERROR_MEMORY, "out of memory for a file");
    buffer_init(&file->body, CSV_FILE_MAX);
    waves_init(&file->waves);
    enum error_code code =
        s3_get_object(source->pipeline->aws, upload->bucket, upload->key,
                      upload_state_version(upload), CSV_FILE_MAX, &file->body, NULL, error);
    if (!code)
        code = csv_reader_open(&file->reader, file->body.data, file->body.len, error);
    if (!code)
        code = waves_read(&file->waves, file->reader, refusal, error);
    if (!code)
        code = csv_reader_open(&file->reader, file->body.data, file->body.len, error);
    if (code) {
        revalidate_file_free(file);
        return error_wrap(error, "reading s3://%s/%s", upload->bucket, upload->key);
    }
    source->file = file;
    return ERROR_NONE;
}

size_t revalidate_file_count(const struct revalidate_source *source)
{
    return source->file ? source->file->waves.count : 0;
}

static enum error_code find_row(struct revalidate_file *file, uint32_t row_number,
                                struct record *record, bool *found, struct error *error)
{
    enum error_code code = ERROR_NONE;
    *found = row_number <= file->waves.count;
    if (row_number <= file->position) {
        code = csv_reader_open(&file->reader, file->body.data, file->body.len, error);
        file->position = 0;
    }
    while (!code && *found && file->position < row_number) {
        code = csv_reader_next(file->reader, record, found, error);
        file->position = code ? file->position : record->row_number;
    }
    if (!code && *found)
        waves_apply(&file->waves, record);
    return code;
}

enum error_code revalidate_file_items(struct revalidate_source *source,
                                      const struct ledger_missing *rows, struct item_list *items,
                                      struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < rows->count && !code; i++) {
        struct record record;
        struct upload_item *item = NULL;
        bool found = false;
        code = find_row(source->file, rows->list[i].row_number, &record, &found, error);
        if (code || !found)
            continue;
        code = item_list_add(items, &item, error);
        if (!code)
            code = revalidate_item_fill(item, source->upload, &record, error);
    }
    return code;
}
