#include "core/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/base/world.h"

#define LINE_MAX_BYTES ((size_t)64 * 1024)
#define CONTEXT_MAX 4

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level lowest = LOG_INFO;
static int sink = STDERR_FILENO;
static struct {
    char key[32];
    char value[160];
} context[CONTEXT_MAX];

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR", "OFF"};

bool log_level_parse(const char *name, enum log_level *level)
{
    if (strcasecmp(name, "warning") == 0)
        name = "WARN";
    if (strcasecmp(name, "critical") == 0 || strcasecmp(name, "fatal") == 0)
        name = "ERROR";
    if (strcasecmp(name, "trace") == 0)
        name = "DEBUG";
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcasecmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_init(enum log_level level, int fd)
{
    pthread_mutex_lock(&lock);
    lowest = level;
    sink = fd;
    pthread_mutex_unlock(&lock);
}

void log_context(const char *key, const char *value)
{
    pthread_mutex_lock(&lock);
    size_t slot = CONTEXT_MAX;
    for (size_t i = CONTEXT_MAX; i-- > 0;) {
        if (!context[i].key[0])
            slot = i;
    }
    for (size_t i = 0; i < CONTEXT_MAX; i++) {
        if (strcmp(context[i].key, key) == 0)
            slot = i;
    }
    if (slot < CONTEXT_MAX) {
        snprintf(context[slot].key, sizeof context[slot].key, "%s", value ? key : "");
        snprintf(context[slot].value, sizeof context[slot].value, "%s", value ? value : "");
    }
    pthread_mutex_unlock(&lock);
}

static void write_all(const char *bytes, size_t len)
{
    while (len) {
        ssize_t wrote = write(sink, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return;
        bytes += wrote;
        len -= (size_t)wrote;
    }
}

void log_line(enum log_level level, const char *message, ...)
{
    if (level < lowest || level >= LOG_OFF)
        return;
    char now[TIME_TEXT_SIZE];
    time_text_iso8601_ms(world_now_ms(&world_real), now);
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    buffer_char(&line, '{');
    json_append_member(&line, "timestamp", now);
    json_append_member(&line, "level", level_names[level]);
    json_append_member(&line, "message", message);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CONTEXT_MAX; i++) {
        if (context[i].key[0])
            json_append_member(&line, context[i].key, context[i].value);
    }
    va_list pairs;
    va_start(pairs, message);
    for (const char *key; (key = va_arg(pairs, const char *));) {
        size_t before = line.len;
        json_append_member(&line, key, va_arg(pairs, const char *));
        if (line.failed) {
            line.failed = ERROR_NONE;
            buffer_cut(&line, before);
        }
    }
    va_end(pairs);
    buffer_append(&line, "}\n", 2);
    write_all(line.data, line.len);
    pthread_mutex_unlock(&lock);
    buffer_release(&line);
}

void log_raw(const char *line, size_t len)
{
    pthread_mutex_lock(&lock);
    write_all(line, len);
    write_all("\n", 1);
    pthread_mutex_unlock(&lock);
}

const char *log_number(int64_t value, char out[24])
{
    snprintf(out, 24, "%lld", (long long)value);
    return out;
}
