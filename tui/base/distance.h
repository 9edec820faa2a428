/* How far apart two words are, for "did you mean". Pure. */
#ifndef INTAKE_TUI_BASE_DISTANCE_H
#define INTAKE_TUI_BASE_DISTANCE_H

#include <stddef.h>

/* Edit distance (Levenshtein) of two texts of at most 63 bytes; 63 where one is longer. */
size_t text_distance(const char *a, const char *b);

#endif
