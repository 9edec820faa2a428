#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 4096

bool file_write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t written = write(fd, at, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        len -= (size_t)written;
    }
    return true;
}

/* False with errno set. */
static bool fresh_write(const char *fresh, const void *data, size_t len, mode_t mode)
{
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return false;
    bool written = file_write_all(fd, data, len);
    int cause = errno;
    if (close(fd) != 0 && written) {
        written = false;
        cause = errno;
    }
    errno = cause;
    return written;
}

enum error_code file_replace(const char *path, const void *data, size_t len, mode_t mode,
                             struct error *error)
{
    char fresh[PATH_MAX_BYTES];
    int length = snprintf(fresh, sizeof fresh, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof fresh)
        return error_set(error, ERROR_IO, "%.200s...: the path is too long", path);
    if (fresh_write(fresh, data, len, mode) && rename(fresh, path) == 0)
        return ERROR_NONE;
    int cause = errno;
    unlink(fresh);
    return error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(cause));
}
