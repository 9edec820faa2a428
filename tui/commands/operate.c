#include "tui/commands/operate.h"

#include <stdlib.h>

#define PLAN_TEXT_MAX ((size_t)1 << 20)

static bool changes(const struct operate *operate, const void *plan)
{
    return !operate->operation->changes || operate->operation->changes(plan);
}

static size_t size(const struct operate *operate, const void *plan)
{
    if (!changes(operate, plan))
        return 0;
    return operate->operation->size ? operate->operation->size(plan) : 1;
}

static void show(struct command_call *call, const struct operate *operate, const void *plan,
                 const void *result)
{
    if (result && operate->tell)
        operate->tell(call, plan, result);
    else if (call->output->json)
        operate->json(&call->output->text, plan, result);
    else
        operate->operation->text(plan, &call->output->text);
}

static int carry_out(struct command_call *call, const struct operate *operate,
                     struct pipeline *pipeline, const void *plan, void *result)
{
    const struct operation *operation = operate->operation;
    const bool *changed = result;
    struct error error = ERROR_INIT;
    struct buffer text;
    buffer_init(&text, PLAN_TEXT_MAX);
    operation->text(plan, &text);
    int confirmed = command_confirm_text(call, size(operate, plan), &text);
    if (confirmed != EXIT_DONE)
        return confirmed;
    enum error_code code = operation->apply(pipeline, plan, command_reason(call), result, &error);
    if (!code || *changed)
        show(call, operate, plan, result);
    if (operation->result_release)
        operation->result_release(result);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

static int dry_run(struct command_call *call, const struct operate *operate, const void *plan)
{
    show(call, operate, plan, NULL);
    return operate->not_well && operate->not_well(plan) ? EXIT_PARTLY : EXIT_DONE;
}

int command_operate(struct command_call *call, const struct operate *operate)
{
    const struct operation *operation = operate->operation;
    struct error error = ERROR_INIT;
    struct pipeline pipeline = {.db = NULL};
    void *plan = calloc(1, operation->plan_size);
    void *result = calloc(1, operation->result_size);
    int exit_code = EXIT_DONE;
    enum error_code code = plan && result
                               ? session_pipeline_for(call->session, operation, &pipeline, &error)
                               : error_set(&error, ERROR_MEMORY, "out of memory for a plan");
    if (code)
        exit_code = command_fail(call, &error);
    else if (operation->make(&pipeline, operate->request, plan, &error))
        exit_code = command_fail_noted(call, operate->target, &error);
    else if (command_dry_run(call))
        exit_code = dry_run(call, operate, plan);
    else
        exit_code = carry_out(call, operate, &pipeline, plan, result);
    if (plan)
        operation->release(plan);
    free(plan);
    free(result);
    return exit_code;
}
