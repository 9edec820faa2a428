/* A little above json-c: bounded parsing, typed getters that forgive absence, and writing. */
#ifndef INTAKE_CORE_BASE_JSON_H
#define INTAKE_CORE_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

/* Parses one whole document of at most 64 levels (RFC 8259); bytes behind it are an error.
 *out is the caller's, json_object_put() it. ERROR_INVALID says at which byte. */
MUST_CHECK enum error_code json_parse(const char *text, size_t len, struct json_object **out,
                                      struct error *error);

/* A member, or NULL where the object is NULL, no object, or lacks it. Borrowed. */
struct json_object *json_member(struct json_object *object, const char *key);

/* A path of members: json_path(o, "a", "b", NULL) is o.a.b or NULL. Borrowed. */
struct json_object *json_path(struct json_object *object, ...) __attribute__((sentinel));

/* The text of a string member (len may be NULL), or NULL. Borrowed. */
const char *json_text(struct json_object *object, const char *key, size_t *len);

/* A number, or a string that is wholly one (DynamoDB writes numbers so); false if neither. */
bool json_integer(struct json_object *object, const char *key, int64_t *value);

/* Elements of an array; 0 for anything else. */
size_t json_count(struct json_object *array);

/* A JSON string with its quotes, on one line for every reader and harmless on a terminal: control
   and invisible characters (text_is_invisible) are escaped. A byte that is not UTF-8 becomes
   U+FFFD; a NULL text, null. */
void json_append_string(struct buffer *out, const char *text, size_t len);
void json_append_text(struct buffer *out, const char *text);

/* How many bytes of the text, whole characters, json_append_string can write within max_bytes
   (without the quotes); *used: what they take there. One byte of text takes up to six. */
size_t json_string_prefix(const char *text, size_t len, size_t max_bytes, size_t *used);

/* `"key":` with a comma before it unless the last byte opens an object or array or is a colon. */
void json_append_key(struct buffer *out, const char *key);
void json_append_member(struct buffer *out, const char *key, const char *text); /* string or null */
void json_append_member_integer(struct buffer *out, const char *key, int64_t value);
void json_append_member_bool(struct buffer *out, const char *key, bool value);

#endif
