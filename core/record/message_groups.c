#include "core/record/message_groups.h"

#include "core/base/memory.h"
#include "core/base/text.h"

void message_groups_init(struct message_groups *groups)
{
    *groups = (struct message_groups){.list = NULL};
}

void message_groups_release(struct message_groups *groups)
{
    free(groups->list);
    message_groups_init(groups);
}

void message_groups_clear(struct message_groups *groups)
{
    groups->count = 0;
}

static struct message_group *group_find(struct message_groups *groups,
                                        const struct message_group *wanted)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct message_group *each = &groups->list[i];
        if (each->advice == wanted->advice && each->rule == wanted->rule &&
            each->column == wanted->column)
            return each;
    }
    return NULL;
}

enum error_code message_groups_add(struct message_groups *groups, enum rule rule,
                                   enum product_column column, const char *message,
                                   int64_t line_number, bool *shown, struct error *error)
{
    const struct message_group wanted = {
        .rule = rule, .column = column, .advice = advice_of_violation(rule, message)};
    *shown = true;
    if (!wanted.advice)
        return ERROR_NONE;
    struct message_group *group = group_find(groups, &wanted);
    if (!group) {
        void *list = groups->list;
        enum error_code code =
            memory_reserve(&list, &groups->capacity, groups->count + 1, sizeof *group, error);
        groups->list = list;
        if (code)
            return code;
        group = &groups->list[groups->count++];
        *group = wanted;
    }
    group->count++;
    *shown = group->count <= MESSAGE_GROUP_SHOWN;
    if (!*shown && group->count <= MESSAGE_GROUP_SHOWN + MESSAGE_GROUP_LINES)
        group->lines[group->count - MESSAGE_GROUP_SHOWN - 1] = line_number;
    return ERROR_NONE;
}

bool message_group_append_rest(struct buffer *out, const struct message_group *group)
{
    int64_t more = group->count - MESSAGE_GROUP_SHOWN;
    const char *name = column_name(group->column);
    if (more <= 0)
        return false;
    text_append_thousands(out, more);
    buffer_format(out, " more: %s%s%s", name ? name : "", name ? " " : "", group->advice->says);
    if (!group->lines[0])
        return true;
    buffer_text(out, more == 1 ? " (line " : " (lines ");
    for (int64_t i = 0; i < more && i < MESSAGE_GROUP_LINES; i++)
        buffer_format(out, "%s%lld", i ? ", " : "", (long long)group->lines[i]);
    buffer_text(out, more > MESSAGE_GROUP_LINES ? ", ...)" : ")");
    return true;
}
