#include "tui/commands/dlq.h"

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

void dlq_request(const struct command_call *call, const struct dead_letter_queue *queue,
                 struct replay_request *request)
{
    *request = (struct replay_request){
        .queue = queue,
        .filter = dlq_filter(call),
        .all = options_flag(call->options, "all"),
        .limit = options_number(call->options, "limit", 0),
        .dry_run = command_dry_run(call),
        .operator_reason = command_reason(call),
        .windows = options_flag(call->options, "yes"),
        .hold_s = options_flag(call->options, "yes") ? 60 : 0,
    };
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
