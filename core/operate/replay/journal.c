#include "core/operate/replay/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/operate/state_directory.h"
#include "core/record/key_map.h"

#define PATH_MAX_BYTES ((size_t)4096)
#define FILE_MAX ((size_t)1 << 30)

struct journal {
    struct buffer path, lock_path;
    char queue_arn[256];
    int fd, lock_fd;
    off_t size; /* of its whole lines */
    struct journal_entry *entries;
    size_t count, capacity;
    struct key_map places;  /* message id to index + 1 */
    struct buffer pending;  /* lines not written yet */
    const char *open_key;   /* kind of the line at the end of pending, not closed; NULL: none */
    enum error_code failed; /* of a note; told by the next write */
};

static const char *const state_keys[] = {"held", "sending", "sent", "deleted"};

/* ---- where */

/* A queue of another account or region with the same name has another file. */
static void name_append(struct buffer *path, const char *queue_arn, const char *queue_name,
                        bool with_target)
{
    buffer_format(path, "/replay-");
    for (const char *c = queue_name; *c != '\0'; c++)
        buffer_char(path, *c == '/' ? '_' : *c);
    buffer_format(path, "-%08x", text_hash(queue_arn, strlen(queue_arn)));
    if (with_target)
        state_directory_target(path);
    buffer_text(path, ".journal");
}

/* A replay that was interrupted before environments had files of their own goes on in its file. */
static enum error_code before_names(struct buffer *path, const char *queue_arn,
                                    const char *queue_name, struct error *error)
{
    struct buffer common;
    buffer_init(&common, PATH_MAX_BYTES);
    enum error_code code = buffer_check(path, error);
    if (!code)
        code = state_directory_common(&common, error);
    name_append(&common, queue_arn, queue_name, false);
    if (!code && !buffer_check(&common, NULL) && access(path->data, F_OK) != 0 &&
        access(common.data, F_OK) == 0) {
        buffer_clear(path);
        buffer_text(path, common.data);
        code = buffer_check(path, error);
    }
    buffer_release(&common);
    return code;
}

static enum error_code paths_make(const char *queue_arn, const char *queue_name, bool make,
                                  struct buffer *path, struct error *error)
{
    enum error_code code = make ? state_directory(path, error) : state_directory_name(path, error);
    if (code)
        return code;
    name_append(path, queue_arn, queue_name, true);
    return before_names(path, queue_arn, queue_name, error);
}

/* ---- reading */

static struct journal_entry *entry_find(const struct journal *journal, const char *message_id)
{
    uint32_t place = key_map_find(&journal->places, message_id, strlen(message_id));
    return place != 0 ? &journal->entries[place - 1] : NULL;
}

static struct journal_entry *entry_get(struct journal *journal, const char *message_id)
{
    struct journal_entry *found = entry_find(journal, message_id);
    void *list = journal->entries;
    if (found || journal->failed)
        return found;
    journal->failed = memory_reserve(&list, &journal->capacity, journal->count + 1,
                                     sizeof *journal->entries, NULL);
    journal->entries = list;
    char *copy = journal->failed ? NULL : memory_copy_text(message_id, strlen(message_id));
    if (copy)
        journal->failed =
            key_map_put(&journal->places, copy, strlen(copy), (uint32_t)journal->count + 1, NULL);
    if (!copy || journal->failed) {
        journal->failed = ERROR_MEMORY;
        free(copy);
        return NULL;
    }
    journal->entries[journal->count] = (struct journal_entry){.message_id = copy};
    return &journal->entries[journal->count++];
}

static void receipt_set(struct journal_entry *entry, const char *receipt)
{
    free(entry->receipt);
    entry->receipt = memory_copy_text(receipt, strlen(receipt));
}

static void ids_apply(struct journal *journal, struct json_object *list, int state)
{
    for (size_t i = 0; i < json_count(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        bool pair = json_object_is_type(item, json_type_array);
        const char *id = json_object_get_string(pair ? json_object_array_get_idx(item, 0) : item);
        const char *receipt =
            pair ? json_object_get_string(json_object_array_get_idx(item, 1)) : NULL;
        struct journal_entry *entry = id ? entry_get(journal, id) : NULL;
        if (!entry)
            continue;
        if (receipt)
            receipt_set(entry, receipt);
        if (state < 0)
            entry->unknown = true;
        else if (!(state == JOURNAL_HELD && receipt && entry->state == JOURNAL_SENT))
            entry->state = (enum journal_state)state;
    }
}

static bool line_apply(struct journal *journal, const char *line, size_t len)
{
    struct json_object *document = NULL;
    if (json_parse(line, len, &document, NULL))
        return false;
    for (int state = JOURNAL_HELD; state <= JOURNAL_DELETED; state++)
        ids_apply(journal, json_member(document, state_keys[state]), state);
    ids_apply(journal, json_member(document, "unknown"), -1);
    json_object_put(document);
    return true;
}

static enum error_code file_read(int fd, struct buffer *text, struct error *error)
{
    char block[65536];
    ssize_t got;
    while ((got = read(fd, block, sizeof block)) > 0)
        buffer_append(text, block, (size_t)got);
    if (got < 0)
        return error_set(error, ERROR_IO, "cannot read the journal: %s", strerror(errno));
    return buffer_check(text, error);
}

/* Whole lines only; what a crash tore off at the end is not there. */
static enum error_code journal_read(struct journal *journal, struct error *error)
{
    struct buffer text;
    size_t number = 0;
    buffer_init(&text, FILE_MAX);
    enum error_code code = file_read(journal->fd, &text, error);
    const char *line = text.data, *end = text.data + text.len, *stop;
    while (!code && (stop = memchr(line, '\n', (size_t)(end - line)))) {
        number++;
        if (!line_apply(journal, line, (size_t)(stop - line)))
            code = error_set(error, ERROR_INVALID,
                             "line %zu of %s is damaged: which messages it says were sent is not "
                             "known. Move the file away to replay without it: a message may then "
                             "reach its destination twice",
                             number, journal->path.data);
        line = stop + 1;
    }
    journal->size = line - text.data;
    if (!code && journal->failed)
        code = error_set(error, journal->failed, "out of memory for the journal");
    buffer_release(&text);
    return code;
}

/* What an earlier run left in doubt stays in doubt, whatever becomes of it. */
static void doubts_mark(struct journal *journal)
{
    for (size_t i = 0; i < journal->count; i++)
        if (journal->entries[i].state == JOURNAL_SENDING)
            journal->entries[i].unknown = true;
}

static struct journal *journal_new(const char *queue_arn)
{
    struct journal *journal = memory_new(1, sizeof *journal);
    if (!journal)
        return NULL;
    buffer_init(&journal->path, PATH_MAX_BYTES);
    buffer_init(&journal->lock_path, PATH_MAX_BYTES);
    buffer_init(&journal->pending, FILE_MAX);
    key_map_init(&journal->places);
    journal->fd = journal->lock_fd = -1;
    snprintf(journal->queue_arn, sizeof journal->queue_arn, "%.255s", queue_arn);
    return journal;
}

static enum error_code lock_take(struct journal *journal, const char *queue_name,
                                 struct error *error)
{
    buffer_format(&journal->lock_path, "%s.lock", journal->path.data);
    journal->lock_fd = open(journal->lock_path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (journal->lock_fd < 0)
        return error_set(error, ERROR_IO, "%s: %s", journal->lock_path.data, strerror(errno));
    if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return ERROR_NONE;
    if (errno != EWOULDBLOCK)
        return error_set(error, ERROR_IO, "%s: %s", journal->lock_path.data, strerror(errno));
    return error_set(error, ERROR_CONFLICT,
                     "another process of yours is working on %s (it holds %s); try again when "
                     "it has finished",
                     queue_name, journal->lock_path.data);
}

static enum error_code journal_start(struct journal *journal, int64_t now_ms, struct error *error)
{
    char at[TIME_TEXT_SIZE];
    journal->fd = open(journal->path.data, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal->fd < 0)
        return error_set(error, ERROR_IO, "%s: %s", journal->path.data, strerror(errno));
    enum error_code code = journal_read(journal, error);
    if (!code && ftruncate(journal->fd, journal->size) != 0)
        code = error_set(error, ERROR_IO, "%s: %s", journal->path.data, strerror(errno));
    if (code)
        return code;
    doubts_mark(journal);
    time_text_iso8601(now_ms, at);
    buffer_char(&journal->pending, '{');
    json_append_member(&journal->pending, "queue", journal->queue_arn);
    json_append_member(&journal->pending, "at", at);
    buffer_text(&journal->pending, "}\n");
    for (size_t i = 0; i < journal->count; i++)
        if (journal->entries[i].unknown)
            journal_note_unknown(journal, journal->entries[i].message_id);
    return journal_write(journal, false, error);
}

enum error_code journal_open(const char *queue_arn, const char *queue_name, int64_t now_ms,
                             struct journal **out, struct error *error)
{
    struct journal *journal = journal_new(queue_arn);
    *out = NULL;
    if (!journal)
        return error_set(error, ERROR_MEMORY, "out of memory for the journal");
    enum error_code code = paths_make(queue_arn, queue_name, true, &journal->path, error);
    if (!code)
        code = lock_take(journal, queue_name, error);
    if (!code)
        code = journal_start(journal, now_ms, error);
    if (!code)
        *out = journal;
    else
        journal_close(journal);
    return code;
}

enum error_code journal_look(const char *queue_arn, const char *queue_name, size_t *sent,
                             size_t *unknown, struct error *error)
{
    struct journal *journal = journal_new(queue_arn);
    if (sent)
        *sent = 0;
    if (unknown)
        *unknown = 0;
    if (!journal)
        return error_set(error, ERROR_MEMORY, "out of memory for the journal");
    enum error_code code = paths_make(queue_arn, queue_name, false, &journal->path, error);
    if (!code)
        journal->fd = open(journal->path.data, O_RDONLY | O_CLOEXEC);
    if (!code && journal->fd < 0 && errno != ENOENT && errno != ENOTDIR)
        code = error_set(error, ERROR_IO, "%s: %s", journal->path.data, strerror(errno));
    if (!code && journal->fd >= 0)
        code = journal_read(journal, error);
    for (size_t i = 0; i < journal->count; i++) {
        if (sent && journal->entries[i].state == JOURNAL_SENT)
            ++*sent;
        if (unknown && journal_entry_in_doubt(&journal->entries[i]))
            ++*unknown;
    }
    journal_close(journal);
    return code;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    for (size_t i = 0; i < journal->count; i++) {
        free(journal->entries[i].message_id);
        free(journal->entries[i].receipt);
    }
    free(journal->entries);
    key_map_release(&journal->places);
    buffer_release(&journal->path);
    buffer_release(&journal->lock_path);
    buffer_release(&journal->pending);
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->lock_fd >= 0)
        close(journal->lock_fd);
    free(journal);
}

const char *journal_path(const struct journal *journal)
{
    return journal->path.data;
}

size_t journal_count(const struct journal *journal)
{
    return journal->count;
}

const struct journal_entry *journal_entry(const struct journal *journal, size_t index)
{
    return &journal->entries[index];
}

const struct journal_entry *journal_find(const struct journal *journal, const char *message_id)
{
    return entry_find(journal, message_id);
}

bool journal_entry_in_doubt(const struct journal_entry *entry)
{
    return entry->state == JOURNAL_SENDING || (entry->state == JOURNAL_HELD && entry->unknown);
}

/* ---- writing */

static void line_close(struct journal *journal)
{
    if (journal->open_key)
        buffer_text(&journal->pending, "]}\n");
    journal->open_key = NULL;
}

static void line_continue(struct journal *journal, const char *key)
{
    if (journal->open_key == key) {
        buffer_char(&journal->pending, ',');
        return;
    }
    line_close(journal);
    buffer_format(&journal->pending, "{\"%s\":[", key);
    journal->open_key = key;
}

void journal_note_held(struct journal *journal, const char *message_id, const char *receipt)
{
    struct journal_entry *entry = entry_get(journal, message_id);
    if (!entry)
        return;
    receipt_set(entry, receipt);
    entry->met = true;
    if (entry->state != JOURNAL_SENT)
        entry->state = JOURNAL_HELD;
    line_continue(journal, state_keys[JOURNAL_HELD]);
    buffer_char(&journal->pending, '[');
    json_append_text(&journal->pending, message_id);
    buffer_char(&journal->pending, ',');
    json_append_text(&journal->pending, receipt);
    buffer_char(&journal->pending, ']');
}

void journal_note(struct journal *journal, enum journal_state state, const char *message_id)
{
    struct journal_entry *entry = entry_get(journal, message_id);
    if (!entry)
        return;
    entry->state = state;
    line_continue(journal, state_keys[state]);
    json_append_text(&journal->pending, message_id);
}

void journal_note_unknown(struct journal *journal, const char *message_id)
{
    static const char key[] = "unknown";
    struct journal_entry *entry = entry_get(journal, message_id);
    if (!entry)
        return;
    entry->unknown = true;
    line_continue(journal, key);
    json_append_text(&journal->pending, message_id);
}

void journal_note_told(struct journal *journal, const char *message_id)
{
    struct journal_entry *entry = entry_find(journal, message_id);
    if (entry)
        entry->told = true;
}

static enum error_code write_whole(int fd, const char *data, size_t len, const char *path,
                                   struct error *error)
{
    if (file_write_all(fd, data, len))
        return ERROR_NONE;
    return error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
}

enum error_code journal_write(struct journal *journal, bool sync, struct error *error)
{
    line_close(journal);
    enum error_code code =
        journal->failed ? error_set(error, journal->failed, "the notes of this replay are lost")
                        : buffer_check(&journal->pending, error);
    if (!code) {
        code = write_whole(journal->fd, journal->pending.data, journal->pending.len,
                           journal->path.data, error);
        if (!code)
            journal->size += (off_t)journal->pending.len;
        else if (ftruncate(journal->fd, journal->size) != 0)
            journal->failed = code; /* half a line stands there: nothing is written behind it */
    }
    if (!code && sync && fdatasync(journal->fd) != 0)
        code =
            error_set(error, ERROR_IO, "cannot sync %s: %s", journal->path.data, strerror(errno));
    if (!code)
        buffer_clear(&journal->pending);
    return code;
}

/* Whoever reads it next must know: sent or in doubt and not deleted, or in doubt and never told. */
static bool entry_open(const struct journal_entry *entry)
{
    return entry->state == JOURNAL_SENDING || entry->state == JOURNAL_SENT ||
           (entry->unknown && (entry->state == JOURNAL_HELD || !entry->told));
}

/* The open entries as lines in `pending`. */
static size_t open_write(struct journal *journal)
{
    size_t open = 0;
    buffer_clear(&journal->pending);
    journal->open_key = NULL;
    for (size_t i = 0; i < journal->count; i++) {
        struct journal_entry *entry = &journal->entries[i];
        enum journal_state state = entry->state;
        if (!entry_open(entry))
            continue;
        open++;
        if (entry->receipt) {
            entry->state = JOURNAL_HELD;
            char *receipt = entry->receipt;
            entry->receipt = NULL;
            journal_note_held(journal, entry->message_id, receipt);
            free(receipt);
        }
        if (state != JOURNAL_HELD)
            journal_note(journal, state, entry->message_id);
        if (entry->unknown)
            journal_note_unknown(journal, entry->message_id);
    }
    line_close(journal);
    return open;
}

enum error_code journal_settle(struct journal *journal, struct error *error)
{
    struct buffer next;
    int fd = -1;
    if (open_write(journal) == 0) {
        if (unlink(journal->path.data) != 0 && errno != ENOENT)
            return error_set(error, ERROR_IO, "%s: %s", journal->path.data, strerror(errno));
        return ERROR_NONE;
    }
    buffer_init(&next, PATH_MAX_BYTES);
    buffer_format(&next, "%s.next", journal->path.data);
    enum error_code code = buffer_check(&journal->pending, error);
    if (!code) {
        fd = open(next.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0)
            code = error_set(error, ERROR_IO, "%s: %s", next.data, strerror(errno));
    }
    if (!code)
        code = write_whole(fd, journal->pending.data, journal->pending.len, next.data, error);
    if (!code && (fdatasync(fd) != 0 || rename(next.data, journal->path.data) != 0))
        code = error_set(error, ERROR_IO, "%s: %s", next.data, strerror(errno));
    if (fd >= 0)
        close(fd);
    buffer_clear(&journal->pending);
    buffer_release(&next);
    return code;
}
