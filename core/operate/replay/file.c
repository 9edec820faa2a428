#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/operate/replay/replay_private.h"
#include "core/operate/state_directory.h"
#include "core/record/key_map.h"

#define FILE_MAX ((size_t)2 << 30)
#define LINE_MAX ((size_t)32 << 20)
#define WRITE_BLOCK ((size_t)1 << 20)

/* ---- writing */

static void letter_write(struct buffer *out, const struct dead_letter_queue *queue,
                         const struct dead_letter *letter)
{
    char sent_at[TIME_TEXT_SIZE];
    time_text_iso8601_ms(letter->sent_at_ms, sent_at);
    buffer_char(out, '{');
    json_append_member(out, "queue", queue->arn);
    json_append_member(out, "message_id", letter->message_id);
    json_append_member(out, "sent_at", sent_at);
    json_append_member_integer(out, "receive_count", letter->receive_count);
    json_append_member(out, "trace_header", letter->trace_header);
    json_append_member(out, "source_arn", letter->source_arn);
    json_append_key(out, "attributes");
    buffer_text(out, letter->attributes ? letter->attributes : "null");
    json_append_key(out, "body");
    json_append_string(out, letter->body, letter->body_length);
    buffer_text(out, "}\n");
}

static enum error_code block_write(int fd, struct buffer *block, const char *path,
                                   struct error *error)
{
    enum error_code code = buffer_check(block, error);
    if (!code && !file_write_all(fd, block->data, block->len))
        code = error_set(error, ERROR_IO, "cannot write %s: %s; nothing was deleted", path,
                         strerror(errno));
    buffer_clear(block);
    return code;
}

static enum error_code path_choose(struct pipeline *pipeline, const struct replay_plan *plan,
                                   const char *path, struct buffer *chosen, struct error *error)
{
    char at[TIME_TEXT_SIZE];
    if (path) {
        buffer_text(chosen, path);
        return buffer_check(chosen, error);
    }
    enum error_code code = state_directory(chosen, error);
    time_text_basic(world_now_ms(pipeline->world), at);
    buffer_format(chosen, "/discarded-%s-%s-%ld.jsonl", plan->queue.name, at, (long)getpid());
    return code ? code : buffer_check(chosen, error);
}

/* The name too must be on the disk before anything is deleted. */
static enum error_code folder_sync(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = !slash          ? memory_copy_text(".", 1)
                   : slash == path ? memory_copy_text("/", 1)
                                   : memory_copy_text(path, (size_t)(slash - path));
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    enum error_code code = ERROR_NONE;
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        code = error_set(error, ERROR_IO, "cannot sync the directory of %s: %s", path,
                         strerror(errno));
    if (fd >= 0)
        close(fd);
    free(folder);
    return code;
}

enum error_code replay_file_write(struct pipeline *pipeline, const struct replay_plan *plan,
                                  const char *path, char *out, size_t size, struct error *error)
{
    struct buffer chosen, block;
    int fd = -1;
    buffer_init(&chosen, 4096);
    buffer_init(&block, LINE_MAX + WRITE_BLOCK);
    enum error_code code = path_choose(pipeline, plan, path, &chosen, error);
    if (code)
        goto done;
    fd = open(chosen.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        code =
            error_set(error, ERROR_IO, "%s: %s; nothing was deleted", chosen.data, strerror(errno));
        goto done;
    }
    snprintf(out, size, "%s", chosen.data);
    for (size_t i = 0; i < plan->message_count && !code; i++) {
        letter_write(&block, &plan->queue, plan->messages[i]);
        if (block.len > WRITE_BLOCK || i + 1 == plan->message_count)
            code = block_write(fd, &block, chosen.data, error);
    }
    if (!code && fsync(fd) != 0)
        code = error_set(error, ERROR_IO, "cannot sync %s: %s; nothing was deleted", chosen.data,
                         strerror(errno));
    if (!code)
        code = folder_sync(chosen.data, error);
done:
    if (fd >= 0)
        close(fd);
    buffer_release(&chosen);
    buffer_release(&block);
    return code;
}

/* ---- reading */

static enum error_code whole_read(const char *path, struct buffer *text, struct error *error)
{
    char block[65536];
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    if (fd < 0)
        return error_set(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%s: %s", path,
                         strerror(errno));
    while ((got = read(fd, block, sizeof block)) > 0)
        buffer_append(text, block, (size_t)got);
    int failure = errno;
    if (!standard)
        close(fd);
    if (got < 0)
        return error_set(error, ERROR_IO, "%s: %s", path, strerror(failure));
    return buffer_check(text, error);
}

static const char *member(struct arena *memory, struct json_object *document, const char *key)
{
    size_t len = 0;
    const char *text = json_text(document, key, &len);
    return text ? arena_copy_text(memory, text, len) : NULL;
}

static bool letter_read(struct replay_plan *plan, struct json_object *document,
                        struct dead_letter *letter)
{
    struct arena *memory = &plan->letters.memory;
    struct json_object *attributes = json_member(document, "attributes");
    const char *sent_at = json_text(document, "sent_at", NULL);
    *letter = (struct dead_letter){
        .message_id = member(memory, document, "message_id"),
        .trace_header = member(memory, document, "trace_header"),
        .source_arn = member(memory, document, "source_arn"),
        .hidden_until_ms = INT64_MAX,
    };
    const char *body = json_text(document, "body", &letter->body_length);
    if (!body || !letter->message_id || letter->message_id[0] == '\0' ||
        strlen(letter->message_id) > 100)
        return false;
    letter->body = arena_copy_text(memory, body, letter->body_length);
    (void)json_integer(document, "receive_count", &letter->receive_count);
    if (sent_at)
        (void)time_text_parse_iso8601(sent_at, strlen(sent_at), &letter->sent_at_ms);
    if (attributes && json_object_is_type(attributes, json_type_object)) {
        const char *text = json_object_to_json_string_ext(attributes, JSON_C_TO_STRING_PLAIN);
        letter->attributes = arena_copy_text(memory, text, strlen(text));
    }
    dead_letter_decode(plan->queue.kind, letter, memory);
    return letter->body != NULL;
}

static enum error_code line_read(const char *path, size_t number, const char *line, size_t len,
                                 struct replay_plan *plan, struct key_map *seen,
                                 struct error *error)
{
    struct dead_letters *letters = &plan->letters;
    struct json_object *document = NULL;
    struct error problem = ERROR_INIT;
    void *list = letters->list;
    enum error_code code = json_parse(line, len, &document, &problem);
    if (code)
        return error_set(error, code, "%s, line %zu: %.300s; nothing was changed", path, number,
                         problem.message);
    code =
        memory_reserve(&list, &letters->capacity, letters->count + 1, sizeof *letters->list, error);
    letters->list = list;
    struct dead_letter *letter = !code ? &letters->list[letters->count] : NULL;
    const char *queue = json_text(document, "queue", NULL);
    if (!code && !letter_read(plan, document, letter))
        code =
            error_set(error, ERROR_INVALID,
                      "%s, line %zu has no message_id or body; nothing was changed", path, number);
    if (!code && queue && strcmp(queue, plan->queue.arn) != 0)
        code = replay_plan_exclude(plan, letter->message_id, "it is from another queue", error);
    else if (!code && key_map_find(seen, letter->message_id, strlen(letter->message_id)) != 0)
        code = replay_plan_exclude(plan, letter->message_id, "it is in the file twice", error);
    else if (!code) {
        letters->count++;
        code = key_map_put(seen, letter->message_id, strlen(letter->message_id),
                           (uint32_t)letters->count, error);
    }
    json_object_put(document);
    return code;
}

enum error_code replay_file_read(const char *path, struct replay_plan *plan, struct error *error)
{
    struct buffer text;
    struct key_map seen;
    size_t number = 0;
    buffer_init(&text, FILE_MAX);
    key_map_init(&seen);
    enum error_code code = whole_read(path, &text, error);
    const char *line = text.data, *end = text.data + text.len;
    while (!code && line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((stop ? stop : end) - line);
        number++;
        if (len > 0)
            code = line_read(path, number, line, len, plan, &seen, error);
        line += len + 1;
    }
    if (!code)
        code = dead_letters_index(&plan->letters, error);
    key_map_release(&seen);
    buffer_release(&text);
    return code;
}
