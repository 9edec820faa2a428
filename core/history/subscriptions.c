#include "core/history/subscriptions.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sns.h"
#include "core/base/json.h"
#include "core/record/subscription_filter.h"

const char *subscription_state_name(enum subscription_state state)
{
    static const char *const names[] = {"none", "pending", "confirmed"};
    return names[state];
}

struct reading {
    struct subscription_list *list;
    size_t *places; /* rows whose policies are asked for */
    enum error_code code;
    struct error *error;
};

static const char *text_keep(struct reading *reading, const char *text)
{
    const char *copy = arena_copy_text(&reading->list->arena, text, strlen(text));
    if (!copy)
        reading->code = error_set(reading->error, ERROR_MEMORY, "out of memory for subscriptions");
    return copy;
}

static bool subscription_take(void *context, const struct sns_subscription *found)
{
    struct reading *reading = context;
    struct subscription_list *list = reading->list;
    void *rows = list->rows;
    reading->code =
        memory_reserve(&rows, &list->capacity, list->count + 1, sizeof *list->rows, reading->error);
    if (reading->code)
        return false;
    list->rows = rows;
    list->rows[list->count++] = (struct subscription){
        .arn = found->pending ? NULL : text_keep(reading, found->arn),
        .protocol = text_keep(reading, found->protocol),
        .endpoint = text_keep(reading, found->endpoint),
        .pending = found->pending,
        .filter_policy = "",
        .filter_scope = "",
    };
    return !reading->code;
}

static int endpoint_compare(const void *a, const void *b)
{
    const struct subscription *left = a, *right = b;
    return strcasecmp(left->endpoint, right->endpoint);
}

enum error_code subscriptions_read(struct aws_client *aws, const char *topic_arn,
                                   struct subscription_list *list, struct error *error)
{
    struct reading reading = {.list = list, .error = error};
    memset(list, 0, sizeof *list);
    enum error_code code =
        sns_list_subscriptions(aws, topic_arn, subscription_take, &reading, error);
    if (!code)
        code = reading.code;
    if (list->count > 1)
        qsort(list->rows, list->count, sizeof *list->rows, endpoint_compare);
    return code;
}

/* The first subscription of the endpoint, or where it would stand. */
static size_t endpoint_find(const struct subscription_list *list, const char *endpoint)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcasecmp(list->rows[middle].endpoint, endpoint) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool policy_take(void *context, size_t place, const char *policy, const char *scope)
{
    struct reading *reading = context;
    struct subscription *row = &reading->list->rows[reading->places[place]];
    if (!policy)
        return true;
    row->filter_policy = text_keep(reading, policy);
    row->filter_scope = text_keep(reading, scope);
    row->policy_known = !reading->code;
    return row->policy_known;
}

enum error_code subscriptions_ask_policies(struct aws_client *aws, struct subscription_list *list,
                                           const char *endpoint, size_t most, struct error *error)
{
    struct reading reading = {.list = list, .error = error};
    const char **arns = memory_new(list->count + 1, sizeof *arns);
    size_t count = 0;
    enum error_code code = ERROR_NONE;
    reading.places = memory_new(list->count + 1, sizeof *reading.places);
    if (!arns || !reading.places)
        code = error_set(error, ERROR_MEMORY, "out of memory for subscriptions");
    for (size_t i = endpoint ? endpoint_find(list, endpoint) : 0;
         i < list->count && count < most && !code; i++) {
        const struct subscription *row = &list->rows[i];
        if (endpoint && strcasecmp(row->endpoint, endpoint) != 0)
            break;
        if (row->pending || row->policy_known)
            continue;
        arns[count] = row->arn;
        reading.places[count++] = i;
    }
    if (!code && count > 0)
        code = sns_get_filter_policies(aws, arns, count, policy_take, &reading, error);
    if (!code)
        code = reading.code;
    free(arns);
    free(reading.places);
    return code;
}

static const struct subscription *arn_find(const struct subscription_list *list,
                                           const struct subscription *wanted)
{
    for (size_t i = endpoint_find(list, wanted->endpoint);
         i < list->count && strcasecmp(list->rows[i].endpoint, wanted->endpoint) == 0; i++) {
        const char *arn = list->rows[i].arn;
        if (arn && wanted->arn && strcmp(arn, wanted->arn) == 0)
            return &list->rows[i];
    }
    return NULL;
}

enum error_code subscriptions_keep_policies(struct subscription_list *list,
                                            const struct subscription_list *before, size_t turn,
                                            size_t anew, struct error *error)
{
    struct reading reading = {.list = list, .error = error};
    for (size_t i = 0; i < list->count && !reading.code; i++) {
        struct subscription *row = &list->rows[i];
        const struct subscription *known = arn_find(before, row);
        bool due = (i + list->count - turn % list->count) % list->count < anew;
        if (!known || !known->policy_known || due)
            continue;
        row->filter_policy = text_keep(&reading, known->filter_policy);
        row->filter_scope = text_keep(&reading, known->filter_scope);
        row->policy_known = !reading.code;
    }
    return reading.code;
}

void subscriptions_release(struct subscription_list *list)
{
    arena_release(&list->arena);
    free(list->rows);
    memset(list, 0, sizeof *list);
}

bool subscription_policy_matches(const char *filter_policy, const char *vendor_id)
{
    struct json_object *policy = NULL;
    if (filter_policy[0] == '\0')
        return true;
    if (json_parse(filter_policy, strlen(filter_policy), &policy, NULL))
        return false;
    bool about_vendors = json_member(policy, "vendor_id") != NULL;
    bool empty =
        json_object_is_type(policy, json_type_object) && json_object_object_length(policy) == 0;
    json_object_put(policy);
    return empty ||
           (about_vendors && subscription_filter_allows(filter_policy, "vendor_id", vendor_id));
}

static enum subscription_state better_state(enum subscription_state best,
                                            const struct subscription *row)
{
    enum subscription_state state = row->pending ? SUBSCRIPTION_PENDING : SUBSCRIPTION_CONFIRMED;
    return state > best ? state : best;
}

enum subscription_state subscription_of_vendor(const struct subscription_list *list,
                                               const char *vendor_id, const char *email)
{
    enum subscription_state best = SUBSCRIPTION_NONE;
    for (size_t i = email ? endpoint_find(list, email) : list->count;
         i < list->count && strcasecmp(list->rows[i].endpoint, email) == 0; i++) {
        const struct subscription *row = &list->rows[i];
        if (!row->policy_known || subscription_policy_matches(row->filter_policy, vendor_id))
            best = better_state(best, row);
    }
    for (size_t i = 0; i < list->count && best != SUBSCRIPTION_CONFIRMED; i++) {
        const struct subscription *row = &list->rows[i];
        if (row->policy_known && strstr(row->filter_policy, vendor_id) &&
            subscription_policy_matches(row->filter_policy, vendor_id))
            best = better_state(best, row);
    }
    return best;
}
