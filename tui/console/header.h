/* The strip above every screen: asks for what it says and draws it. */
#ifndef INTAKE_TUI_CONSOLE_HEADER_H
#define INTAKE_TUI_CONSOLE_HEADER_H

#include <stdint.h>

#include "tui/widgets/draw.h"

struct console;
struct header;

void header_init(struct console *console);
/* Starts what is due; ms until it wants to be called again. */
int64_t header_tick(struct console *console, int64_t now_ms);
/* Returns how many of the lines it took: one where there is little room, else two. */
int header_draw(const struct console *console, struct area area);
int header_height(int screen_height);
/* How many of the dead letters of a queue (NULL: of all) nobody has acknowledged; what is not told,
 * below zero, stays so. */
int64_t header_open_letters(const struct header *header, const char *queue, int64_t messages);

#endif
