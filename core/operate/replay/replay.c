#include "core/operate/replay/replay.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/point.h"
#include "core/operate/replay/replay_private.h"

#define HOLD_LONG_S 900 /* of messages whose replay may take minutes each */
#define WINDOW_MESSAGES 500
#define WINDOW_HOLD_S 60
#define RATE_LONGEST_S (11 * 3600)

/* ---- making a plan */

/* How long the slowest message waits for its turn. */
static int64_t rate_seconds(const struct replay_request *request)
{
    int64_t depth = request->queue->messages > 0 ? request->queue->messages : 0;
    int64_t count = request->limit > 0 && request->limit < depth ? request->limit : depth;
    return request->rate > 0 ? count / request->rate + 1 : 0;
}

static enum error_code request_check(const struct replay_request *request, struct error *error)
{
    bool selects = !dead_letter_filter_is_empty(&request->filter) || request->limit > 0;
    if (!request->all && !selects && !request->file)
        return error_set(error, ERROR_USAGE,
                         "which messages? --all, or a selection by --upload, --vendor, --type, "
                         "--id or --limit");
    if (request->rate > 0 && rate_seconds(request) > RATE_LONGEST_S)
        return error_set(error, ERROR_USAGE,
                         "at %lld/s this takes more than 11 hours, and SQS holds a message for 12: "
                         "use a higher --rate or a --limit",
                         (long long)request->rate);
    return ERROR_NONE;
}

static const char *plan_keep(struct replay_plan *plan, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *plan_keep(struct replay_plan *plan, const char *format, ...)
{
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *kept = arena_copy_text(&plan->memory, text, strlen(text));
    return kept ? kept : "";
}

static bool wants_whole_queue(const struct replay_request *request)
{
    return request->all && dead_letter_filter_is_empty(&request->filter) && request->limit == 0 &&
           !request->file;
}

static enum error_code engine_redrive(struct pipeline *pipeline,
                                      const struct replay_request *request,
                                      struct replay_plan *plan, struct error *error)
{
    char why[256] = "a move task only moves whole queues, and this is a selection";
    bool possible = false, denied = false;
    enum error_code code = ERROR_NONE;
    if (plan->unfinished_sent + plan->unfinished_unknown > 0)
        snprintf(why, sizeof why,
                 "an interrupted replay left messages that a move task would send "
                 "again");
    else if (request->rate > 0)
        snprintf(why, sizeof why, "a move task cannot be used with --rate");
    else if (request->never_move_task)
        snprintf(why, sizeof why, "a move task was not requested");
    else if (request->file)
        snprintf(why, sizeof why, "the messages come from a file");
    else if (wants_whole_queue(request))
        code = replay_move_possible(pipeline, request->queue, &possible, &denied, why, sizeof why,
                                    error);
    possible = possible || (denied && request->dry_run); /* an operator may */
    plan->engine = possible ? REPLAY_MOVE_TASK : REPLAY_SEND_DELETE;
    plan->reason = possible
                       ? plan_keep(plan, "SQS moves the whole queue with a move task; messages are "
                                         "not received")
                       : plan_keep(plan,
                                   "%s: messages are sent to the source queue in batches of "
                                   "ten, then deleted",
                                   why);
    return code;
}

static enum error_code engine_decide(struct pipeline *pipeline,
                                     const struct replay_request *request, struct replay_plan *plan,
                                     struct error *error)
{
    const struct dead_letter_queue *queue = request->queue;
    plan->destination = plan_keep(plan, "%s", queue->source);
    if (request->discard) {
        plan->engine = REPLAY_SEND_DELETE;
        plan->reason = "messages are saved to a file, then deleted";
        plan->destination = NULL;
        return ERROR_NONE;
    }
    if (plan->to_url) {
        plan->engine = REPLAY_SEND_DELETE;
        plan->reason = "they are sent to the given queue in batches of ten, then deleted";
        plan->destination = sqs_queue_name(plan->to_url);
        return ERROR_NONE;
    }
    if (request->rate > 0 && queue->kind == DEAD_LETTER_STREAM)
        return error_set(error, ERROR_USAGE,
                         "--rate is for messages that are sent; those of %s are not sent",
                         queue->name);
    if (queue->kind == DEAD_LETTER_REDRIVE)
        return engine_redrive(pipeline, request, plan, error);
    plan->engine = queue->engine;
    plan->reason = plan_keep(plan, "%s", queue->why);
    return ERROR_NONE;
}

static enum error_code plan_dry(const struct replay_request *request, struct replay_plan *plan,
                                struct error *error)
{
    char danger[512];
    size_t sent = 0, unknown = 0;
    enum error_code code = journal_look(plan->queue.arn, plan->queue.name, &sent, &unknown, error);
    plan->unfinished_sent = sent;
    plan->unfinished_unknown = unknown;
    if (!code && request->file) {
        code = replay_file_read(request->file, plan, error);
        plan->planned = (int64_t)plan->letters.count;
        return code;
    }
    plan->planned = plan->depth;
    if (request->limit > 0 && request->limit < plan->planned)
        plan->planned = request->limit;
    if (!dead_letter_filter_is_empty(&request->filter))
        replay_plan_warn(plan, "a dry run receives no messages, so it cannot show which ones "
                               "match the selection");
    if (dead_letter_queue_danger(&plan->queue, danger, sizeof danger))
        replay_plan_warn(plan, "%s", danger);
    return code;
}

static void unfinished_warn(struct replay_plan *plan)
{
    if (plan->unfinished_sent > 0)
        replay_plan_warn(plan,
                         "an interrupted replay sent %zu messages without deleting them: they "
                         "are deleted, not sent again",
                         plan->unfinished_sent);
    if (plan->unfinished_unknown > 0)
        replay_plan_warn(plan,
                         "an interrupted replay may have sent %zu messages: they are replayed "
                         "again and may arrive twice",
                         plan->unfinished_unknown);
}

static int64_t window_size(const struct replay_plan *plan)
{
    int64_t left = plan->depth - plan->state->taken;
    return left < WINDOW_MESSAGES ? left : WINDOW_MESSAGES;
}

static void held_note(void *context, const char *message_id, const char *receipt)
{
    struct replay_plan *plan = context;
    journal_note_held(plan->state->journal, message_id, receipt);
    enum error_code untold = journal_write(plan->state->journal, false, NULL);
    (void)untold; /* a courtesy to the next one: hidden messages come back in any case */
}

static enum error_code messages_take(struct pipeline *pipeline,
                                     const struct replay_request *request, struct replay_plan *plan,
                                     struct error *error)
{
    int64_t hold_s = request->hold_s > 0 ? request->hold_s : DEAD_LETTER_HOLD_REPLAY_S;
    if (plan->rate > 0)
        hold_s += rate_seconds(request);
    const struct dead_letter_take take = {
        .queue = &plan->queue,
        .filter = request->filter,
        .limit = plan->windowed ? window_size(plan) : request->limit,
        .hold_s = plan->engine == REPLAY_SEND_DELETE ? hold_s : HOLD_LONG_S,
        .held = held_note,
        .held_context = plan,
        .progress = plan->windowed ? NULL : request->progress,
        .progress_context = request->progress_context,
    };
    if (request->file)
        return replay_file_read(request->file, plan, error);
    enum error_code code = dead_letters_take(pipeline, &take, &plan->letters, error);
    if (!code)
        code = dead_letters_name_uploads(pipeline, &plan->queue, &plan->letters, error);
    plan->state->taken += (int64_t)plan->letters.count;
    if (plan->letters.cut_short)
        replay_plan_warn(plan, "the queue has more messages than one replay can hold: this plan "
                               "is a part of them, replay again for the rest");
    plan->state->whole = wants_whole_queue(request) && !plan->letters.cut_short;
    return code;
}

/* What is still held of the window before goes where it is kept to the end. */
static enum error_code leftover_keep(struct replay_plan *plan, struct error *error)
{
    struct dead_letters *kept = &plan->state->leftover;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < plan->letters.count && !code; i++) {
        const struct dead_letter *letter = &plan->letters.list[i];
        void *list = kept->others;
        if (letter->returned || !letter->receipt)
            continue;
        code = memory_reserve(&list, &kept->other_capacity, kept->other_count + 1,
                              sizeof *kept->others, error);
        kept->others = list;
        if (!code)
            kept->others[kept->other_count++] = (struct dead_letter_other){
                NULL, arena_copy_text(&kept->memory, letter->receipt, strlen(letter->receipt))};
    }
    return code;
}

enum error_code replay_window_next(struct pipeline *pipeline, struct replay_plan *plan,
                                   struct error *error)
{
    const struct replay_request request = {
        .queue = &plan->queue, .all = true, .hold_s = WINDOW_HOLD_S};
    enum error_code code = leftover_keep(plan, error);
    dead_letters_release(&plan->letters);
    plan->messages = NULL;
    plan->message_count = plan->excluded_count = plan->state->finish_count = 0;
    if (code || window_size(plan) <= 0)
        return code;
    code = messages_take(pipeline, &request, plan, error);
    return !code ? replay_plan_freeze(pipeline, plan, false, error) : code;
}

static void ids_missing_warn(const struct replay_request *request, struct replay_plan *plan)
{
    for (size_t i = 0; i < request->filter.id_count; i++)
        if (!dead_letter_by_id(&plan->letters, request->filter.ids[i]))
            replay_plan_warn(plan,
                             "message %.100s was not found: it was deleted, is hidden, or is in "
                             "another queue",
                             request->filter.ids[i]);
}

static enum error_code plan_wet(struct pipeline *pipeline, const struct replay_request *request,
                                struct replay_plan *plan, struct error *error)
{
    bool from_file = request->file != NULL;
    enum error_code code = replay_lock_take(pipeline, plan, error);
    if (code)
        return code;
    code = journal_open(plan->queue.arn, plan->queue.name, world_now_ms(pipeline->world),
                        &plan->state->journal, error);
    if (!code)
        code = replay_resume(pipeline, plan, error);
    if (!code)
        code = engine_decide(pipeline, request, plan, error);
    unfinished_warn(plan);
    if (!code && plan->engine == REPLAY_MOVE_TASK) {
        plan->planned = plan->depth;
        replay_plan_warn(plan, "a move task also moves messages that arrive while it runs, in "
                               "any order; it can be cancelled, not undone");
        return code;
    }
    plan->windowed = request->windows && request->rate == 0 && wants_whole_queue(request) &&
                     !plan->discard && plan->engine == REPLAY_SEND_DELETE &&
                     plan->depth > WINDOW_MESSAGES;
    if (!code)
        code = messages_take(pipeline, request, plan, error);
    if (!code && from_file && !plan->discard)
        code = replay_taken_back_read(pipeline, plan, error);
    if (!code)
        code = replay_plan_freeze(pipeline, plan, from_file, error);
    if (!code)
        code = replay_known_read(pipeline, plan, from_file, error);
    ids_missing_warn(request, plan);
    if (plan->windowed) {
        plan->planned = plan->depth;
        plan->frozen = false;
    }
    return code;
}

enum error_code replay_plan_make(struct pipeline *pipeline, const struct replay_request *request,
                                 struct replay_plan *plan, struct error *error)
{
    memset(plan, 0, sizeof *plan);
    plan->queue = *request->queue;
    plan->depth = request->queue->messages > 0 ? request->queue->messages : 0;
    plan->dry_run = request->dry_run;
    plan->discard = request->discard;
    plan->to_url = request->to_url ? plan_keep(plan, "%s", request->to_url) : NULL;
    plan->rate = request->rate;
    plan->reason = "";
    dead_letters_init(&plan->letters);
    enum error_code code = request_check(request, error);
    plan->state = !code ? memory_new(1, sizeof *plan->state) : NULL;
    if (!code && !plan->state)
        code = error_set(error, ERROR_MEMORY, "out of memory for a plan");
    if (code)
        return code;
    if (request->filter.upload)
        plan->state->upload = plan_keep(plan, "%s", request->filter.upload);
    if (!request->dry_run) {
        struct error own = ERROR_INIT;
        code = plan_wet(pipeline, request, plan, &own);
        if (code)
            replay_audit_unplanned(pipeline, request, plan, &own);
        if (code && error)
            *error = own;
        return code;
    }
    code = plan_dry(request, plan, error);
    if (!code)
        code = engine_decide(pipeline, request, plan, error);
    unfinished_warn(plan);
    return code;
}

void replay_plan_unlock(struct pipeline *pipeline, struct replay_plan *plan)
{
    if (plan->state && plan->state->locked) {
        replay_lock_drop(pipeline, plan);
    }
}

static enum error_code settle(struct journal *journal, struct error *error)
{
    point_reached("before a journal is settled");
    enum error_code code = journal_settle(journal, error);
    point_reached("after a journal is settled");
    return code;
}

enum error_code replay_plan_release(struct pipeline *pipeline, struct replay_plan *plan,
                                    struct error *error)
{
    enum error_code code = ERROR_NONE, settled = ERROR_NONE;
    if (plan->state) {
        code = dead_letters_return(pipeline, &plan->queue, &plan->letters, NULL, error);
        if (!code)
            code = dead_letters_return(pipeline, &plan->queue, &plan->state->leftover, NULL, error);
        dead_letters_release(&plan->state->leftover);
        if (plan->state->journal)
            settled = settle(plan->state->journal, !code ? error : NULL);
        journal_close(plan->state->journal);
        replay_plan_unlock(pipeline, plan);
        free(plan->state);
    }
    dead_letters_release(&plan->letters);
    arena_release(&plan->memory);
    memset(plan, 0, sizeof *plan);
    return code ? code : settled;
}
