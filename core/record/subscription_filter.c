#include "core/record/subscription_filter.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "core/base/json.h"
#include "core/base/text.h"

static bool starts_with(const char *value, const char *prefix, size_t len)
{
    return strncmp(value, prefix, len) == 0;
}

static bool ends_with(const char *value, const char *suffix, size_t len)
{
    size_t value_len = strlen(value);
    return value_len >= len && memcmp(value + value_len - len, suffix, len) == 0;
}

/* An operator with one text: {"prefix": "VEND"}. */
static bool matches_operator(const char *name, struct json_object *operand, const char *value)
{
    if (!json_object_is_type(operand, json_type_string))
        return false;
    const char *text = json_object_get_string(operand);
    size_t len = (size_t)json_object_get_string_len(operand);
    if (strcmp(name, "prefix") == 0)
        return starts_with(value, text, len);
    if (strcmp(name, "suffix") == 0)
        return ends_with(value, text, len);
    if (strcmp(name, "wildcard") == 0)
        return text_matches(value, strlen(value), text);
    if (strcmp(name, "equals-ignore-case") == 0)
        return strcasecmp(value, text) == 0;
    return false;
}

static bool is_text(struct json_object *candidate, const char *value)
{
    return json_object_is_type(candidate, json_type_string) &&
           strcmp(json_object_get_string(candidate), value) == 0;
}

/* What "anything-but" names: texts, or operators with one text or several. */
static bool is_named(struct json_object *names, const char *value)
{
    bool named = is_text(names, value);
    for (size_t i = 0; i < json_count(names) && !named; i++)
        named = is_text(json_object_array_get_idx(names, i), value);
    if (!json_object_is_type(names, json_type_object))
        return named;
    json_object_object_foreach(names, key, operand)
    {
        named = named || matches_operator(key, operand, value);
        for (size_t i = 0; i < json_count(operand) && !named; i++)
            named = matches_operator(key, json_object_array_get_idx(operand, i), value);
    }
    return named;
}

/* value NULL: the message has no such attribute. */
static bool matches_condition(struct json_object *condition, const char *value)
{
    if (!json_object_is_type(condition, json_type_object))
        return value && is_text(condition, value);
    json_object_object_foreach(condition, name, operand)
    {
        if (strcmp(name, "exists") == 0)
            return json_object_get_boolean(operand) == (value != NULL);
        if (strcmp(name, "anything-but") == 0)
            return value && !is_named(operand, value);
        return value && matches_operator(name, operand, value);
    }
    return false;
}

static bool matches_rule(struct json_object *rule, const char *value)
{
    bool matches = false;
    if (!json_object_is_type(rule, json_type_array))
        return matches_condition(rule, value);
    for (size_t i = 0; i < json_count(rule) && !matches; i++)
        matches = matches_condition(json_object_array_get_idx(rule, i), value);
    return matches;
}

static const char *find_attribute(const struct aws_pair *attributes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return attributes[i].value;
    return NULL;
}

#define DEPTH_MAX 8

static bool matches_policy(struct json_object *policy, const struct aws_pair *attributes,
                           size_t count, int depth);

static bool matches_any(struct json_object *policies, const struct aws_pair *attributes,
                        size_t count, int depth)
{
    bool matches = false;
    for (size_t i = 0; i < json_count(policies) && !matches; i++)
        matches = matches_policy(json_object_array_get_idx(policies, i), attributes, count, depth);
    return matches;
}

static bool matches_policy(struct json_object *policy, const struct aws_pair *attributes,
                           size_t count, int depth)
{
    bool matches = json_object_is_type(policy, json_type_object) && depth < DEPTH_MAX;
    if (!matches)
        return false;
    json_object_object_foreach(policy, name, rule)
    {
        if (strcmp(name, "$or") == 0)
            matches = matches && matches_any(rule, attributes, count, depth + 1);
        else
            matches = matches && matches_rule(rule, find_attribute(attributes, count, name));
    }
    return matches;
}

bool subscription_filter_passes(const char *policy, const char *scope,
                                const struct aws_pair *attributes, size_t count)
{
    struct json_object *parsed = NULL;
    if (policy[0] == '\0')
        return true;
    if (json_parse(policy, strlen(policy), &parsed, NULL))
        return false;
    bool empty =
        json_object_is_type(parsed, json_type_object) && json_object_object_length(parsed) == 0;
    bool by_body = scope && strcmp(scope, "MessageBody") == 0;
    bool passes = empty || (!by_body && matches_policy(parsed, attributes, count, 0));
    json_object_put(parsed);
    return passes;
}

bool subscription_filter_allows(const char *policy, const char *name, const char *value)
{
    struct json_object *parsed = NULL;
    if (policy[0] == '\0')
        return true;
    if (json_parse(policy, strlen(policy), &parsed, NULL))
        return false;
    bool allows = json_object_is_type(parsed, json_type_object);
    struct json_object *rule = json_member(parsed, name);
    if (allows && rule)
        allows = matches_rule(rule, value);
    json_object_put(parsed);
    return allows;
}
