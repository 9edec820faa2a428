#include "tui/cli/environments.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/json.h"
#include "tui/cli/listing.h"

#define NAME_SIZE 64
#define ANSWER_MAX ((size_t)64 << 20)
#define NOT_STARTED 127
#define FAILED 1 /* EXIT_FAILED, where there was no process */

/* What people see of each list: members of its JSON. */
struct shown {
    const char *command;
    const char *rows; /* the member that holds them; NULL: the document is the array */
    const char *members[8];
    const struct listing_column columns[9];
};

static const struct shown lists[] = {
    {"uploads",
     NULL,
     {"upload_id", "vendor_id", "status", "valid_records", "error_records", "upload_timestamp"},
     {{.title = "ENVIRONMENT"},
      {.title = "UPLOAD"},
      {.title = "VENDOR"},
      {.title = "STATUS"},
      {.title = "VALID", .right = true},
      {.title = "ERRORS", .right = true},
      {.title = "UPLOADED"},
      {.title = NULL}}},
    {"dlq list",
     NULL,
     {"queue", "messages", "in_flight", "oldest_age_seconds", "error"},
     {{.title = "ENVIRONMENT"},
      {.title = "QUEUE"},
      {.title = "MESSAGES", .right = true},
      {.title = "IN FLIGHT", .right = true},
      {.title = "OLDEST (S)", .right = true},
      {.title = "ERROR", .flexible = true, .least = 12},
      {.title = NULL}}},
    {"doctor",
     "checks",
     {"area", "name", "status", "detail"},
     {{.title = "ENVIRONMENT"},
      {.title = "AREA"},
      {.title = "CHECK"},
      {.title = "STATUS"},
      {.title = "DETAIL", .flexible = true, .least = 20},
      {.title = NULL}}},
};

struct asked {
    char name[NAME_SIZE];
    pid_t process;
    int from;
    int exit_code;
    struct buffer answer;
};

bool environments_named(const char *given)
{
    return given && strchr(given, ',');
}

static const struct shown *shown_of(const char *command)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(lists[i].command, command) == 0)
            return &lists[i];
    }
    return NULL;
}

/* Names between the commas; 0 where one is empty, too long, twice there, or there are too many. */
static size_t names_read(const char *given, struct asked *asked)
{
    size_t count = 0;
    for (;; given++) {
        size_t len = strcspn(given, ",");
        if (len == 0 || len >= NAME_SIZE || count == ENVIRONMENTS_MOST)
            return 0;
        memcpy(asked[count].name, given, len);
        asked[count].name[len] = '\0';
        for (size_t i = 0; i < count; i++) {
            if (strcmp(asked[i].name, asked[count].name) == 0)
                return 0;
        }
        count++;
        given += len;
        if (*given == '\0')
            return count;
    }
}

/* The child's: the same command line for one environment, as JSON. */
static void become(int argc, char **argv, char *name, int to)
{
    static char json[] = "--json", reads[] = "--read-only", env[] = "--env";
    char **words = calloc((size_t)argc + 6, sizeof *words);
    size_t count = 0;
    bool ended = false;
    if (!words || dup2(to, STDOUT_FILENO) < 0)
        _exit(NOT_STARTED);
    words[count++] = argv[0];
    words[count++] = json;
    words[count++] = reads;
    words[count++] = env;
    words[count++] = name;
    for (int i = 1; i < argc; i++) {
        ended |= strcmp(argv[i], "--") == 0;
        if (!ended && strcmp(argv[i], env) == 0)
            i++;
        else if (ended || (strncmp(argv[i], "--env=", 6) != 0 && strcmp(argv[i], json) != 0 &&
                           strcmp(argv[i], reads) != 0))
            words[count++] = argv[i];
    }
    execv("/proc/self/exe", words);
    _exit(NOT_STARTED);
}

static bool start(struct asked *asked, int argc, char **argv)
{
    int ends[2];
    buffer_init(&asked->answer, ANSWER_MAX);
    asked->exit_code = FAILED;
    asked->from = -1;
    asked->process = -1;
    if (pipe(ends) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    asked->process = fork();
    if (asked->process == 0)
        become(argc, argv, asked->name, ends[1]);
    close(ends[1]);
    asked->from = ends[0];
    return asked->process > 0;
}

/* To its end. Another one that has more to say than a pipe takes waits for its turn. */
static void hear(struct asked *asked)
{
    char bytes[16384];
    ssize_t got;
    int status = 0;
    while (asked->from >= 0 &&
           ((got = read(asked->from, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))) {
        if (got > 0)
            buffer_append(&asked->answer, bytes, (size_t)got);
    }
    if (asked->from >= 0)
        close(asked->from);
    while (asked->process > 0 && waitpid(asked->process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (asked->process > 0 && WIFEXITED(status))
        asked->exit_code = WEXITSTATUS(status);
}

/* Each object of the answer with one more member in front: the text as it came, with its escapes.
 */
static void answer_merge(struct buffer *out, const struct asked *asked, bool *first)
{
    const char *at = asked->answer.data;
    int depth = 0;
    int own = *at == '[' ? 1 : 0;
    bool quoted = false;
    for (; *at; at++) {
        if (quoted && *at == '\\') {
            buffer_char(out, *at++);
            buffer_char(out, *at);
            continue;
        }
        quoted ^= *at == '"';
        bool opens = !quoted && (*at == '{' || *at == '[');
        bool closes = !quoted && (*at == '}' || *at == ']');
        if (opens && depth == own) {
            buffer_text(out, *first ? "{" : ",{");
            *first = false;
            json_append_member(out, "environment", asked->name);
            buffer_char(out, ',');
        } else if (depth > own) {
            buffer_char(out, *at);
        }
        depth += opens - closes;
    }
}

static void cell_of(struct listing *listing, struct json_object *row, const char *member)
{
    struct json_object *value = json_member(row, member);
    if (strcmp(member, "status") == 0 && value)
        listing_cell_status(listing, json_object_get_string(value));
    else
        listing_cell(listing, value ? json_object_get_string(value) : NULL);
}

static enum error_code rows_list(struct listing *listing, const struct shown *shown,
                                 const struct asked *asked, struct error *error)
{
    struct json_object *document = NULL;
    if (asked->answer.len == 0)
        return ERROR_NONE;
    enum error_code code = json_parse(asked->answer.data, asked->answer.len, &document, error);
    struct json_object *rows = shown->rows ? json_member(document, shown->rows) : document;
    for (size_t i = 0; !code && i < json_count(rows); i++) {
        listing_cell(listing, asked->name);
        for (size_t j = 0; shown->members[j]; j++)
            cell_of(listing, json_object_array_get_idx(rows, i), shown->members[j]);
    }
    json_object_put(document);
    return code;
}

static enum error_code print(struct output *output, const struct shown *shown,
                             const struct asked *asked, size_t count, struct error *error)
{
    struct listing listing;
    bool first = true;
    enum error_code code = ERROR_NONE;
    if (output->json) {
        buffer_char(&output->text, '[');
        for (size_t i = 0; i < count; i++)
            answer_merge(&output->text, &asked[i], &first);
        buffer_text(&output->text, "]\n");
        return buffer_check(&output->text, error);
    }
    listing_init(&listing, shown->columns);
    for (size_t i = 0; i < count && !code; i++)
        code = rows_list(&listing, shown, &asked[i], error);
    if (!code)
        code = listing_print(&listing, output, error);
    listing_release(&listing);
    return code;
}

enum error_code environments_list(const char *command, const char *given, int argc, char **argv,
                                  struct output *output, struct environments_exit *ended,
                                  struct error *error)
{
    struct asked asked[ENVIRONMENTS_MOST];
    const struct shown *shown = shown_of(command);
    size_t count = names_read(given, asked);
    ended->count = 0;
    if (!shown)
        return error_set(error, ERROR_USAGE,
                         "several environments in --env are for uploads, dlq list and doctor, "
                         "which change nothing");
    if (count == 0)
        return error_set(error, ERROR_USAGE,
                         "--env: give 2 to %d different names, separated by commas",
                         ENVIRONMENTS_MOST);
    for (size_t i = 0; i < count; i++) {
        if (!start(&asked[i], argc, argv))
            output_complain(output, "intake %s: cannot ask %s: %s", command, asked[i].name,
                            strerror(errno));
    }
    for (size_t i = 0; i < count; i++) {
        hear(&asked[i]);
        ended->codes[ended->count++] = asked[i].exit_code;
        if (asked[i].answer.len == 0)
            output_complain(output, "intake %s: no answer from environment %s", command,
                            asked[i].name);
    }
    enum error_code code = print(output, shown, asked, count, error);
    for (size_t i = 0; i < count; i++)
        buffer_release(&asked[i].answer);
    return code;
}
