#include "tui/plans/many.h"

#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/question.h"
#include "tui/frames/list.h"

#define ITEM_TEXT_MAX (1u << 20)
#define WHY_MAX 1024

size_t plan_many_count(const struct plan_many *many, enum plan_item_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < many->count; i++)
        count += many->items[i].state == state;
    return count;
}

int64_t plan_many_size(const struct plan_many *many)
{
    int64_t size = 0;
    for (size_t i = 0; i < many->count; i++)
        size += many->items[i].state == PLAN_ITEM_PLANNED ? many->items[i].size : 0;
    return size;
}

static int64_t size(const void *data)
{
    return plan_many_size(data);
}

/* What is wrong with this one alone; anything else would be wrong with the others too. */
static bool concerns_one(enum error_code code)
{
    return code == ERROR_CONFLICT || code == ERROR_NOT_FOUND || code == ERROR_INVALID ||
           code == ERROR_TOO_LARGE || code == ERROR_USAGE;
}

static bool would_fail_again(enum error_code code)
{
    return error_code_is_authentication(code);
}

static enum error_code item_make(const struct plan_many *many, struct job_context *context,
                                 struct plan_item *item, struct error *error)
{
    const struct plan_ops *ops = many->kind->ops;
    struct error own = ERROR_INIT;
    item->in_plan = false;
    buffer_clear(&item->text);
    buffer_clear(&item->why);
    if (item->state == PLAN_ITEM_DONE)
        return ERROR_NONE;
    item->state = PLAN_ITEM_LEFT_OUT;
    enum error_code code = ops->make(context, item->work, &item->text, &own);
    if (code && !concerns_one(code)) {
        *error = own;
        return error_wrap(error, "%s", item->id);
    }
    if (code) {
        buffer_text(&item->why, own.message);
    } else if ((item->size = plan_size(ops, item->work)) == 0) {
        buffer_text(&item->why, "nothing to do");
    } else if (!ops->held_back || !ops->held_back(item->work, &item->why)) {
        item->state = PLAN_ITEM_PLANNED;
        item->in_plan = true;
    }
    return ERROR_NONE;
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct plan_many *many = data;
    struct job_context part = *context;
    enum error_code code = ERROR_NONE;
    part.progress_whole = (int64_t)many->count;
    part.progress_share = 1;
    for (size_t i = 0; i < many->count && !code; i++) {
        part.progress_before = (int64_t)i;
        job_progress(&part, 0, 1);
        if (cancel_requested(context->cancel))
            return error_set(error, ERROR_CANCELLED, "cancelled while planning");
        code = item_make(many, &part, &many->items[i], error);
    }
    if (!code)
        plan_many_text(many, text);
    for (size_t i = 0; i < many->count; i++)
        buffer_release(&many->items[i].text);
    return code;
}

static enum error_code item_apply(const struct plan_many *many, struct job_context *context,
                                  struct plan_item *item, const char *reason, struct buffer *text)
{
    struct error error = ERROR_INIT;
    struct buffer told;
    buffer_init(&told, ITEM_TEXT_MAX);
    enum error_code code = many->kind->ops->apply(context, item->work, reason, &told, &error);
    item->state = code ? PLAN_ITEM_FAILED : PLAN_ITEM_DONE;
    plan_many_result(item, &told, &error, text);
    buffer_release(&told);
    return code;
}

static enum error_code sum_up(const struct plan_many *many, enum error_code code,
                              struct buffer *text, struct error *error)
{
    size_t done = plan_many_count(many, PLAN_ITEM_DONE);
    size_t failed = plan_many_count(many, PLAN_ITEM_FAILED);
    size_t untried = plan_many_count(many, PLAN_ITEM_PLANNED);
    size_t left_out = plan_many_count(many, PLAN_ITEM_LEFT_OUT);
    for (size_t i = 0; i < many->count; i++) {
        const struct plan_item *item = &many->items[i];
        if (item->state == PLAN_ITEM_PLANNED || item->state == PLAN_ITEM_LEFT_OUT)
            plan_many_result(item, NULL, NULL, text);
    }
    buffer_format(text, "\n%zu done, %zu failed, %zu not tried, %zu excluded\n", done, failed,
                  untried, left_out);
    if (failed + untried + left_out > 0)
        buffer_text(text, "items that were not done stay marked\n");
    if (code == ERROR_CANCELLED)
        return error_set(error, ERROR_CANCELLED, "cancelled: %zu done, %zu not tried", done,
                         untried);
    if (untried > 0)
        return error_set(error, ERROR_SERVICE, "stopped: %zu failed, %zu not tried", failed,
                         untried);
    if (failed > 0)
        return error_set(error, ERROR_SERVICE, "%zu of %zu failed", failed, done + failed);
    return ERROR_NONE;
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct plan_many *many = data;
    struct job_context part = *context;
    size_t failed = 0;
    enum error_code code = ERROR_NONE;
    part.progress_whole = plan_many_size(many);
    for (size_t i = 0; i < many->count; i++) {
        struct plan_item *item = &many->items[i];
        if (item->state != PLAN_ITEM_PLANNED)
            continue;
        if (cancel_requested(context->cancel))
            code = ERROR_CANCELLED;
        if (code == ERROR_CANCELLED || would_fail_again(code) || failed >= PLAN_MANY_STOP_AFTER)
            break;
        part.progress_share = item->size;
        code = item_apply(many, &part, item, reason, text);
        failed += code != ERROR_NONE;
        part.progress_before += item->size;
        job_progress(&part, 0, 1);
    }
    return sum_up(many, code, text, error);
}

static void command(const void *data, struct buffer *line)
{
    const struct plan_many *many = data;
    if (!many->kind->ops->command)
        return;
    for (size_t i = 0; i < many->count; i++) {
        if (!many->items[i].in_plan)
            continue;
        if (line->len > 0)
            buffer_text(line, "; ");
        many->kind->ops->command(many->items[i].work, line);
    }
}

static void settled(void *data, struct console *console, uint64_t origin)
{
    const struct plan_many *many = data;
    const char **done = console_allocate((many->count + 1) * sizeof *done);
    size_t count = 0;
    for (size_t i = 0; i < many->count; i++) {
        if (many->items[i].state == PLAN_ITEM_DONE)
            done[count++] = many->items[i].id;
    }
    list_unmark(console, origin, done, count);
    free(done);
}

static void release(void *data)
{
    struct plan_many *many = data;
    for (size_t i = 0; i < many->count; i++) {
        many->kind->ops->release(many->items[i].work);
        buffer_release(&many->items[i].text);
        buffer_release(&many->items[i].why);
        free(many->items[i].id);
    }
    free(many->items);
    free(many);
}

static struct effect open_many(struct screen *screen, const struct plan_kind *kind,
                               const struct mark_set *marks)
{
    struct plan_many *many = console_allocate(sizeof *many);
    char *target = console_format("%zu %s", marks->count, kind->things);
    many->kind = kind;
    many->count = marks->count;
    many->items = console_allocate(marks->count * sizeof *many->items);
    for (size_t i = 0; i < marks->count; i++) {
        many->items[i].id = console_copy(marks->keys[i]);
        many->items[i].work = plan_thing_new(kind, marks->keys[i]);
        buffer_init(&many->items[i].text, ITEM_TEXT_MAX);
        buffer_init(&many->items[i].why, WHY_MAX);
    }
    many->ops = (struct plan_ops){.title = kind->ops->title,
                                  .verb = kind->ops->verb,
                                  .role = kind->ops->role,
                                  .make = make,
                                  .apply = apply,
                                  .size = size,
                                  .command = command,
                                  .settled = settled,
                                  .release = release};
    struct effect effect = plan_open_marked(screen->console, &many->ops, target, many, screen->id);
    free(target);
    return effect;
}

struct effect plan_one(struct console *console, const struct plan_kind *kind, const char *id)
{
    return plan_open(console, kind->ops, id, plan_thing_new(kind, id));
}

static const struct plan_kind *asked; /* about marks that are not shown */

static struct effect open_marked(struct screen *screen, const struct plan_kind *kind)
{
    const struct mark_set *marks = &list_grid(screen)->marks;
    const struct row *row = list_selected(screen);
    if (marks->count > 1)
        return open_many(screen, kind, marks);
    if (marks->count == 1)
        return plan_open_marked(screen->console, kind->ops, marks->keys[0],
                                plan_thing_new(kind, marks->keys[0]), screen->id);
    return row ? plan_one(screen->console, kind, row_key(row)) : effect_none();
}

static struct effect hidden_answer(struct console *console, bool yes)
{
    return yes ? open_marked(console_top(console), asked) : effect_redraw();
}

struct effect plan_marked(struct screen *screen, const struct plan_kind *kind)
{
    size_t hidden = list_marks_hidden(screen), all = list_grid(screen)->marks.count;
    if (hidden == 0)
        return open_marked(screen, kind);
    asked = kind;
    question_open(screen->console, hidden_answer,
                  "%zu of %zu marked rows are not shown here. Include all %zu?", hidden, all, all);
    return effect_redraw();
}
