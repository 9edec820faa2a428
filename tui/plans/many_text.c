#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/base/memory.h"
#include "tui/plans/many.h"

#define WRITTEN_OUT_MAX (256u << 10) /* of the items' own plans */
#define UNKNOWN "unknown"

struct tally {
    const char *name;
    size_t count;
};

static void append(struct buffer *text, const char *bytes)
{
    text_append_visible(text, bytes, strlen(bytes));
}

static void add_to(struct tally *tallies, size_t *used, const char *name)
{
    size_t i = 0;
    while (i < *used && strcmp(tallies[i].name, name) != 0)
        i++;
    *used += i == *used;
    tallies[i].name = name;
    tallies[i].count++;
}

static struct plan_outline outline_of(const struct plan_many *many, const struct plan_item *item)
{
    struct plan_outline outline = {.what = ""};
    if (many->kind->ops->outline)
        many->kind->ops->outline(item->work, &outline);
    return outline;
}

static void append_tallies(struct buffer *text, const char *label, const struct tally *tallies,
                           size_t count)
{
    buffer_text(text, label);
    for (size_t i = 0; i < count; i++) {
        buffer_text(text, i > 0 ? ", " : "");
        append(text, tallies[i].name);
        buffer_format(text, " (%zu)", tallies[i].count);
    }
    buffer_char(text, '\n');
}

static void append_whose_and_where(const struct plan_many *many, struct buffer *text)
{
    struct tally *vendors = console_allocate((many->count + 1) * sizeof *vendors);
    struct tally *places = console_allocate((many->count + 1) * sizeof *places);
    size_t vendor_count = 0;
    size_t place_count = 0;
    for (size_t i = 0; i < many->count; i++) {
        if (!many->items[i].in_plan)
            continue;
        struct plan_outline outline = outline_of(many, &many->items[i]);
        add_to(vendors, &vendor_count, outline.vendor ? outline.vendor : UNKNOWN);
        if (outline.destination)
            add_to(places, &place_count, outline.destination);
    }
    if (vendor_count > 0)
        append_tallies(text, "  vendors      ", vendors, vendor_count);
    if (place_count > 0)
        append_tallies(text, "  destination  ", places, place_count);
    free(vendors);
    free(places);
}

static void append_left_out(const struct plan_many *many, struct buffer *text)
{
    size_t count = plan_many_count(many, PLAN_ITEM_LEFT_OUT);
    if (count > 0)
        buffer_format(text, "\nExcluded: %zu, they stay marked\n", count);
    for (size_t i = 0; i < many->count; i++) {
        const struct plan_item *item = &many->items[i];
        if (item->state != PLAN_ITEM_LEFT_OUT)
            continue;
        buffer_text(text, "  ");
        append(text, item->id);
        buffer_text(text, "  ");
        append(text, item->why.data);
        buffer_char(text, '\n');
    }
}

static void append_planned(const struct plan_many *many, struct buffer *text)
{
    if (plan_many_count(many, PLAN_ITEM_PLANNED) > 0)
        buffer_text(text, "\nPlanned, in this order:\n");
    for (size_t i = 0; i < many->count; i++) {
        const struct plan_item *item = &many->items[i];
        if (!item->in_plan)
            continue;
        struct plan_outline outline = outline_of(many, item);
        buffer_text(text, "  ");
        append(text, item->id);
        buffer_text(text, "  ");
        append(text, outline.what);
        buffer_char(text, '\n');
    }
}

/* The plan of each by itself: exact texts, changes row by row. */
static void append_each(const struct plan_many *many, struct buffer *text)
{
    size_t began = text->len;
    size_t unwritten = 0;
    for (size_t i = 0; i < many->count; i++) {
        const struct plan_item *item = &many->items[i];
        if (!item->in_plan)
            continue;
        if (text->len - began + item->text.len > WRITTEN_OUT_MAX) {
            unwritten++;
            continue;
        }
        buffer_text(text, "\n---- ");
        append(text, item->id);
        buffer_text(text, " ----\n");
        buffer_append(text, item->text.data, item->text.len);
    }
    if (unwritten > 0)
        buffer_format(text, "\n%zu more plans are too long to show here\n", unwritten);
}

void plan_many_text(const struct plan_many *many, struct buffer *text)
{
    size_t done = plan_many_count(many, PLAN_ITEM_DONE);
    buffer_format(text, "%zu of %zu marked %s, %lld changes\n",
                  plan_many_count(many, PLAN_ITEM_PLANNED), many->count, many->kind->things,
                  (long long)plan_many_size(many));
    if (done > 0)
        buffer_format(text, "  done before  %zu\n", done);
    append_whose_and_where(many, text);
    buffer_text(text, "  frozen       rows marked later are not included\n");
    buffer_format(text,
                  "  stops        after %d failures; each item has its own entry in the audit "
                  "log\n",
                  PLAN_MANY_STOP_AFTER);
    append_left_out(many, text);
    append_planned(many, text);
    append_each(many, text);
}

static void append_joined(struct buffer *text, const struct buffer *told)
{
    const char *at = told->data;
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");
        buffer_append(text, at, length);
        at += length + (at[length] == '\n');
        if (*at != '\0')
            buffer_text(text, "; ");
    }
}

void plan_many_result(const struct plan_item *item, const struct buffer *told,
                      const struct error *error, struct buffer *text)
{
    static const char *const words[] = {[PLAN_ITEM_LEFT_OUT] = "excluded ",
                                        [PLAN_ITEM_PLANNED] = "not tried",
                                        [PLAN_ITEM_DONE] = "done     ",
                                        [PLAN_ITEM_FAILED] = "failed   "};
    buffer_format(text, "%s  ", words[item->state]);
    append(text, item->id);
    buffer_text(text, "  ");
    if (item->state == PLAN_ITEM_LEFT_OUT)
        append(text, item->why.data);
    if (error && error->code)
        append(text, error->message);
    else if (told)
        append_joined(text, told);
    buffer_char(text, '\n');
}
