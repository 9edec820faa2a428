#include "core/record/event_records.h"

#include "core/base/json.h"
#include "core/base/memory.h"

static enum error_code decode_records(struct json_object *records, const struct event_kind *kind,
                                      void *event, void **list, size_t *count, struct error *error)
{
    enum error_code code = ERROR_NONE;
    size_t wanted = json_count(records);
    if (!records || !json_object_is_type(records, json_type_array))
        return error_set(error, ERROR_INVALID, "not %s: it has no Records", kind->name);
    if (wanted && !(*list = memory_new(wanted, kind->size)))
        return error_set(error, ERROR_MEMORY, "out of memory for %s", kind->name);
    for (; !code && *count < wanted; ++*count)
        code = kind->decode(event, json_object_array_get_idx(records, *count),
                            (char *)*list + *count * kind->size, error);
    return code;
}

enum error_code event_decode(const char *text, size_t len, const struct event_kind *kind,
                             void *event, void **list, size_t *count, struct error *error)
{
    struct json_object *document = NULL;
    bool none = false;
    *list = NULL;
    *count = 0;
    enum error_code code = json_parse(text, len, &document, error);
    if (!code) {
        struct json_object *records = kind->records ? kind->records(event, document, &none)
                                                    : json_member(document, "Records");
        if (!none)
            code = decode_records(records, kind, event, list, count, error);
    }
    json_object_put(document);
    return code;
}
