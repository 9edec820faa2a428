/* Ids in texts: of which kind, and all that are known of one thing. Pure. */
#ifndef INTAKE_TUI_BASE_IDS_H
#define INTAKE_TUI_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>

/* ID_ANY stands for whatever the text says it is, in columns that hold several kinds. */
enum id_kind {
    ID_NONE,
    ID_UPLOAD,
    ID_VENDOR,
    ID_QUEUE,
    ID_MESSAGE,
    ID_ROW, /* of a record in its upload */
    ID_SKU,
    ID_FILE,
    ID_WORD, /* nothing we know: something to search for */
    ID_ANY,
    ID_KINDS
};

#define ID_SIZE 192

/* What is known of the thing under the cursor: one id of each kind at most, the first one given. */
struct id_set {
    char values[ID_KINDS][ID_SIZE];
};

/* Finds the id in a text that somebody pasted: an upload's (also within a line or a report's key),
 * an object's key or a file's name, a queue's name, URL or ARN, a vendor's id; ID_WORD for another
 * word, ID_NONE for nothing. */
enum id_kind id_find(const char *text, char value[ID_SIZE]);
/* An upload's id says its vendor too. "" and NULL are nothing; ID_ANY is looked into. */
void id_set_add(struct id_set *set, enum id_kind kind, const char *value);
/* What a screen's argument or a filter says ("UPLOAD_... row:3", "sku:\"A 1\""); `wants` is how
 * screen_ops describes the argument ("UPLOAD", "QUEUE MESSAGE"), NULL where it may be anything. */
void id_set_add_argument(struct id_set *set, const char *wants, const char *argument);
void id_set_add_filter(struct id_set *set, const char *filter);

/* What a template, a filter and screen_ops call the kind; ID_NONE for another word. */
enum id_kind id_kind_named(const char *name, size_t length);

#endif
