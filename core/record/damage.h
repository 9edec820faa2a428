/* What a spreadsheet has made of a text: what it was is lost, and must come from the source. */
#ifndef INTAKE_CORE_RECORD_DAMAGE_H
#define INTAKE_CORE_RECORD_DAMAGE_H

#include <stdbool.h>

#include "core/base/buffer.h"
#include "core/record/record.h"

/* Longer values of text columns are too long anyway, and are not looked at. */
#define DAMAGE_BYTES_MAX ((size_t)8192)

/* What happened to the value and what to do, appended; false where it is sound. */
bool damage_append(struct buffer *out, enum product_column column, const char *text, size_t len);

/* The same question without words. */
bool damage_found(enum product_column column, const char *text, size_t len);

/* #REF!, #N/A and their kin in other languages. */
bool damage_is_error_word(const char *text, size_t len);

/* -, N/A, NULL and other words for nothing, in any case. */
bool damage_is_nothing(const char *text, size_t len);

#endif
