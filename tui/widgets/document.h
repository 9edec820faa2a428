/* Lines to read, some of which lead to another screen: what the screens about one thing are made
 * of. */
#ifndef INTAKE_TUI_WIDGETS_DOCUMENT_H
#define INTAKE_TUI_WIDGETS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/base/ids.h"
#include "tui/widgets/draw.h"

struct document_line {
    char *label; /* NULL for none; drawn in its own column */
    char *text;
    enum theme_tone tone;
    const char *screen; /* where Enter leads, a screen's name; NULL for nowhere */
    char *argument;
    char *filter; /* of the list it leads to, NULL for none */
    char *row;    /* the key of that list's row to stand on, NULL for none */
    bool head;
    bool when;   /* its label or its text is a time in UTC, or its label names UTC */
    bool hidden; /* a filter leaves it out: not drawn, not selected */
};

/* Filled on any thread, drawn on the screen's. */
struct document {
    struct document_line *lines;
    size_t count, capacity;
    size_t selected;
    int top;    /* in screen lines */
    int height; /* of the last drawing */
    int total;  /* screen lines of all of it, then */
    bool aside; /* drawn without a cursor, beside what has one */
    int label_width;
    struct id_set about; /* what the whole page is about, beside its argument */
};

void document_release(struct document *document);
void document_clear(struct document *document); /* keeps selection and place */
/* Takes the lines of `from`; the selection stays on what it was on, else on its line number. */
void document_replace(struct document *document, struct document *from);

void document_head(struct document *document, const char *text);
void document_text(struct document *document, enum theme_tone tone, const char *text);
/* Each line of the text its own. */
void document_lines(struct document *document, enum theme_tone tone, const char *text);
void document_format(struct document *document, enum theme_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void document_field(struct document *document, const char *label, enum theme_tone tone,
                    const char *text);
/* Makes the last line lead to a screen. `argument` is copied. */
void document_link(struct document *document, const char *screen, const char *argument);
/* The same to a list that is narrowed by `filter`. */
void document_link_filtered(struct document *document, const char *screen, const char *argument,
                            const char *filter);
/* Where the last line leads, the cursor is to stand on that row. */
void document_link_row(struct document *document, const char *row);
/* The last line is about a time: it is shown in the zone of tui/base/zone.h. */
void document_when(struct document *document);
void document_about(struct document *document, enum id_kind kind, const char *id);

/* Hides the lines that do not hold every word, and the heads of sections without any; "" shows
 * all. */
void document_filter(struct document *document, const char *words);
void document_move(struct document *document, long lines);
void document_select(struct document *document, size_t line);
/* NULL where there is none, or the filter hides them all. */
const struct document_line *document_selected(const struct document *document);
/* Selects the next line that leads somewhere (or the one before). */
void document_next_link(struct document *document, int direction);
void document_draw(struct document *document, struct area area);
/* "lines 1-20 of 57", as last drawn; "" where all of it shows. */
void document_place(const struct document *document, char *out, size_t size);
/* The line drawn at y, or document->count. */
size_t document_hit(const struct document *document, struct area area, int y);
char *document_as_text(const struct document *document);

#endif
