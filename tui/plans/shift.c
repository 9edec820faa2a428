#include "tui/plans/shift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/time_text.h"
#include "core/history/history.h"
#include "core/operate/shift/shift.h"
#include "tui/base/memory.h"
#include "tui/base/typed.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/plans/plans.h"

struct shift_work {
    struct plan_thing thing; /* variant: enum shift_action */
    char *text, *until, *queue;
    bool forced;
};

/* What each work begins with: the values of the form that was last answered. */
static struct {
    char *text, *until, *queue;
} given;

static void give(char **place, const char *value)
{
    free(*place);
    *place = value && value[0] != '\0' ? console_copy(value) : NULL;
}

static void begin(void *data)
{
    struct shift_work *work = data;
    work->text = given.text ? console_copy(given.text) : NULL;
    work->until = given.until ? console_copy(given.until) : NULL;
    work->queue = given.queue ? console_copy(given.queue) : NULL;
}

static bool is_ack(const struct shift_work *work)
{
    return work->thing.variant == SHIFT_ACK || work->thing.variant == SHIFT_UNACK;
}

static enum error_code make_ack(struct job_context *context, struct shift_work *work,
                                struct buffer *text, struct error *error)
{
    struct ack_request request = {.id = work->thing.id,
                                  .queue = work->queue,
                                  .text = work->text,
                                  .until_ms = HISTORY_NEVER,
                                  .undo = work->thing.variant == SHIFT_UNACK};
    if (work->until && !typed_time_ahead(work->until, console_clock(), &request.until_ms))
        return error_set(error, ERROR_USAGE,
                         "until %.80s: must be a date, a time or a span: 8h, 2d, tomorrow",
                         work->until);
    return plan_thing_make(context, work, &request, text, error);
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct shift_work *work = data;
    if (is_ack(work))
        return make_ack(context, work, text, error);
    if (work->thing.variant == SHIFT_NOTE) {
        const struct note_request note = {.upload_id = work->thing.id,
                                          .text = work->text ? work->text : ""};
        return plan_thing_make(context, work, &note, text, error);
    }
    const struct assign_request assign = {.upload_id = work->thing.id,
                                          .assignee = work->text,
                                          .undo = work->thing.variant == SHIFT_RELEASE,
                                          .force = true};
    return plan_thing_make(context, work, &assign, text, error);
}

static int64_t size(const void *data)
{
    const struct plan_thing *thing = data;
    return thing->operation->changes ? thing->operation->changes(thing->plan) : 1;
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct shift_work *work = data;
    const char *text = work->text ? work->text : "";
    if (work->thing.variant == SHIFT_ASSIGN && !work->text)
        text = "to yourself";
    snprintf(outline->what, sizeof outline->what, "%s", text);
}

/* What another person has is taken over by the word alone. */
static bool held_back(const void *data, struct buffer *why)
{
    const struct shift_work *work = data;
    const struct assign_plan *plan = work->thing.plan;
    if (is_ack(work) || work->thing.variant == SHIFT_NOTE || !plan->others || work->forced)
        return false;
    buffer_format(why, "%s is assigned to %s", work->thing.id, plan->before);
    return true;
}

static void force(void *data, bool forced)
{
    struct shift_work *work = data;
    work->forced = forced;
}

static void command(const void *data, struct buffer *line)
{
    static const char *const names[] = {[SHIFT_ACK] = "ack",
                                        [SHIFT_UNACK] = "ack",
                                        [SHIFT_NOTE] = "note",
                                        [SHIFT_ASSIGN] = "assign",
                                        [SHIFT_RELEASE] = "assign"};
    const struct shift_work *work = data;
    buffer_format(line, "intake %s ", names[work->thing.variant]);
    shell_quote(line, work->thing.id);
    if (work->text) {
        buffer_char(line, ' ');
        shell_quote(line, work->text);
    }
    shell_option(line, "until", work->until);
    shell_option(line, "queue", work->queue);
    if (work->thing.variant == SHIFT_UNACK || work->thing.variant == SHIFT_RELEASE)
        buffer_text(line, " --undo");
    if (work->forced)
        buffer_text(line, " --force");
}

/* A reason that is given with an acknowledgement is its text where none was typed. */
static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    const struct shift_work *work = data;
    struct ack_plan *untold =
        work->thing.variant == SHIFT_ACK && !work->text ? work->thing.plan : NULL;
    struct shift_result result;
    if (untold && reason && reason[0] != '\0')
        untold->text = reason;
    enum error_code code = plan_thing_apply(context, data, reason, &result, error);
    if (!code)
        work->thing.operation->text(work->thing.plan, text);
    if (untold)
        untold->text = NULL;
    return code;
}

static void release(void *data)
{
    struct shift_work *work = data;
    free(work->text);
    free(work->until);
    free(work->queue);
    plan_thing_release(work);
}

#define SHIFT_OPS(title_text, verb_text)                                                          \
    {                                                                                             \
        .title = title_text, .verb = verb_text, .role = ROLE_SUPPORT, .make = make, .size = size, \
        .apply = apply, .outline = outline, .held_back = held_back, .force = force,               \
        .command = command, .release = release                                                    \
    }

static const struct plan_ops ops[] = {
    [SHIFT_ACK] = SHIFT_OPS("Acknowledge", "ack"),
    [SHIFT_UNACK] = SHIFT_OPS("Remove the acknowledgement", "ack"),
    [SHIFT_NOTE] = SHIFT_OPS("Add a note", "note"),
    [SHIFT_ASSIGN] = SHIFT_OPS("Assign", "assign"),
    [SHIFT_RELEASE] = SHIFT_OPS("Release", "assign"),
};

#define SHIFT_KIND(action, operation_of)                \
    [action] = {.ops = &ops[action],                    \
                .operation = &(operation_of),           \
                .things = "things",                     \
                .work_size = sizeof(struct shift_work), \
                .variant = (action),                    \
                .begin = begin}

static const struct plan_kind kinds[] = {
    SHIFT_KIND(SHIFT_ACK, ack_operation), SHIFT_KIND(SHIFT_UNACK, ack_operation),
    SHIFT_KIND(SHIFT_NOTE, note_operation), SHIFT_KIND(SHIFT_ASSIGN, assign_operation),
    SHIFT_KIND(SHIFT_RELEASE, assign_operation)};

struct effect plan_shift(struct screen *screen, enum shift_action action,
                         const struct shift_values *values)
{
    bool messages = screen->ops->argument && strcmp(screen->ops->argument, "QUEUE") == 0;
    give(&given.text, values->text);
    give(&given.until, values->until);
    give(&given.queue, messages ? screen->argument : NULL);
    if (screen->ops->argument && !messages)
        return plan_one(screen->console, &kinds[action], screen->argument);
    return plan_marked(screen, &kinds[action]);
}
