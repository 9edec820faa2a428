#include "tui/console/relations.h"

#include <stdio.h>
#include <string.h>

static const struct relation relations[] = {
    {'r', "the record", "record", "{upload} row:{row}", NULL},
    {'m', "the message", "letter", "{queue} {message}", NULL},
    {'u', "the upload", "upload", "{upload}", NULL},
    {'g', "its errors, grouped", "groups", "{upload}", NULL},
    {'e', "its errors, row by row", "errors", "{upload}", NULL},
    {'b', "its known dead letters", "letters-of", "{upload}", NULL},
    {'n', "its notices", "notices", "{upload}", NULL},
    {'i', "its report files", "reports", "{upload}", NULL},
    {'p', "its products", "products", "{upload}", NULL},
    {'l', "its logs", "logs", "{upload}", NULL},
    {'a', "operators' actions on it", "audit", "{upload}", NULL},
    {'v', "the vendor", "vendor", "{vendor}", NULL},
    {'o', "all uploads of the vendor", "uploads", "{vendor}", NULL},
    {'c', "all products of the vendor", "products", "{vendor}", NULL},
    {'t', "operators' actions on the vendor", "audit", "{vendor}", NULL},
    {'s', "all products with this SKU", "products", "", "sku:\"{sku}\""},
    {'y', "all errors of this SKU", "search", "", "sku:\"{sku}\""},
    {'h', "all errors of the vendor", "search", "", "vendor:{vendor}"},
    {'f', "uploads with this file name", "uploads", "", "\"{file}\""},
    {'d', "the dead-letter queue", "dead-letters", "", "{queue}"},
    {'w', "its messages", "letters", "{queue}", NULL},
    {'x', "operators' actions on the queue", "audit", "{queue}", NULL},
    {'z', "products with this in name, SKU or id", "products", "", "\"{word}\""},
};

const struct relation *relation_at(size_t index)
{
    return index < sizeof relations / sizeof relations[0] ? &relations[index] : NULL;
}

const struct relation *relation_of(enum id_kind kind)
{
    struct id_set set = {.values = {""}};
    char text[ID_SIZE];
    snprintf(set.values[kind], sizeof set.values[kind], "x");
    for (size_t i = 0; kind != ID_NONE && relation_at(i); i++) {
        if (relation_fill(relations[i].argument, &set, text, sizeof text) &&
            relation_fill(relations[i].filter, &set, text, sizeof text))
            return &relations[i];
    }
    return NULL;
}

bool relation_fill(const char *filled, const struct id_set *set, char *out, size_t size)
{
    bool quoted = false;
    size_t used = 0;
    out[0] = '\0';
    for (; filled && *filled != '\0'; filled++) {
        size_t length = strcspn(filled, "}");
        quoted = quoted != (*filled == '"');
        if (*filled != '{') {
            if (used + 1 >= size)
                return false;
            out[used++] = *filled;
            continue;
        }
        const char *value = set->values[id_kind_named(filled + 1, length - 1)];
        if (value[0] == '\0' || used + 2 * strlen(value) >= size)
            return false;
        for (; *value != '\0'; value++) {
            if (quoted && *value == '"')
                out[used++] = '"';
            out[used++] = *value;
        }
        filled += length;
    }
    out[used] = '\0';
    return true;
}
