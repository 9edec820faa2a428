/*
 * Runs a fuzz target without libFuzzer: over every file that is named or lies in a folder that is
 * named, and with `--near N` over N inputs that differ from one of these by a few bytes, always the
 * same ones. An input that ends the program lies in the file that `--last FILE` names.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define INPUTS_MAX 100000
#define INPUT_MAX 65536

static struct input {
    uint8_t *data;
    size_t len;
} inputs[INPUTS_MAX];
static size_t input_count;
static const char *last;

static void give_up(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(2);
}

static void run(const uint8_t *data, size_t len)
{
    if (last) {
        FILE *file = fopen(last, "wb");
        if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0)
            give_up(last);
    }
    (void)LLVMFuzzerTestOneInput(data, len);
}

static void add(const char *path)
{
    static uint8_t block[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (!file || input_count == INPUTS_MAX)
        give_up(path);
    size_t len = fread(block, 1, sizeof block, file);
    fclose(file);
    struct input *input = &inputs[input_count++];
    input->data = malloc(len ? len : 1);
    if (!input->data)
        give_up(path);
    memcpy(input->data, block, len);
    input->len = len;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_folder(const char *path)
{
    DIR *folder = opendir(path);
    char **names = NULL;
    size_t count = 0;
    if (!folder)
        give_up(path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char whole[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(whole, sizeof whole, "%s/%s", path, entry->d_name);
        char **more = realloc(names, (count + 1) * sizeof *names);
        if (!more || !(more[count++] = strdup(whole)))
            give_up(path);
        names = more;
    }
    closedir(folder);
    if (count)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        add(names[i]);
        free(names[i]);
    }
    free(names);
}

/* Marsaglia, "Xorshift RNGs" (2003). */
static uint32_t random_below(uint32_t bound)
{
    static uint32_t state = 2463534242U;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % bound;
}

/* A byte changed, put in or left out, or what lies behind it cut off, up to four times. */
static void run_near(const struct input *input)
{
    static const char marks[] =
        "\0\n\r\t\033 \"'\\/,;:-+.%{}[]<>=&#@?*()0123456789AaEeZz\x7f\x80\xc3\xff";
    uint8_t *data = malloc(input->len + 5);
    size_t len = input->len;
    if (!data)
        give_up("memory");
    memcpy(data, input->data, len);
    for (uint32_t left = random_below(4) + 1; left > 0; left--) {
        size_t at = random_below((uint32_t)len + 1);
        uint8_t byte = random_below(4) ? (uint8_t)marks[random_below(sizeof marks - 1)]
                                       : (uint8_t)random_below(256);
        switch (random_below(8)) {
        case 0:
            len = at;
            break;
        case 1:
        case 2:
            memmove(data + at + 1, data + at, len++ - at);
            data[at] = byte;
            break;
        case 3:
            if (at < len)
                memmove(data + at, data + at + 1, len-- - at - 1);
            break;
        default:
            if (at < len)
                data[at] = byte;
        }
    }
    uint8_t *exact = realloc(data, len ? len : 1);
    run(exact ? exact : data, len);
    free(exact ? exact : data);
}

int main(int argc, char **argv)
{
    unsigned long near = 0;
    for (int i = 1; i < argc; i++) {
        struct stat status;
        if (!strcmp(argv[i], "--near") && i + 1 < argc)
            near = strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--last") && i + 1 < argc)
            last = argv[++i];
        else if (stat(argv[i], &status) != 0)
            give_up(argv[i]);
        else if (S_ISDIR(status.st_mode))
            add_folder(argv[i]);
        else
            add(argv[i]);
    }
    for (size_t i = 0; i < input_count; i++)
        run(inputs[i].data, inputs[i].len);
    for (unsigned long i = 0; i < near && input_count; i++)
        run_near(&inputs[random_below((uint32_t)input_count)]);
    for (size_t i = 0; i < input_count; i++)
        free(inputs[i].data);
    printf("%lu inputs\n", (unsigned long)input_count + near);
    return 0;
}
