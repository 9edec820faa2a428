/* Members of JSON documents that several commands share. The caller opens and closes the object. */
#ifndef INTAKE_TUI_COMMANDS_UPLOAD_JSON_H
#define INTAKE_TUI_COMMANDS_UPLOAD_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/history/history.h"
#include "core/history/shift.h"
#include "core/history/timeline.h"

/* A time, null for HISTORY_NEVER. */
void json_member_time(struct buffer *out, const char *key, int64_t ms);
/* A comma between the elements of an array: nothing where the array has just been opened. */
void json_element(struct buffer *out, bool *first);

/* The key, and the array's bracket. */
void json_array(struct buffer *out, const char *key);
/* A whole array of objects under that key: `members` writes what is in the braces of one, of which
 * `list` has `count` of `size` bytes. */
void json_objects(struct buffer *out, const char *key, const void *list, size_t count, size_t size,
                  void (*members)(struct buffer *out, const void *listed));
/* A whole array of texts under that key. */
void json_texts(struct buffer *out, const char *key, const char *const *texts, size_t count);

/* The members of a row of `errors`. */
void violation_members_json(struct buffer *out, const struct violation *violation);
/* What `uploads` shows of one. */
void upload_json(struct buffer *out, const struct upload *upload);
/* null, or {at, by, until, text}. */
void acknowledgement_json(struct buffer *out, const char *key,
                          const struct acknowledgement *acknowledged);
/* What `upload` shows of what people said of it. */
void upload_shift_json(struct buffer *out, const struct upload_shift *shift);
/* What `upload` shows beyond that; timeline may be NULL. */
void upload_detail_json(struct buffer *out, const struct upload_detail *detail,
                        const struct timeline *timeline);

#endif
