/* What the targets share: a promise that is broken ends the program, as a sanitizer does. */
#ifndef INTAKE_TESTS_FUZZ_FUZZ_H
#define INTAKE_TESTS_FUZZ_FUZZ_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ_HOLDS(condition)                                                              \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

/* Heap, NUL terminated and no byte longer, so that a sanitizer sees a read behind it. */
static inline char *fuzz_text(const void *data, size_t len)
{
    char *text = malloc(len + 1);
    FUZZ_HOLDS(text);
    memcpy(text, data, len);
    text[len] = '\0';
    return text;
}

/* UTF-8 of which a terminal obeys nothing. */
static inline bool fuzz_is_plain(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    uint32_t code_point;
    while (at < end)
        if (!utf8_decode(&at, end, &code_point) || text_is_control(code_point))
            return false;
    return true;
}

/* One piece of an input of several: what lies before the next NUL; *data moves behind that. */
static inline char *fuzz_piece(const uint8_t **data, size_t *len)
{
    const uint8_t *stop = *len ? memchr(*data, '\0', *len) : NULL;
    size_t piece = stop ? (size_t)(stop - *data) : *len;
    char *text = fuzz_text(*len ? (const void *)*data : "", piece);
    *len -= piece + (stop != NULL);
    *data += piece + (stop != NULL);
    return text;
}

/* Puts the bytes into a file that is in memory alone, and gives its path. */
static inline const char *fuzz_file(const void *data, size_t len)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        snprintf(path, sizeof path, "/intake-fuzz-%ld", (long)getpid());
        fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        shm_unlink(path);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0);
    FUZZ_HOLDS(pwrite(fd, data, len, 0) == (ssize_t)len);
    return path;
}

static inline int fuzz_folder_drop_entry(const char *path, const struct stat *status, int kind,
                                         struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static inline void fuzz_folder_drop(void);

/* A folder for the files that a program keeps, in TMPDIR; gone with this program. */
static inline const char *fuzz_folder(void)
{
    static char path[256];
    const char *parent = getenv("TMPDIR");
    if (!path[0]) {
        (void)snprintf(path, sizeof path, "%s/intake-fuzz-XXXXXX", parent ? parent : "/tmp");
        FUZZ_HOLDS(mkdtemp(path));
        atexit(fuzz_folder_drop);
    }
    return path;
}

static inline void fuzz_folder_drop(void)
{
    (void)nftw(fuzz_folder(), fuzz_folder_drop_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
