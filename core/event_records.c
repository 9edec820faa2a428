#include "core/event_records.h"

#include "core/base/json.h"
#include "core/base/memory.h"

enum error_code event_records_decode(struct json_object *records, const char *kind, size_t size,
                                     event_record_fn *decode, void *event, void **list,
                                     size_t *count, struct error *error)
{
    enum error_code code = ERROR_NONE;
    size_t wanted = json_count(records);
    *list = NULL;
    *count = 0;
    if (!records || !json_object_is_type(records, json_type_array))
        return error_set(error, ERROR_INVALID, "not %s: it has no Records", kind);
    if (wanted && !(*list = memory_new(wanted, size)))
        return error_set(error, ERROR_MEMORY, "out of memory for %s", kind);
    for (; !code && *count < wanted; ++*count)
        code = decode(event, json_object_array_get_idx(records, *count),
                      (char *)*list + *count * size, error);
    return code;
}
