#include <stdarg.h>

#include "core/operate/revalidate/revalidate_private.h"
#include "core/record/rules.h"

const char *revalidate_state_name(enum revalidate_state state)
{
    static const char *const names[] = {"pending", "valid", "error"};
    return names[state];
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool revalidate_verdict_same(const struct revalidate_verdict *a, const struct revalidate_verdict *b)
{
    if (a->state != b->state || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!same_text(a->list[i].error_type, b->list[i].error_type) ||
            !same_text(a->list[i].error_field, b->list[i].error_field) ||
            !same_text(a->list[i].error_message, b->list[i].error_message))
            return false;
    }
    return true;
}

/* What it means that a rule is not broken any more, where the record itself cannot have changed. */
static const char *meaning(const char *error_type)
{
    switch (rule_find(error_type, strlen(error_type))) {
    case RULE_INVALID_CATEGORY:
        return "its category is listed now";
    case RULE_DUPLICATE_SKU:
        return "its SKU is free now";
    case RULE_DUPLICATE_VENDOR_PRODUCT_ID:
        return "its product id is free now";
    default:
        return "the rule accepts it now";
    }
}

static bool has_violation(const struct revalidate_verdict *verdict,
                          const struct revalidate_violation *wanted)
{
    for (size_t i = 0; i < verdict->count; i++)
        if (same_text(verdict->list[i].error_type, wanted->error_type) &&
            same_text(verdict->list[i].error_field, wanted->error_field))
            return true;
    return false;
}

static void append_reason(struct buffer *out, const struct revalidate_verdict *before,
                          const struct revalidate_verdict *after)
{
    const char *between = "";
    if (before->state == REVALIDATE_PENDING) {
        buffer_text(out, "it had no outcome");
        return;
    }
    for (size_t i = 0; i < before->count; i++) {
        if (has_violation(after, &before->list[i]))
            continue;
        buffer_format(out, "%s%s: %s", between, before->list[i].error_type,
                      meaning(before->list[i].error_type));
        between = "; ";
    }
    for (size_t i = 0; i < after->count; i++) {
        if (has_violation(before, &after->list[i]))
            continue;
        buffer_format(out, "%s%s is violated now", between, after->list[i].error_type);
        between = "; ";
    }
    if (!*between)
        buffer_text(out, "the message has changed");
}

static const struct revalidate_violation *
copy_list(struct arena *memory, const struct revalidate_verdict *verdict, bool *failed)
{
    struct revalidate_violation *list = arena_new(memory, verdict->count + 1, sizeof *list);
    if (!list) {
        *failed = true;
        return NULL;
    }
    for (size_t i = 0; i < verdict->count; i++) {
        const struct revalidate_violation *from = &verdict->list[i];
        list[i].error_type = arena_copy_text(memory, from->error_type, strlen(from->error_type));
        list[i].error_message =
            arena_copy_text(memory, from->error_message, strlen(from->error_message));
        if (from->error_field)
            list[i].error_field =
                arena_copy_text(memory, from->error_field, strlen(from->error_field));
        *failed = *failed || !list[i].error_type || !list[i].error_message ||
                  (from->error_field && !list[i].error_field);
    }
    return list;
}

enum error_code revalidate_changes_add(struct revalidate_changes *changes, struct arena *memory,
                                       uint32_t line_number,
                                       const struct revalidate_verdict *before,
                                       const struct revalidate_verdict *after, struct error *error)
{
    void *list = changes->list;
    struct buffer reason;
    bool failed = false;
    enum error_code code =
        memory_reserve(&list, &changes->capacity, changes->count + 1, sizeof *changes->list, error);
    changes->list = list;
    if (code)
        return code;
    buffer_init(&reason, 1 << 20);
    append_reason(&reason, before, after);
    struct revalidate_change *change = &changes->list[changes->count];
    *change = (struct revalidate_change){
        .row_number = after->row_number,
        .line_number = line_number,
        .before = before->state,
        .after = after->state,
        .errors = copy_list(memory, after, &failed),
        .error_count = after->count,
        .reason = arena_copy_text(memory, reason.data, reason.len),
    };
    failed = failed || !change->reason || reason.failed;
    buffer_release(&reason);
    if (failed)
        return error_set(error, ERROR_MEMORY, "out of memory for a change");
    changes->count++;
    changes->changed++;
    if (after->state == REVALIDATE_VALID)
        changes->now_valid++;
    else
        changes->now_error++;
    return ERROR_NONE;
}

static int compare_changes(const void *a, const void *b)
{
    const struct revalidate_change *left = a, *right = b;
    return left->row_number < right->row_number ? -1 : left->row_number > right->row_number;
}

void revalidate_changes_sort(struct revalidate_changes *changes)
{
    if (changes->count)
        qsort(changes->list, changes->count, sizeof *changes->list, compare_changes);
}

void revalidate_changes_release(struct revalidate_changes *changes)
{
    free(changes->list);
    *changes = (struct revalidate_changes){.list = NULL};
}

enum error_code revalidate_say(struct arena *memory, const char ***list, size_t *count,
                               size_t *capacity, struct error *error, const char *format, ...)
{
    char text[1024];
    void *sentences = (void *)*list;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    enum error_code code = memory_reserve(&sentences, capacity, *count + 1, sizeof **list, error);
    *list = sentences;
    const char *copy = code ? NULL : arena_copy_text(memory, text, strlen(text));
    if (!code && !copy)
        code = error_set(error, ERROR_MEMORY, "out of memory for a sentence");
    if (!code)
        (*list)[(*count)++] = copy;
    return code;
}
