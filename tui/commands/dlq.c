#include "tui/commands/dlq.h"

#include <string.h>

#include "aws/sqs.h"
#include "tui/base/typed.h"

struct dead_letter_filter dlq_filter(const struct command_call *call)
{
    struct dead_letter_filter filter = {
        .upload = options_text(call->options, "upload"),
        .vendor = options_text(call->options, "vendor"),
        .type = options_text(call->options, "type"),
    };
    filter.id_count = options_texts(call->options, "id", &filter.ids);
    return filter;
}

/* A single word is near to something; of several, or of "-word", it is not asked. */
static bool part_unmatched(const struct command_call *call, const char *option, const char *wanted,
                           const struct dead_letter_seen *seen, size_t received)
{
    char near[256] = "";
    if (!wanted || seen->met)
        return false;
    bool alone = wanted[0] != '-' && !strchr(wanted, ',');
    bool found = alone && typed_near(typed_word_of_list, seen->values, wanted, near, sizeof near);
    const char *meant = found ? strstr(near, "did you mean") : NULL;
    output_complain(call->output, "intake %s: --%s %.80s matches none of %zu messages received%s%s",
                    call->command->name, option, wanted, received, meant ? "; " : "",
                    meant ? meant : "");
    return true;
}

bool dlq_unmatched(const struct command_call *call, const struct dead_letters *messages)
{
    struct dead_letter_filter filter = dlq_filter(call);
    size_t received = messages->received;
    if (messages->count > 0 || received == 0 || dead_letter_filter_is_empty(&filter))
        return false;
    bool told = part_unmatched(call, "upload", filter.upload, &messages->uploads, received);
    told = part_unmatched(call, "vendor", filter.vendor, &messages->vendors, received) || told;
    told = part_unmatched(call, "type", filter.type, &messages->types, received) || told;
    if (!told && filter.id_count == 0)
        output_complain(call->output,
                        "intake %s: no message of %zu received matches all of the selection",
                        call->command->name, received);
    return true;
}

enum error_code dlq_open(const struct command_call *call, struct pipeline *pipeline,
                         struct dead_letter_queue *queue, struct error *error)
{
    enum error_code code = session_pipeline(call->session, pipeline, error);
    if (code)
        return code;
    return dead_letter_queue_find(pipeline, options_operand(call->options, 0), queue, error);
}

void dlq_receiving(void *context, int64_t done, int64_t total)
{
    const struct command_call *call = context;
    output_progress(call->output, "received %lld of about %lld", (long long)done, (long long)total);
}

void dlq_moving(void *context, int64_t done, int64_t total)
{
    const struct command_call *call = context;
    output_progress(call->output, "%lld of %lld", (long long)done, (long long)total);
}

int dlq_confirm(const struct command_call *call, const struct replay_plan *plan)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    replay_plan_text(plan, &text);
    int answer = command_confirm(call, (size_t)plan->planned, text.data);
    buffer_release(&text);
    return answer;
}

int dlq_act(struct command_call *call, const struct dlq_action *action)
{
    struct error error = ERROR_INIT, left = ERROR_INIT;
    struct pipeline pipeline;
    struct dead_letter_queue queue;
    struct replay_plan plan;
    char to_url[DEAD_LETTER_URL_SIZE];
    int result;
    bool unmatched = false;
    if (dlq_open(call, &pipeline, &queue, &error) ||
        (action->to && dead_letter_destination_find(&pipeline, &queue, action->to, to_url, &error)))
        return command_fail(call, &error);
    const struct replay_request request = {
        .queue = &queue,
        .filter = dlq_filter(call),
        .all = options_flag(call->options, "all"),
        .limit = options_number(call->options, "limit", 0),
        .dry_run = command_dry_run(call),
        .operator_reason = command_reason(call),
        .windows = options_flag(call->options, "yes"),
        .hold_s = options_flag(call->options, "yes") ? 60 : 0,
        .file = action->file,
        .discard = action->discard,
        .to_url = action->to ? to_url : NULL,
        .rate = action->rate,
        .progress = dlq_receiving,
        .progress_context = call,
    };
    enum error_code code = replay_plan_make(&pipeline, &request, &plan, &error);
    output_progress_end(call->output);
    if (!code && !action->file)
        unmatched = dlq_unmatched(call, &plan.letters);
    if (code)
        result = command_fail(call, &error);
    else if (request.dry_run)
        result = action->show(call, &plan, action->context);
    else
        result = action->carry_out(call, &pipeline, &plan, action->context);
    if (replay_plan_release(&pipeline, &plan, &left)) {
        output_complain(call->output, "intake %s: %s", call->command->name, left.message);
        result = command_worse(result, EXIT_PARTLY);
    }
    return unmatched ? command_worse(result, EXIT_PARTLY) : result;
}
