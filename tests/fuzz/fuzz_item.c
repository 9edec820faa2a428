/* An item from the table: decoded or refused; a decoded one is judged and written again.
 * Files: core/record/item_decode.c core/record/item.c core/record/rules.c */
#include "core/base/json.h"
#include "core/record/item.h"
#include "core/record/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct categories categories;

static void use_item(const struct upload_item *item)
{
    struct findings findings;
    struct buffer out;
    struct json_object *document = NULL;
    const struct item_head head = {item->upload_id, item->vendor_id, item->created_at_ms};
    findings_init(&findings);
    buffer_init(&out, (size_t)1 << 24);
    rules_judge(&item->record, &categories, NULL, &findings);
    if (findings.messages.failed)
        abort();
    item_append(&out, &head, &item->record);
    if (json_parse(out.data, out.len, &document, NULL))
        abort();
    json_object_put(document);
    findings_release(&findings);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct json_object *document = NULL;
    struct upload_item item;
    if (!categories.count && categories_add_defaults(&categories, NULL))
        abort();
    upload_item_init(&item);
    if (!json_parse((const char *)data, len, &document, NULL) &&
        !item_decode(document, &item, NULL))
        use_item(&item);
    upload_item_release(&item);
    json_object_put(document);
    return 0;
}
