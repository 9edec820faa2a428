#include "aws/query_protocol.h"
#include "aws/sns.h"
#include "core/base/memory.h"

#define IN_FLIGHT 16

struct filters {
    const char *const *arns;
    size_t count, next;
    size_t *places; /* by slot: which subscription it asks for */
    sns_filter_fn *filter;
    void *context;
    struct error first;
};

static bool ask_next(void *context, struct aws_slot *slot)
{
    struct filters *filters = context;
    if (filters->next == filters->count)
        return false;
    slot->request.service = AWS_SNS;
    slot->request.operation = "GetSubscriptionAttributes";
    aws_query_begin(&slot->body, AWS_SNS, slot->request.operation);
    aws_query_add(&slot->body, "SubscriptionArn", filters->arns[filters->next]);
    filters->places[slot->number] = filters->next++;
    return true;
}

static const char *value_of(const struct xml_document *document, const char *key)
{
    const struct xml_node *entry =
        xml_find(document->root, "GetSubscriptionAttributesResult/Attributes/entry");
    for (; entry; entry = xml_next(entry))
        if (strcmp(xml_text(entry, "key"), key) == 0)
            return xml_text(entry, "value");
    return "";
}

static int64_t take_answer(void *context, struct aws_slot *slot,
                           const struct aws_response *response, const struct error *error,
                           bool *stop)
{
    struct filters *filters = context;
    struct xml_document document = {.arena = ARENA_INIT};
    struct error failure = *error;
    size_t place = filters->places[slot->number];
    if (error->code == ERROR_NOT_FOUND) {
        filters->filter(filters->context, place, NULL, NULL);
        return AWS_SLOT_DONE;
    }
    enum error_code code = error->code;
    if (!code)
        code = xml_parse(&document, response->body.data, response->body.len, &failure);
    if (!code && !filters->filter(filters->context, place, value_of(&document, "FilterPolicy"),
                                  value_of(&document, "FilterPolicyScope")))
        *stop = true;
    if (code) {
        filters->first = !filters->first.code ? failure : filters->first;
        *stop = true;
    }
    xml_release(&document);
    return AWS_SLOT_DONE;
}

enum error_code sns_get_filter_policies(struct aws_client *client, const char *const *arns,
                                        size_t count, sns_filter_fn *filter, void *context,
                                        struct error *error)
{
    size_t places[IN_FLIGHT] = {0};
    struct filters filters = {
        .arns = arns, .count = count, .places = places, .filter = filter, .context = context};
    const struct aws_flight flight = {
        .context = &filters, .max_in_flight = IN_FLIGHT, .next = ask_next, .done = take_answer};
    enum error_code code = aws_call_many(client, &flight, error);
    if (filters.first.code) {
        if (error)
            *error = filters.first;
        code = filters.first.code;
    }
    return code;
}
