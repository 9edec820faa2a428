#include "core/replay.h"

#include <stdlib.h>
#include <string.h>

#include "aws/sqs.h"
#include "core/audit.h"
#include "core/base/json.h"
#include "core/replay_private.h"
#include "sql/db.h"

#define HOLD_LONG_S 900 /* of messages whose replay may take minutes each */
#define WINDOW_MESSAGES 500
#define WINDOW_HOLD_S 60
#define AUDIT_MAX ((size_t)1 << 20)

/* ---- making a plan */

static enum error_code request_check(const struct replay_request *request, struct error *error)
{
    bool selects = !dead_letter_filter_is_empty(&request->filter) || request->limit > 0;
    if (!request->all && !selects && request->file == NULL)
        return error_set(error, ERROR_USAGE,
                         "which messages? --all, or a selection by --upload, --vendor, --type, "
                         "--id or --limit");
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
    return kept != NULL ? kept : "";
}

static bool wants_whole_queue(const struct replay_request *request)
{
    return request->all && dead_letter_filter_is_empty(&request->filter) && request->limit == 0 &&
           request->file == NULL;
}

static enum error_code engine_redrive(struct pipeline *pipeline,
                                      const struct replay_request *request,
                                      struct replay_plan *plan, struct error *error)
{
    char why[256] = "a move task takes whole queues alone, and this is a selection";
    bool possible = false, denied = false;
    enum error_code code = ERROR_NONE;
    if (plan->unfinished_sent + plan->unfinished_unknown > 0)
        snprintf(why, sizeof why,
                 "an interrupted replay left messages that a move task would send "
                 "again");
    else if (request->never_move_task)
        snprintf(why, sizeof why, "a move task was not wanted");
    else if (request->file != NULL)
        snprintf(why, sizeof why, "the messages come from a file");
    else if (wants_whole_queue(request))
        code = replay_move_possible(pipeline, request->queue, &possible, &denied, why, sizeof why,
                                    error);
    possible = possible || (denied && request->dry_run); /* an operator may */
    plan->engine = possible ? REPLAY_MOVE_TASK : REPLAY_SEND_DELETE;
    plan->reason =
        possible ? plan_keep(plan, "the whole queue goes back by its own move task, without being "
                                   "received")
                 : plan_keep(plan, "%s: they are sent to the source in tens, then deleted", why);
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
        plan->reason = "they are written to a file, then deleted";
        plan->destination = NULL;
        return ERROR_NONE;
    }
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
    if (code == ERROR_NONE && request->file != NULL) {
        code = replay_file_read(request->file, plan, error);
        plan->planned = (int64_t)plan->letters.count;
        return code;
    }
    plan->planned = plan->depth;
    if (request->limit > 0 && request->limit < plan->planned)
        plan->planned = request->limit;
    if (!dead_letter_filter_is_empty(&request->filter))
        replay_plan_warn(plan, "which messages the selection takes is known only by receiving "
                               "them, and a dry run receives nothing");
    if (dead_letter_queue_danger(&plan->queue, danger, sizeof danger) != NULL)
        replay_plan_warn(plan, "%s", danger);
    return code;
}

static void unfinished_warn(struct replay_plan *plan)
{
    if (plan->unfinished_sent > 0)
        replay_plan_warn(plan,
                         "an interrupted replay had sent %zu messages and not deleted them: they "
                         "are deleted, not sent again",
                         plan->unfinished_sent);
    if (plan->unfinished_unknown > 0)
        replay_plan_warn(plan,
                         "of %zu messages an interrupted replay left unknown whether they were "
                         "sent: replayed again, they may arrive twice",
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
    if (request->file != NULL)
        return replay_file_read(request->file, plan, error);
    enum error_code code = dead_letters_take(pipeline, &take, &plan->letters, error);
    if (code == ERROR_NONE)
        code = dead_letters_name_uploads(pipeline, &plan->queue, &plan->letters, error);
    plan->state->taken += (int64_t)plan->letters.count;
    if (plan->letters.cut_short)
        replay_plan_warn(plan, "the queue holds more than can be held at a time: this plan is a "
                               "part of it, replay again for the rest");
    plan->state->whole = wants_whole_queue(request) && !plan->letters.cut_short;
    return code;
}

/* What is still held of the window before goes where it is kept to the end. */
static enum error_code leftover_keep(struct replay_plan *plan, struct error *error)
{
    struct dead_letters *kept = &plan->state->leftover;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < plan->letters.count && code == ERROR_NONE; i++) {
        const struct dead_letter *letter = &plan->letters.list[i];
        void *list = kept->others;
        if (letter->returned || letter->receipt == NULL)
            continue;
        code = memory_reserve(&list, &kept->other_capacity, kept->other_count + 1,
                              sizeof *kept->others, error);
        kept->others = list;
        if (code == ERROR_NONE)
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
    if (code != ERROR_NONE || window_size(plan) <= 0)
        return code;
    code = messages_take(pipeline, &request, plan, error);
    return code == ERROR_NONE ? replay_plan_freeze(pipeline, plan, false, error) : code;
}

static void ids_missing_warn(const struct replay_request *request, struct replay_plan *plan)
{
    for (size_t i = 0; i < request->filter.id_count; i++)
        if (dead_letter_by_id(&plan->letters, request->filter.ids[i]) == NULL)
            replay_plan_warn(plan,
                             "message %.100s was not met: it is gone, hidden, or of another "
                             "queue",
                             request->filter.ids[i]);
}

static enum error_code plan_wet(struct pipeline *pipeline, const struct replay_request *request,
                                struct replay_plan *plan, struct error *error)
{
    bool from_file = request->file != NULL;
    enum error_code code = replay_lock_take(pipeline, &plan->queue, error);
    if (code != ERROR_NONE)
        return code;
    plan->state->locked = true;
    code = journal_open(plan->queue.arn, plan->queue.name, world_now_ms(pipeline->world),
                        &plan->state->journal, error);
    if (code == ERROR_NONE)
        code = replay_resume(pipeline, plan, error);
    if (code == ERROR_NONE)
        code = engine_decide(pipeline, request, plan, error);
    unfinished_warn(plan);
    if (code == ERROR_NONE && plan->engine == REPLAY_MOVE_TASK) {
        plan->planned = plan->depth;
        replay_plan_warn(plan, "a move task also takes what arrives while it runs, and chooses its "
                               "own order; it can be cancelled, not undone");
        return code;
    }
    plan->windowed = request->windows && wants_whole_queue(request) && !plan->discard &&
                     plan->engine == REPLAY_SEND_DELETE && plan->depth > WINDOW_MESSAGES;
    if (code == ERROR_NONE)
        code = messages_take(pipeline, request, plan, error);
    if (code == ERROR_NONE && from_file && !plan->discard)
        code = replay_taken_back_read(pipeline, plan, error);
    if (code == ERROR_NONE)
        code = replay_plan_freeze(pipeline, plan, from_file, error);
    if (code == ERROR_NONE)
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
    plan->reason = "";
    dead_letters_init(&plan->letters);
    enum error_code code = request_check(request, error);
    plan->state = code == ERROR_NONE ? memory_new(1, sizeof *plan->state) : NULL;
    if (code == ERROR_NONE && plan->state == NULL)
        code = error_set(error, ERROR_MEMORY, "out of memory for a plan");
    if (code != ERROR_NONE)
        return code;
    if (request->filter.upload != NULL)
        plan->state->upload = plan_keep(plan, "%s", request->filter.upload);
    if (!request->dry_run)
        return plan_wet(pipeline, request, plan, error);
    code = plan_dry(request, plan, error);
    if (code == ERROR_NONE)
        code = engine_decide(pipeline, request, plan, error);
    unfinished_warn(plan);
    return code;
}

void replay_plan_unlock(struct pipeline *pipeline, struct replay_plan *plan)
{
    if (plan->state != NULL && plan->state->locked) {
        replay_lock_drop(pipeline, &plan->queue);
        plan->state->locked = false;
    }
}

enum error_code replay_plan_release(struct pipeline *pipeline, struct replay_plan *plan,
                                    struct error *error)
{
    enum error_code code = ERROR_NONE, settled = ERROR_NONE;
    if (plan->state != NULL) {
        code = dead_letters_return(pipeline, &plan->queue, &plan->letters, NULL, error);
        if (code == ERROR_NONE)
            code = dead_letters_return(pipeline, &plan->queue, &plan->state->leftover, NULL, error);
        dead_letters_release(&plan->state->leftover);
        if (plan->state->journal != NULL)
            settled = journal_settle(plan->state->journal, code == ERROR_NONE ? error : NULL);
        journal_close(plan->state->journal);
        replay_plan_unlock(pipeline, plan);
        free(plan->state);
    }
    dead_letters_release(&plan->letters);
    arena_release(&plan->memory);
    memset(plan, 0, sizeof *plan);
    return code != ERROR_NONE ? code : settled;
}

/* ---- carrying it out */

const char *replay_result_name(enum replay_result result)
{
    static const char *const names[] = {
        [REPLAY_MOVED] = "moved",         [REPLAY_FINISHED] = "finished",
        [REPLAY_DISCARDED] = "discarded", [REPLAY_FAILED] = "failed",
        [REPLAY_KEPT] = "kept",           [REPLAY_EXCLUDED] = "excluded",
    };
    return names[result];
}

static enum error_code engine_run(struct replay_run *run, struct error *error)
{
    if (run->plan->discard)
        return replay_flight(run, &replay_work_discard, error);
    switch (run->plan->engine) {
    case REPLAY_INVOKE:
        return replay_flight(run, &replay_work_invoke, error);
    case REPLAY_REVALIDATE:
        return replay_revalidate(run, error);
    default:
        return replay_flight(run, &replay_work_send, error);
    }
}

/* What an interrupted replay had sent is deleted, by the receipts of this one. */
static enum error_code finish_delete(struct replay_run *run, struct error *error)
{
    struct replay_state *state = run->plan->state;
    size_t count = state->finish_count;
    enum error_code code = ERROR_NONE;
    if (count == 0)
        return ERROR_NONE;
    const char **receipts = memory_new(count, sizeof *receipts);
    struct sqs_outcome *outcomes = memory_new(count, sizeof *outcomes);
    if (receipts == NULL || outcomes == NULL)
        code = error_set(error, ERROR_MEMORY, "out of memory for %zu messages", count);
    for (size_t i = 0; i < count && code == ERROR_NONE; i++)
        receipts[i] = state->finish[i]->receipt;
    if (code == ERROR_NONE)
        code = sqs_delete_message_batch(run->pipeline->aws, run->plan->queue.url, receipts, count,
                                        0, outcomes, error);
    for (size_t i = 0; i < count && outcomes != NULL && receipts != NULL; i++) {
        struct dead_letter *letter = state->finish[i];
        if (outcomes[i].code != ERROR_NONE)
            continue;
        letter->returned = true;
        journal_note(state->journal, JOURNAL_DELETED, letter->message_id);
        replay_run_tell(run, letter->message_id, REPLAY_FINISHED, false,
                        "an interrupted replay had sent it");
    }
    free(receipts);
    free(outcomes);
    return code;
}

/* Entries of earlier runs that this one settles: what was deleted by the journal's receipts, and,
 * where the whole queue was taken, what is there no more. */
static void earlier_tell(struct replay_run *run)
{
    struct replay_state *state = run->plan->state;
    struct journal *journal = state->journal;
    bool whole = state->whole && !run->stop && run->failed == ERROR_NONE;
    for (size_t i = 0; i < state->resumed_count; i++) {
        const struct journal_entry *entry = journal_find(journal, state->resumed[i]);
        replay_run_tell(run, state->resumed[i], REPLAY_FINISHED, entry != NULL && entry->unknown,
                        "an interrupted replay had sent it");
    }
    for (size_t i = 0; i < journal_count(journal); i++) {
        const struct journal_entry *entry = journal_entry(journal, i);
        bool gone = entry->state == JOURNAL_DELETED || whole;
        if (entry->met || !gone)
            continue;
        if (entry->unknown && !entry->told)
            replay_run_tell(run, entry->message_id, REPLAY_FINISHED, true,
                            "an interrupted replay sent it, perhaps twice");
        if (entry->state != JOURNAL_DELETED)
            journal_note(journal, JOURNAL_DELETED, entry->message_id);
    }
}

static void exclusions_tell(struct replay_run *run)
{
    const struct replay_plan *plan = run->plan;
    for (size_t i = 0; i < plan->excluded_count; i++) {
        const struct journal_entry *entry =
            journal_find(plan->state->journal, plan->excluded[i].message_id);
        if (entry == NULL || entry->state != JOURNAL_DELETED)
            replay_run_tell(run, plan->excluded[i].message_id, REPLAY_EXCLUDED, false,
                            plan->excluded[i].reason);
    }
}

/* The messages in hand: all of the plan, or a window of it. */
static enum error_code window_apply(struct replay_run *run, struct error *error)
{
    enum error_code code = replay_run_init(run, error);
    if (code == ERROR_NONE && run->plan->discard && run->count > 0)
        code = replay_file_write(run->pipeline, run->plan, run->options->file, run->report->file,
                                 sizeof run->report->file, error);
    if (code == ERROR_NONE)
        code = finish_delete(run, error);
    if (code == ERROR_NONE)
        code = engine_run(run, error);
    if (run->items != NULL)
        replay_run_finish(run);
    exclusions_tell(run);
    replay_run_release(run);
    return code;
}

static enum error_code messages_apply(struct replay_run *run, struct error *error)
{
    struct replay_plan *plan = run->plan;
    enum error_code code = window_apply(run, error);
    while (code == ERROR_NONE && plan->windowed && plan->letters.count > 0 && !run->stop) {
        code = replay_window_next(run->pipeline, plan, error);
        if (code == ERROR_NONE && plan->letters.count > 0)
            code = window_apply(run, error);
    }
    if (plan->windowed)
        run->report->planned = plan->state->taken;
    earlier_tell(run);
    return code;
}

static void detail_append(struct buffer *out, const struct replay_report *report,
                          const struct error *error)
{
    buffer_char(out, '{');
    json_append_member(out, "engine", replay_engine_name(report->engine));
    json_append_member_integer(out, "planned", report->planned);
    json_append_member_integer(out, "moved", report->moved);
    json_append_member_integer(out, "failed", report->failed);
    json_append_member_integer(out, "kept", report->kept);
    json_append_member_integer(out, "excluded", report->excluded);
    json_append_member_integer(out, "possible_duplicates", report->possible_duplicates);
    if (report->task_handle[0] != '\0')
        json_append_member(out, "task_status", report->task_status);
    if (report->file[0] != '\0')
        json_append_member(out, "file", report->file);
    if (error->code != ERROR_NONE)
        json_append_member(out, "error", error->message);
    buffer_char(out, '}');
}

static enum error_code audit(struct pipeline *pipeline, const struct replay_plan *plan,
                             const char *planned, const char *reason, const char *outcome,
                             const char *detail, struct error *error)
{
    const struct audit_note note = {.action = plan->discard ? "dlq discard" : "dlq replay",
                                    .target = plan->queue.name,
                                    .reason = reason,
                                    .plan = planned,
                                    .outcome = outcome,
                                    .detail = detail};
    db_watch(pipeline->db, NULL); /* also after Ctrl-C */
    enum error_code code = audit_write(pipeline->db, &note, error);
    db_watch(pipeline->db, pipeline->cancel);
    return code;
}

static const char *outcome_of(const struct replay_report *report, enum error_code code)
{
    if (code == ERROR_NONE && report->failed == 0 && report->kept == 0)
        return AUDIT_DONE;
    return report->moved + report->finished > 0 ? AUDIT_PARTLY : AUDIT_FAILED;
}

enum error_code replay_apply(struct pipeline *pipeline, struct replay_plan *plan,
                             const struct replay_options *options, struct replay_report *report,
                             struct error *error)
{
    struct error own = ERROR_INIT;
    struct buffer detail, planned;
    struct replay_run run = {
        .pipeline = pipeline, .plan = plan, .options = options, .report = report, .error = &own};
    uint64_t calls = aws_client_calls_total(pipeline->aws);
    memset(report, 0, sizeof *report);
    report->engine = plan->engine;
    report->planned = plan->planned;
    snprintf(report->reason, sizeof report->reason, "%s", plan->reason);
    if (plan->dry_run)
        return error_set(error, ERROR_INTERNAL, "a dry run is not carried out");
    buffer_init(&planned, AUDIT_MAX);
    replay_plan_json(plan, &planned);
    enum error_code code = ERROR_NONE;
    if (!plan->state->locked)
        code = replay_lock_take(pipeline, &plan->queue, &own);
    plan->state->locked = plan->state->locked || code == ERROR_NONE;
    /* Validation may be cut off anywhere; all else finishes what it began. */
    const struct cancel *watched = aws_client_watch(
        pipeline->aws, plan->engine == REPLAY_REVALIDATE ? pipeline->cancel : NULL);
    if (code == ERROR_NONE && plan->engine == REPLAY_MOVE_TASK && !plan->discard)
        code = replay_move(pipeline, plan, options, report, &own);
    else if (code == ERROR_NONE)
        code = messages_apply(&run, &own);
    aws_client_watch(pipeline->aws, watched);
    report->cancelled = code == ERROR_CANCELLED;
    report->requests = (int64_t)(aws_client_calls_total(pipeline->aws) - calls);
    buffer_init(&detail, 8192);
    detail_append(&detail, report, &own);
    struct error untold = ERROR_INIT;
    enum error_code audited = audit(pipeline, plan, planned.data, options->operator_reason,
                                    outcome_of(report, code), detail.data, &untold);
    buffer_release(&detail);
    buffer_release(&planned);
    if (code == ERROR_NONE && audited != ERROR_NONE) {
        own = untold;
        code = audited;
    }
    if (code != ERROR_NONE && error != NULL)
        *error = own;
    return code;
}

enum error_code replay_refuse(struct pipeline *pipeline, const struct replay_plan *plan,
                              const char *operator_reason, const char *why, struct error *error)
{
    struct buffer detail, planned;
    buffer_init(&detail, 8192);
    buffer_init(&planned, AUDIT_MAX);
    replay_plan_json(plan, &planned);
    buffer_char(&detail, '{');
    json_append_member(&detail, "why", why);
    buffer_char(&detail, '}');
    enum error_code code =
        audit(pipeline, plan, planned.data, operator_reason, AUDIT_REFUSED, detail.data, error);
    buffer_release(&detail);
    buffer_release(&planned);
    return code;
}
