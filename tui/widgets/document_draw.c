#include <stdio.h>
#include <string.h>

#include "tui/base/zone.h"
#include "tui/widgets/document.h"

#define GUTTER 2
#define WRAPS_MOST 400 /* screen lines of one line: 32 KiB at 80 columns */

/* What is said of a thing has the larger part of a narrow screen. */
static int label_width(const struct document *document, int width)
{
    int most = width * 2 / 5;
    return document->label_width < most ? document->label_width : most;
}

static int text_column(const struct document *document, const struct document_line *line, int width)
{
    return GUTTER + (line->label ? label_width(document, width) + 2 : 0);
}

static int line_height(const struct document *document, const struct document_line *line, int width)
{
    const char *at = line->text;
    int room = width - text_column(document, line, width);
    int height = 0;
    if (line->hidden)
        return 0;
    if (room < 8)
        room = 8;
    if (strlen(at) <= (size_t)room)
        return 1; /* no code point is wider than it has bytes */
    while (*at != '\0' && height < WRAPS_MOST) {
        at += draw_wrap(at, room);
        height++;
    }
    return height > 0 ? height : 1;
}

struct zoned {
    char label[ZONE_TIME_SIZE], text[ZONE_TIME_SIZE];
};

/* Label and text of a line about a time, in local time: "Sent (UTC)" gives its zone to the text.
 * `line` is changed to borrow from `zoned`. */
static void put_into_zone(struct document_line *line, struct zoned *zoned)
{
    char *mark;
    if (!line->when || !zone_is_local())
        return;
    if (line->head) {
        zone_title(line->text, zoned->text, sizeof zoned->text);
        line->text = zoned->text;
    } else if (line->label && zone_time(line->label, false, zoned->label)) {
        line->label = zoned->label;
    } else if (zone_time(line->text, true, zoned->text)) {
        line->text = zoned->text;
        snprintf(zoned->label, sizeof zoned->label, "%s", line->label ? line->label : "");
        mark = strstr(zoned->label, " (UTC)");
        if (mark)
            *mark = '\0';
        line->label = line->label ? zoned->label : NULL;
    }
}

static void draw_line(const struct document *document, const struct document_line *stored,
                      struct area area, int y, bool selected)
{
    struct document_line shown = *stored;
    const struct document_line *line = &shown;
    struct zoned zoned;
    put_into_zone(&shown, &zoned);
    const char *at = line->text;
    int column = text_column(document, line, area.width);
    int room = area.width - column;
    int height = line_height(document, line, area.width);
    enum theme_tone tone = selected ? TONE_SELECTED : line->tone;
    if (room < 8)
        room = 8;
    for (int wrapped = 0; wrapped < height; wrapped++) {
        size_t take = *at != '\0' ? draw_wrap(at, room) : 0;
        char piece[2048];
        int row = y + wrapped;
        snprintf(piece, sizeof piece, "%.*s", (int)take, at);
        at += take;
        if (row < area.y || row >= area.y + area.height)
            continue;
        draw_fill(row, area.x, area.width, selected ? TONE_SELECTED : TONE_NORMAL);
        if (wrapped == 0 && selected)
            draw_text(row, area.x, 1, TONE_SELECTED, ">");
        if (wrapped == 0 && line->label)
            draw_cell(row, area.x + GUTTER, label_width(document, area.width), DRAW_LEFT,
                      selected ? TONE_SELECTED : TONE_LABEL, line->label);
        draw_text(row, area.x + column, area.width - column, tone, piece);
        if (wrapped == height - 1 && line->screen) {
            int used = column + draw_width(piece);
            if (used + 3 < area.width)
                draw_text(row, area.x + used + 1, 2, selected ? TONE_SELECTED : TONE_KEY, ">");
        }
    }
}

void document_draw(struct document *document, struct area area)
{
    int start = 0; /* screen line where the selected one begins */
    document->height = area.height;
    if (document->count == 0 || area.height < 1)
        return;
    document->total = 0;
    for (size_t i = 0; i < document->count; i++) {
        start = i == document->selected ? document->total : start;
        document->total += line_height(document, &document->lines[i], area.width);
    }
    int y = line_height(document, &document->lines[document->selected], area.width);
    if (y > area.height)
        y = area.height;
    if (document->aside) { /* it stands where who draws it put it */
        start = document->top;
        y = 0;
    }
    if (start < document->top)
        document->top = start;
    if (start + y > document->top + area.height)
        document->top = start + y - area.height;
    y = area.y - document->top;
    for (size_t i = 0; i < document->count && y < area.y + area.height; i++) {
        int height = line_height(document, &document->lines[i], area.width);
        if (height > 0 && y + height > area.y)
            draw_line(document, &document->lines[i], area, y,
                      i == document->selected && !document->aside);
        y += height;
    }
}

void document_place(const struct document *document, char *out, size_t size)
{
    int last = document->top + document->height;
    out[0] = '\0';
    if (document->count > 0 && document->total > document->height)
        snprintf(out, size, "lines %d-%d of %d", document->top + 1,
                 last < document->total ? last : document->total, document->total);
}

size_t document_hit(const struct document *document, struct area area, int y)
{
    int at = area.y - document->top;
    for (size_t i = 0; i < document->count; i++) {
        at += line_height(document, &document->lines[i], area.width);
        if (y < at)
            return i;
    }
    return document->count;
}
