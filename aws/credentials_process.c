#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/credentials_internal.h"
#include "core/base/json.h"

#define OUTPUT_MAX 65536
#define TIMEOUT_MS 60000
#define TICK_MS 50

struct process {
    pid_t id;
    int output;
    int status; /* of waitpid, once ended */
    bool ended;
};

static void become(const char *command, int output)
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGHUP, SIGTSTP};
    sigset_t none;
    int nothing = open("/dev/null", O_WRONLY);
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    if (nothing < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)
        _exit(126);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static enum error_code process_start(struct process *process, const char *command,
                                     struct error *error)
{
    int ends[2];
    if (pipe(ends) != 0)
        return error_set(error, ERROR_NO_CREDENTIALS, "cannot start credential_process: %s",
                         strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    process->id = fork();
    if (process->id == 0)
        become(command, ends[1]);
    close(ends[1]);
    process->output = ends[0];
    if (process->id > 0) {
        (void)setpgid(process->id, process->id); /* whichever of the two is first */
        return ERROR_NONE;
    }
    close(ends[0]);
    return error_set(error, ERROR_NO_CREDENTIALS, "cannot start credential_process: %s",
                     strerror(errno));
}

static void process_reap(struct process *process, int options)
{
    if (!process->ended && waitpid(process->id, &process->status, options) == process->id)
        process->ended = true;
}

/* False at the end of what it says. */
static bool output_read(struct process *process, struct buffer *text)
{
    struct pollfd fd = {.fd = process->output, .events = POLLIN};
    char chunk[4096];
    if (poll(&fd, 1, process->ended ? 0 : TICK_MS) <= 0)
        return !process->ended; /* somebody that it left behind may hold the pipe */
    ssize_t got = read(process->output, chunk, sizeof chunk);
    if (got > 0)
        buffer_append(text, chunk, (size_t)got);
    OPENSSL_cleanse(chunk, sizeof chunk);
    return got > 0 || (got < 0 && errno == EINTR);
}

static enum error_code process_follow(struct process *process, const struct cancel *cancel,
                                      struct buffer *text, struct error *error)
{
    int64_t deadline_ms = world_monotonic_ms(&world_real) + TIMEOUT_MS;
    bool open = true;
    while (open || !process->ended) {
        if (cancel_requested(cancel))
            return error_set(error, ERROR_CANCELLED, "credential_process: cancelled");
        if (world_monotonic_ms(&world_real) >= deadline_ms)
            return error_set(error, ERROR_NO_CREDENTIALS,
                             "credential_process timed out after %d s: run it manually to see "
                             "what it waits for",
                             TIMEOUT_MS / 1000);
        if (text->failed)
            return error_set(error, ERROR_NO_CREDENTIALS,
                             "credential_process wrote more than %d bytes: it must write one "
                             "JSON document",
                             OUTPUT_MAX);
        process_reap(process, WNOHANG);
        if (open)
            open = output_read(process, text);
        else if (!process->ended)
            world_sleep_ms(&world_real, TICK_MS / 5);
    }
    if (WIFEXITED(process->status) && WEXITSTATUS(process->status) == 0)
        return ERROR_NONE;
    return error_set(error, ERROR_NO_CREDENTIALS,
                     "credential_process exited with status %d: run it manually to see why",
                     WIFEXITED(process->status) ? WEXITSTATUS(process->status)
                                                : 128 + WTERMSIG(process->status));
}

static enum error_code answer_check(const struct buffer *text, struct error *error)
{
    struct json_object *json = NULL;
    int64_t version = 0;
    enum error_code code = ERROR_NONE;
    if (json_parse(text->data, text->len, &json, NULL))
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "credential_process did not write JSON: run it manually to see its "
                         "output");
    else if (!json_integer(json, "Version", &version) || version != 1)
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "credential_process wrote a document whose Version is not 1");
    json_object_put(json);
    return code;
}

enum error_code credentials_from_process(const char *command, const struct cancel *cancel,
                                         struct aws_credentials *out, struct error *error)
{
    struct process process = {.output = -1};
    struct buffer text;
    buffer_init(&text, OUTPUT_MAX);
    enum error_code code = process_start(&process, command, error);
    if (code)
        return code;
    code = process_follow(&process, cancel, &text, error);
    kill(-process.id, SIGKILL);
    process_reap(&process, 0);
    close(process.output);
    if (!code)
        code = answer_check(&text, error);
    if (!code)
        code = credentials_from_json(text.data, text.len, "process", out, error);
    credentials_wipe(&text);
    return code;
}
