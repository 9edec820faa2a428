/* Preloaded into a function by the harness: kills it at a named point (core/base/point.h), and
 * shifts its clock.
 *
 * INTAKE_POINTS: a folder. Each point that is reached is a line of its file `reached`; where it
 * holds a file of the point's name, that is removed and the process dies by SIGKILL, as one that
 * loses its host; where that file holds a number, as many milliseconds pass there instead, by the
 * process's monotonic clock. INTAKE_CLOCK: a file of eight bytes, by how many milliseconds the
 * clock of the day is wrong; it may be written to at any time. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift_ms;
static _Atomic int64_t passed_ms; /* at points, by the monotonic clock */

void intake_point(const char *name);
long syscall(long number, ...); /* syscall(2): not POSIX */

__attribute__((constructor)) static void map_clock(void)
{
    const char *path = getenv("INTAKE_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof *shift_ms, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        shift_ms = mapped;
}

static void note(const char *folder, const char *name)
{
    char path[4096], line[256];
    int length = snprintf(line, sizeof line, "%s\n", name);
    snprintf(path, sizeof path, "%s/reached", folder);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, (size_t)length) != length)
        abort();
    close(file);
}

/* The number that a file holds; 0: none. */
static int64_t number_in(const char *path)
{
    char text[24] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? strtoll(text, NULL, 10) : 0;
}

void intake_point(const char *name)
{
    char path[4096];
    const char *folder = getenv("INTAKE_POINTS");
    if (!folder)
        return;
    note(folder, name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int64_t pause_ms = number_in(path);
    if (unlink(path) != 0)
        return;
    if (pause_ms > 0)
        passed_ms += pause_ms;
    else
        kill(getpid(), SIGKILL);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int code = (int)syscall(SYS_clock_gettime, clock, now);
    int64_t wrong = clock == CLOCK_MONOTONIC              ? passed_ms
                    : clock == CLOCK_REALTIME && shift_ms ? *shift_ms
                                                          : 0;
    if (code || wrong == 0)
        return code;
    now->tv_sec += wrong / 1000;
    now->tv_nsec += wrong % 1000 * 1000000;
    if (now->tv_nsec < 0) {
        now->tv_nsec += 1000000000;
        now->tv_sec--;
    } else if (now->tv_nsec >= 1000000000) {
        now->tv_nsec -= 1000000000;
        now->tv_sec++;
    }
    return code;
}

time_t time(time_t *seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds)
        *seconds = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
