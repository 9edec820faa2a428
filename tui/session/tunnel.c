#include "tui/session/tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/world.h"
#include "tui/session/keeper.h"
#include "tui/session/tunnel_command.h"

#define WAIT_S 30
#define TICK_MS 50
#define LOOK_MS 500
#define SAID_SIZE 200
#define KEY_SIZE 2048

extern char **environ;

struct tunnel {
    struct tunnel *next;
    char key[KEY_SIZE];
    int references;       /* guarded by `all` */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    enum tunnel_state state;
    bool watched; /* there is a thread to join */
    pthread_t watcher;
    struct keeper keeper;
    int port;
    int status;           /* of the latest end */
    bool ended;           /* once at least, since it was last up */
    char said[SAID_SIZE]; /* its last line */
};

static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;
static struct tunnel *tunnels;

static void key_write(const struct tunnel_spec *spec, char key[KEY_SIZE])
{
    (void)snprintf(key, KEY_SIZE, "%s\n%s\n%s\n%s\n%s\n%d", spec->command,
                   spec->host ? spec->host : "", spec->port, spec->instance ? spec->instance : "",
                   spec->region ? spec->region : "", spec->local_port);
}

enum error_code tunnel_share(const struct tunnel_spec *spec, struct tunnel **out,
                             struct error *error)
{
    char key[KEY_SIZE];
    struct tunnel *tunnel;
    key_write(spec, key);
    pthread_mutex_lock(&all);
    for (tunnel = tunnels; tunnel && strcmp(tunnel->key, key) != 0;)
        tunnel = tunnel->next;
    if (!tunnel) {
        tunnel = memory_new(1, sizeof *tunnel);
        if (tunnel) {
            memcpy(tunnel->key, key, sizeof key);
            pthread_mutex_init(&tunnel->lock, NULL);
            pthread_cond_init(&tunnel->changed, NULL);
            tunnel->keeper.control = -1;
            tunnel->next = tunnels;
            tunnels = tunnel;
        }
    }
    if (tunnel)
        tunnel->references++;
    pthread_mutex_unlock(&all);
    *out = tunnel;
    return tunnel ? ERROR_NONE : error_set(error, ERROR_MEMORY, "out of memory for a tunnel");
}

static void line_keep(struct tunnel *tunnel, const char *line, size_t length)
{
    struct buffer shown;
    while (length > 0 && strchr(" \r\t", *line)) {
        line++;
        length--;
    }
    while (length > 0 && strchr(" \r\t", line[length - 1]))
        length--;
    if (length == 0)
        return;
    buffer_init(&shown, 4096);
    text_append_visible_cut(&shown, line, length, SAID_SIZE - 40);
    (void)snprintf(tunnel->said, sizeof tunnel->said, "%.*s",
                   (int)utf8_prefix(shown.data, shown.len, SAID_SIZE / 4 * 3), shown.data);
    buffer_release(&shown);
}

struct lines {
    char text[1024];
    size_t used;
};

static void lines_take(struct tunnel *tunnel, struct lines *lines, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n' || lines->used == sizeof lines->text) {
            line_keep(tunnel, lines->text, lines->used);
            lines->used = 0;
        }
        if (bytes[i] != '\n')
            lines->text[lines->used++] = bytes[i];
    }
}

/* Reads what the program says until it has ended; its pipe may outlive it. */
static int program_watch(struct tunnel *tunnel, const struct keeper *keeper)
{
    struct lines lines = {.used = 0};
    char chunk[512];
    int status = 0;
    bool open = true, ended = false;
    while (!ended) {
        struct pollfd fd = {.fd = open ? keeper->output : -1, .events = POLLIN};
        bool ready = poll(&fd, 1, open ? LOOK_MS : TICK_MS) > 0;
        ended = waitpid(keeper->id, &status, WNOHANG) == keeper->id;
        if (!ready)
            continue;
        ssize_t got = read(keeper->output, chunk, sizeof chunk);
        open = got > 0 || (got < 0 && errno == EINTR);
        pthread_mutex_lock(&tunnel->lock);
        if (got > 0)
            lines_take(tunnel, &lines, chunk, (size_t)got);
        pthread_mutex_unlock(&tunnel->lock);
    }
    for (ssize_t got; open && (got = read(keeper->output, chunk, sizeof chunk)) > 0;)
        lines_take(tunnel, &lines, chunk, (size_t)got);
    pthread_mutex_lock(&tunnel->lock);
    line_keep(tunnel, lines.text, lines.used);
    pthread_mutex_unlock(&tunnel->lock);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void *watch(void *argument)
{
    struct tunnel *tunnel = argument;
    pthread_mutex_lock(&tunnel->lock);
    struct keeper keeper = tunnel->keeper;
    pthread_mutex_unlock(&tunnel->lock);
    int flags = fcntl(keeper.output, F_GETFL);
    (void)fcntl(keeper.output, F_SETFL, flags | O_NONBLOCK);
    int status = program_watch(tunnel, &keeper);
    pthread_mutex_lock(&tunnel->lock);
    close(keeper.output);
    tunnel->status = status;
    tunnel->state = TUNNEL_DOWN;
    tunnel->ended = true;
    pthread_cond_broadcast(&tunnel->changed);
    pthread_mutex_unlock(&tunnel->lock);
    return NULL;
}

/* With the lock held, which is let go meanwhile. */
static void watcher_end(struct tunnel *tunnel)
{
    if (tunnel->keeper.control >= 0)
        close(tunnel->keeper.control);
    tunnel->keeper.control = -1;
    if (!tunnel->watched)
        return;
    tunnel->watched = false;
    pthread_t watcher = tunnel->watcher;
    pthread_mutex_unlock(&tunnel->lock);
    pthread_join(watcher, NULL);
    pthread_mutex_lock(&tunnel->lock);
}

void tunnel_release(struct tunnel *tunnel)
{
    if (!tunnel)
        return;
    pthread_mutex_lock(&all);
    bool last = --tunnel->references == 0;
    for (struct tunnel **at = &tunnels; last && *at; at = &(*at)->next) {
        if (*at == tunnel) {
            *at = tunnel->next;
            break;
        }
    }
    pthread_mutex_unlock(&all);
    if (!last)
        return;
    pthread_mutex_lock(&tunnel->lock);
    watcher_end(tunnel);
    pthread_mutex_unlock(&tunnel->lock);
    pthread_cond_destroy(&tunnel->changed);
    pthread_mutex_destroy(&tunnel->lock);
    free(tunnel);
}

/* A socket bound to the port of the loopback, -1 where that is taken. */
static int port_bind(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool port_listens(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool listens =
        fd >= 0 && connect(fd, (struct sockaddr *)&address, (socklen_t)sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return listens;
}

static enum error_code port_choose(int wanted, int *port, struct error *error)
{
    *port = wanted;
    int fd = port_bind(port);
    if (fd < 0 && wanted > 0)
        return error_set(error, ERROR_CONFIG,
                         "tunnel_port = %d: another program uses this port: choose another one, "
                         "or remove the key",
                         wanted);
    if (fd < 0)
        return error_set(error, ERROR_UNAVAILABLE, "tunnel: no free port: %s", strerror(errno));
    close(fd);
    return ERROR_NONE;
}

static void environment_free(char **environment)
{
    for (char **at = environment; at && *at; at++) {
        OPENSSL_cleanse(*at, strlen(*at));
        free(*at);
    }
    free(environment);
}

/* With the lock held. */
static enum error_code program_start(struct tunnel *tunnel, const struct tunnel_spec *spec,
                                     char **environment, struct error *error)
{
    struct tunnel_places places = {
        .host = spec->host, .port = spec->port, .instance = spec->instance, .region = spec->region};
    struct tunnel_words words = {.count = 0};
    sigset_t every, before;
    enum error_code code = port_choose(spec->local_port, &tunnel->port, error);
    places.local_port = tunnel->port;
    if (!code)
        code = tunnel_words_make(spec->command, &places, &words, error);
    if (!code)
        code =
            keeper_start(&tunnel->keeper, words.words, environment ? environment : environ, error);
    tunnel_words_release(&words);
    if (code)
        return code;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    tunnel->said[0] = '\0';
    tunnel->watched = pthread_create(&tunnel->watcher, NULL, watch, tunnel) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (tunnel->watched) {
        tunnel->state = TUNNEL_STARTING;
        return ERROR_NONE;
    }
    close(tunnel->keeper.control);
    close(tunnel->keeper.output);
    tunnel->keeper.control = -1;
    (void)waitpid(tunnel->keeper.id, NULL, 0);
    return error_set(error, ERROR_MEMORY, "cannot create a thread for a tunnel");
}

static enum error_code end_tell(const struct tunnel *tunnel, const struct tunnel_spec *spec,
                                struct error *error)
{
    bool said = tunnel->said[0] != '\0';
    if (tunnel->status == KEEPER_NOT_STARTED && !said && strcmp(spec->command, "ssm") == 0)
        return error_set(error, ERROR_CONFIG,
                         "tunnel = ssm: aws is not in PATH: install the AWS CLI and its "
                         "session-manager-plugin");
    return error_set(error, ERROR_UNAVAILABLE,
                     "the tunnel to %.100s exited with status %d before it listened%s%s%s",
                     spec->host, tunnel->status, said ? "; output: " : "", tunnel->said,
                     tunnel->status == KEEPER_NOT_STARTED ? ": is its command in PATH?" : "");
}

static void wait_a_tick(struct tunnel *tunnel)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&tunnel->changed, &tunnel->lock, &until);
}

/* With the lock held: until the port listens. Whoever else needs it waits here too. */
static enum error_code listen_await(struct tunnel *tunnel, const struct tunnel_spec *spec,
                                    const struct cancel *cancel, bool mine, struct error *error)
{
    int wait_s = spec->wait_s > 0 ? spec->wait_s : WAIT_S;
    int64_t deadline_ms = world_monotonic_ms(&world_real) + (int64_t)wait_s * 1000;
    while (tunnel->state == TUNNEL_STARTING) {
        bool late = world_monotonic_ms(&world_real) >= deadline_ms;
        if (cancel_requested(cancel) || late) {
            if (mine)
                watcher_end(tunnel);
            if (!late)
                return error_set(error, ERROR_CANCELLED, "cancelled while starting the tunnel");
            return error_set(error, ERROR_UNAVAILABLE,
                             "the tunnel to %.100s does not listen on 127.0.0.1:%d after %d "
                             "s%s%s: run its command manually to see what it waits for",
                             spec->host, tunnel->port, wait_s,
                             tunnel->said[0] != '\0' ? "; output: " : "", tunnel->said);
        }
        wait_a_tick(tunnel);
        if (mine && tunnel->state == TUNNEL_STARTING && port_listens(tunnel->port)) {
            tunnel->state = TUNNEL_UP;
            pthread_cond_broadcast(&tunnel->changed);
        }
    }
    return tunnel->state == TUNNEL_UP ? ERROR_NONE : end_tell(tunnel, spec, error);
}

static void end_say(const struct tunnel *tunnel, const struct tunnel_spec *spec)
{
    char text[512];
    bool said = tunnel->said[0] != '\0';
    if (!spec->say)
        return;
    (void)snprintf(text, sizeof text,
                   "the tunnel to %.100s has exited (status %d%s%s); restarting it", spec->host,
                   tunnel->status, said ? ", output: " : "", tunnel->said);
    spec->say(spec->say_context, text);
}

enum error_code tunnel_need(struct tunnel *tunnel, const struct tunnel_spec *spec,
                            const struct cancel *cancel, int *port, struct error *error)
{
    char **environment = NULL;
    enum error_code code = ERROR_NONE;
    bool mine = false;
    pthread_mutex_lock(&tunnel->lock);
    if (tunnel->state == TUNNEL_NONE || tunnel->state == TUNNEL_DOWN) {
        if (tunnel->ended)
            end_say(tunnel, spec);
        watcher_end(tunnel);
        mine = tunnel->state != TUNNEL_STARTING && tunnel->state != TUNNEL_UP;
        if (mine && spec->environment)
            code = spec->environment(spec->environment_context, &environment, error);
        if (mine && !code)
            code = program_start(tunnel, spec, environment, error);
        environment_free(environment);
    }
    if (!code)
        code = listen_await(tunnel, spec, cancel, mine, error);
    if (!code)
        tunnel->ended = false;
    *port = tunnel->port;
    pthread_mutex_unlock(&tunnel->lock);
    return code;
}

enum tunnel_state tunnel_look(void)
{
    static const int badness[] = {
        [TUNNEL_NONE] = 0, [TUNNEL_UP] = 1, [TUNNEL_STARTING] = 2, [TUNNEL_DOWN] = 3};
    enum tunnel_state worst = TUNNEL_NONE;
    pthread_mutex_lock(&all);
    for (struct tunnel *tunnel = tunnels; tunnel; tunnel = tunnel->next) {
        if (pthread_mutex_trylock(&tunnel->lock) != 0)
            continue;
        if (badness[tunnel->state] > badness[worst])
            worst = tunnel->state;
        pthread_mutex_unlock(&tunnel->lock);
    }
    pthread_mutex_unlock(&all);
    return worst;
}
