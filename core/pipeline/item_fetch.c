#include "core/pipeline/item_fetch.h"

#include <json-c/json.h>

#include "aws/dynamodb.h"
#include "core/base/log.h"

void item_list_init(struct item_list *items)
{
    *items = (struct item_list){.list = NULL};
}

void item_list_release(struct item_list *items)
{
    for (size_t i = 0; i < items->count; i++) {
        upload_item_release(items->list[i]);
        free(items->list[i]);
    }
    free(items->list);
    item_list_init(items);
}

enum error_code item_list_add(struct item_list *items, struct upload_item **item,
                              struct error *error)
{
    void *list = items->list;
    enum error_code code =
        memory_reserve(&list, &items->capacity, items->count + 1, sizeof *items->list, error);
    items->list = list;
    if (code)
        return code;
    *item = memory_new(1, sizeof **item);
    if (!*item)
        return error_set(error, ERROR_MEMORY, "out of memory for an item");
    upload_item_init(*item);
    items->list[items->count++] = *item;
    return ERROR_NONE;
}

struct fetch {
    struct item_list *items;
    size_t *poison;
    enum error_code failed;
    struct error *error;
};

static bool keep_item(void *context, struct json_object *attributes)
{
    struct fetch *fetch = context;
    struct upload_item *item = NULL;
    fetch->failed = item_list_add(fetch->items, &item, fetch->error);
    if (!fetch->failed)
        fetch->failed = item_decode(attributes, item, fetch->error);
    if (fetch->failed == ERROR_INVALID && fetch->poison) {
        log_line(LOG_WARN, "an item of the table is no record of ours", "detail",
                 fetch->error->message, NULL);
        ++*fetch->poison;
        upload_item_release(item);
        free(item);
        fetch->items->count--;
        fetch->failed = ERROR_NONE;
        error_clear(fetch->error);
    }
    return !fetch->failed;
}

static void append_key(struct buffer *text, const struct ledger_key *row)
{
    struct buffer key;
    char record_id[RECORD_ID_SIZE];
    buffer_init(&key, 512);
    record_id_text(row->row_number, record_id);
    dynamodb_item_begin(&key);
    dynamodb_write_string(&key, "upload_id", row->upload_id);
    dynamodb_write_string(&key, "record_id", record_id);
    dynamodb_item_end(&key);
    buffer_append(text, key.data, key.len + 1);
    buffer_release(&key);
}

enum error_code items_fetch(struct pipeline *pipeline, const struct ledger_missing *rows,
                            struct item_list *items, size_t *poison, struct error *error)
{
    const char *table = NULL;
    struct buffer text;
    struct error local = ERROR_INIT;
    struct fetch fetch = {.items = items, .poison = poison, .error = error ? error : &local};
    size_t count = rows->count;
    size_t *offsets = memory_new(count, sizeof *offsets);
    const char **keys = memory_new(count, sizeof *keys);
    buffer_init(&text, 4 << 20);
    enum error_code code = settings_require(pipeline->settings, SETTING_TABLE, &table, error);
    if (!code && (!offsets || !keys))
        code = error_set(error, ERROR_MEMORY, "out of memory for %zu keys", count);
    if (code)
        goto done;
    for (size_t i = 0; i < count; i++) {
        offsets[i] = text.len;
        append_key(&text, &rows->list[i]);
    }
    if ((code = buffer_check(&text, error)))
        goto done;
    for (size_t i = 0; i < count; i++)
        keys[i] = text.data + offsets[i];
    code =
        dynamodb_batch_get(pipeline->aws, table, keys, count, true, NULL, keep_item, &fetch, error);
    if (!code)
        code = fetch.failed;
done:
    free(offsets);
    free(keys);
    buffer_release(&text);
    return code;
}
