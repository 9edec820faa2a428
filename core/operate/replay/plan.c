#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/operate/replay/replay_private.h"
#include "core/record/key_map.h"

#define NAMES_SHOWN 5
#define IDS_AUDITED 100

void replay_plan_warn(struct replay_plan *plan, const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char **grown = arena_new(&plan->memory, plan->warning_count + 1, sizeof *grown);
    if (!grown)
        return;
    if (plan->warning_count > 0)
        memcpy(grown, plan->warnings, plan->warning_count * sizeof *grown);
    grown[plan->warning_count++] = arena_copy_text(&plan->memory, text, strlen(text));
    plan->warnings = grown;
}

enum error_code replay_plan_exclude(struct replay_plan *plan, const char *message_id,
                                    const char *reason, struct error *error)
{
    size_t count = plan->excluded_count;
    /* Room is doubled at powers of two: the count alone tells the capacity. */
    if ((count & (count - 1)) == 0) {
        void *list = arena_new(&plan->memory, count > 0 ? count * 2 : 1, sizeof *plan->excluded);
        if (!list)
            return error_set(error, ERROR_MEMORY, "out of memory for a plan");
        if (count > 0)
            memcpy(list, plan->excluded, count * sizeof *plan->excluded);
        plan->excluded = list;
    }
    plan->excluded[plan->excluded_count++] = (struct replay_exclusion){message_id, reason};
    return ERROR_NONE;
}

/* ---- freezing */

static const char *reason_against(const struct replay_plan *plan, const struct dead_letter *letter)
{
    if (plan->discard)
        return NULL;
    if (plan->queue.kind != DEAD_LETTER_REDRIVE && !plan->to_url)
        return letter->decoded ? NULL : letter->summary;
    if (letter->group_id)
        return "it belongs to a FIFO queue, whose order a selection would break";
    if (!plan->to_url && plan->queue.source_url[0] == '\0' && !letter->source_arn)
        return "several queues redrive here, and the message does not name its source";
    return NULL;
}

static enum error_code destination_find(struct pipeline *pipeline, struct replay_plan *plan,
                                        size_t place, struct error *error)
{
    const struct dead_letter *letter = plan->messages[place];
    const char **destinations = plan->state->destinations;
    struct buffer url;
    if (plan->queue.kind != DEAD_LETTER_REDRIVE || plan->queue.source_url[0] != '\0' ||
        plan->discard || plan->to_url)
        return ERROR_NONE;
    for (size_t i = place; i-- > 0;)
        if (strcmp(plan->messages[i]->source_arn, letter->source_arn) == 0) {
            destinations[place] = destinations[i];
            return ERROR_NONE;
        }
    buffer_init(&url, DEAD_LETTER_URL_SIZE);
    enum error_code code =
        sqs_get_queue_url(pipeline->aws, sqs_queue_name(letter->source_arn), NULL, &url, error);
    if (!code)
        destinations[place] = arena_copy_text(&plan->memory, url.data, url.len);
    buffer_release(&url);
    return code;
}

static int by_age(const void *a, const void *b)
{
    const struct dead_letter *one = *(struct dead_letter *const *)a;
    const struct dead_letter *other = *(struct dead_letter *const *)b;
    if (one->sent_at_ms != other->sent_at_ms)
        return one->sent_at_ms < other->sent_at_ms ? -1 : 1;
    return strcmp(one->message_id, other->message_id);
}

static int by_count(const void *a, const void *b)
{
    const struct replay_name_count *one = a, *other = b;
    if (one->count != other->count)
        return one->count > other->count ? -1 : 1;
    if (!one->name || !other->name)
        return !one->name ? other->name != NULL : -1;
    return strcmp(one->name, other->name);
}

struct tally {
    struct key_map places;
    struct replay_name_count *list;
    size_t count;
    struct error *error;
};

static enum error_code tally_add(struct tally *tally, const char *name)
{
    const char *key = name ? name : "";
    uint32_t place = key_map_find(&tally->places, key, strlen(key));
    enum error_code code = ERROR_NONE;
    if (place == 0) {
        tally->list[tally->count] = (struct replay_name_count){name, 0};
        place = (uint32_t)++tally->count;
        code = key_map_put(&tally->places, key, strlen(key), place, tally->error);
    }
    tally->list[place - 1].count++;
    return code;
}

static enum error_code tally_run(struct replay_plan *plan, bool uploads,
                                 struct replay_name_count **list, size_t *count,
                                 struct error *error)
{
    size_t names = 1;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < plan->message_count; i++)
        names += plan->messages[i]->upload_count + 1;
    struct tally tally = {.list = arena_new(&plan->memory, names, sizeof *tally.list),
                          .error = error};
    if (!tally.list)
        return error_set(error, ERROR_MEMORY, "out of memory for a plan");
    key_map_init(&tally.places);
    for (size_t i = 0; i < plan->message_count && !code; i++) {
        const struct dead_letter *letter = plan->messages[i];
        if (!uploads || letter->upload_count == 0)
            code = tally_add(&tally, uploads ? letter->upload_id : letter->vendor_id);
        for (size_t j = 0; uploads && j < letter->upload_count && !code; j++)
            code = tally_add(&tally, letter->uploads[j]);
    }
    qsort(tally.list, tally.count, sizeof *tally.list, by_count);
    *list = tally.list;
    *count = tally.count;
    key_map_release(&tally.places);
    return code;
}

static enum error_code letters_sort_out(struct replay_plan *plan, bool from_file,
                                        struct error *error)
{
    struct replay_state *state = plan->state;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < plan->letters.count && !code; i++) {
        struct dead_letter *letter = &plan->letters.list[i];
        const struct journal_entry *entry =
            from_file || plan->discard ? NULL : journal_find(state->journal, letter->message_id);
        const char *reason = letter->returned ? NULL : reason_against(plan, letter);
        if (letter->returned)
            continue;
        if (entry && entry->state == JOURNAL_SENT) {
            state->finish[state->finish_count++] = letter;
            reason = "already sent by an interrupted replay: it is deleted, not sent again";
        }
        if (reason)
            code = replay_plan_exclude(plan, letter->message_id, reason, error);
        else
            plan->messages[plan->message_count++] = letter;
    }
    return code;
}

enum error_code replay_plan_freeze(struct pipeline *pipeline, struct replay_plan *plan,
                                   bool from_file, struct error *error)
{
    struct replay_state *state = plan->state;
    size_t room = plan->letters.count + 1;
    plan->messages = arena_new(&plan->memory, room, sizeof *plan->messages);
    state->finish = arena_new(&plan->memory, room, sizeof *state->finish);
    state->destinations = arena_new(&plan->memory, room, sizeof *state->destinations);
    if (!plan->messages || !state->finish || !state->destinations)
        return error_set(error, ERROR_MEMORY, "out of memory for a plan");
    enum error_code code = letters_sort_out(plan, from_file, error);
    qsort(plan->messages, plan->message_count, sizeof(struct dead_letter *), by_age);
    for (size_t i = 0; i < plan->message_count && !code; i++)
        code = destination_find(pipeline, plan, i, error);
    plan->planned = (int64_t)plan->message_count;
    plan->frozen = true;
    if (!code)
        code = tally_run(plan, false, &plan->vendors, &plan->vendor_count, error);
    if (!code)
        code = tally_run(plan, true, &plan->uploads, &plan->upload_count, error);
    return code;
}

/* ---- as text and as JSON */

static void visible(struct buffer *out, const char *text)
{
    text_append_visible(out, text, strlen(text));
}

static void names_text(struct buffer *out, const char *title, const struct replay_name_count *list,
                       size_t count)
{
    if (count == 0)
        return;
    buffer_format(out, "  %-12s ", title);
    if (count > 1)
        buffer_format(out, "%zu: ", count);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
        buffer_text(out, i > 0 ? ", " : "");
        visible(out, list[i].name ? list[i].name : "unknown");
        buffer_format(out, " (%lld)", (long long)list[i].count);
    }
    buffer_text(out, count > NAMES_SHOWN ? ", ...\n" : "\n");
}

static void exclusions_text(const struct replay_plan *plan, struct buffer *out)
{
    for (size_t i = 0; i < plan->excluded_count && i < NAMES_SHOWN; i++) {
        buffer_format(out, "  %-12s %s: ", i == 0 ? "excluded" : "", plan->excluded[i].message_id);
        visible(out, plan->excluded[i].reason);
        buffer_char(out, '\n');
    }
    if (plan->excluded_count > NAMES_SHOWN)
        buffer_format(out, "  %-12s and %zu more\n", "", plan->excluded_count - NAMES_SHOWN);
}

void replay_plan_text(const struct replay_plan *plan, struct buffer *out)
{
    buffer_format(out, "%s %s%lld message%s of %s, of about %lld\n",
                  plan->discard ? "Discard" : "Replay", plan->frozen ? "" : "at most ",
                  (long long)plan->planned, plan->planned == 1 ? "" : "s", plan->queue.name,
                  (long long)plan->depth);
    if (!plan->discard)
        buffer_format(out, "  %-12s %s: %s\n", "engine", replay_engine_name(plan->engine),
                      plan->reason);
    if (plan->destination)
        buffer_format(out, "  %-12s %s\n", "to", plan->destination);
    if (plan->rate > 0)
        buffer_format(out, "  %-12s at most %lld message%s a second\n", "rate",
                      (long long)plan->rate, plan->rate == 1 ? "" : "s");
    names_text(out, "vendors", plan->vendors, plan->vendor_count);
    names_text(out, "uploads", plan->uploads, plan->upload_count);
    exclusions_text(plan, out);
    for (size_t i = 0; i < plan->warning_count; i++) {
        buffer_format(out, "  %-12s ", "warning");
        visible(out, plan->warnings[i]);
        buffer_char(out, '\n');
    }
}

static void names_json(struct buffer *out, const char *key, const struct replay_name_count *list,
                       size_t count)
{
    json_append_key(out, key);
    buffer_char(out, '[');
    for (size_t i = 0; i < count && i < IDS_AUDITED; i++) {
        buffer_text(out, i > 0 ? ",{" : "{");
        json_append_member(out, "name", list[i].name);
        json_append_member_integer(out, "messages", list[i].count);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
}

void replay_plan_json(const struct replay_plan *plan, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member(out, "queue", plan->queue.name);
    json_append_member(out, "engine", plan->discard ? NULL : replay_engine_name(plan->engine));
    json_append_member(out, "reason", plan->reason);
    json_append_member(out, "destination", plan->destination);
    if (plan->rate > 0)
        json_append_member_integer(out, "rate", plan->rate);
    json_append_member_integer(out, "planned", plan->planned);
    json_append_member_integer(out, "depth", plan->depth);
    json_append_member_integer(out, "excluded", (int64_t)plan->excluded_count);
    names_json(out, "vendors", plan->vendors, plan->vendor_count);
    names_json(out, "uploads", plan->uploads, plan->upload_count);
    json_append_key(out, "message_ids");
    buffer_char(out, '[');
    for (size_t i = 0; i < plan->message_count && i < IDS_AUDITED; i++) {
        buffer_text(out, i > 0 ? "," : "");
        json_append_text(out, plan->messages[i]->message_id);
    }
    buffer_char(out, ']');
    json_append_key(out, "warnings");
    buffer_char(out, '[');
    for (size_t i = 0; i < plan->warning_count; i++) {
        buffer_text(out, i > 0 ? "," : "");
        json_append_text(out, plan->warnings[i]);
    }
    buffer_text(out, "]}");
}
