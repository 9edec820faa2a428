#include "core/operate/check/check_private.h"

#define STORE_MAX ((size_t)4 * 1024 * 1024)

struct store_key {
    uint64_t whole_bytes; /* 0: absent */
    uint32_t len;
};

struct store_head {
    uint32_t row_number, line_number;
    struct store_key product_id, sku;
    uint32_t findings;
};

struct store_finding {
    uint8_t rule, column;
    uint32_t message_len; /* with its NUL */
};

void check_store_init(struct check_store *store)
{
    buffer_init(&store->bytes, STORE_MAX);
}

void check_store_release(struct check_store *store)
{
    buffer_release(&store->bytes);
}

void check_store_clear(struct check_store *store)
{
    buffer_clear(&store->bytes);
}

bool check_store_overflowed(const struct check_store *store)
{
    return store->bytes.failed != ERROR_NONE;
}

static struct store_key key_of(const struct record_field *field)
{
    return (struct store_key){field->facts ? field->facts->bytes : field->len, field->len};
}

void check_store_add(struct check_store *store, const struct record *record,
                     const struct findings *findings)
{
    const struct record_field *id = &record->fields[COLUMN_VENDOR_PRODUCT_ID];
    const struct record_field *sku = &record->fields[COLUMN_SKU];
    const struct store_head head = {record->row_number, record->line_number, key_of(id),
                                    key_of(sku), findings->count};
    buffer_append(&store->bytes, &head, sizeof head);
    buffer_append(&store->bytes, id->text, id->len);
    buffer_append(&store->bytes, sku->text, sku->len);
    for (uint32_t i = 0; i < findings->count; i++) {
        const char *message = findings_message(findings, i);
        const struct store_finding finding = {(uint8_t)findings->list[i].rule,
                                              (uint8_t)findings->list[i].column,
                                              (uint32_t)strlen(message) + 1};
        buffer_append(&store->bytes, &finding, sizeof finding);
        buffer_append(&store->bytes, message, finding.message_len);
    }
}

static const char *key_take(const char *at, const struct store_key *key, struct record_field *field,
                            struct field_facts *facts)
{
    *facts = (struct field_facts){.bytes = key->whole_bytes};
    *field = (struct record_field){.text = key->whole_bytes ? at : NULL,
                                   .len = key->len,
                                   .facts = key->whole_bytes > key->len ? facts : NULL};
    return at + key->len;
}

enum error_code check_store_each(const struct check_store *store, check_sink *sink, void *context,
                                 struct error *error)
{
    const char *at = store->bytes.data, *end = at + store->bytes.len;
    while (at < end) {
        struct store_head head;
        struct field_facts facts[2];
        struct check_finding finding;
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        finding.row_number = head.row_number;
        finding.line_number = head.line_number;
        at = key_take(at, &head.product_id, &finding.vendor_product_id, &facts[0]);
        at = key_take(at, &head.sku, &finding.sku, &facts[1]);
        for (uint32_t i = 0; i < head.findings; i++) {
            struct store_finding stored;
            memcpy(&stored, at, sizeof stored);
            finding.rule = stored.rule;
            finding.column = stored.column;
            finding.message = at + sizeof stored;
            at = finding.message + stored.message_len;
            enum error_code code = sink(context, &finding, error);
            if (code)
                return code;
        }
    }
    return ERROR_NONE;
}
