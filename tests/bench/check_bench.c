/*
 * How fast `check` judges files, beside bare libcsv that only counts their fields. One core, the
 * files read anew for each. One JSON line: records per second of both, and their quotient.
 */
#include <csv.h>
#include <sys/resource.h>

#include "core/base/world.h"
#include "core/check.h"

#define ROUNDS 5

struct counts {
    uint64_t cells, rows;
};

static void on_cell(void *text, size_t len, void *context)
{
    struct counts *counts = context;
    (void)text;
    (void)len;
    counts->cells++;
}

static void on_row(int c, void *context)
{
    struct counts *counts = context;
    (void)c;
    counts->rows++;
}

static enum error_code file_parse(struct buffer *bytes, struct counts *counts, struct error *error)
{
    struct csv_parser parser;
    if (csv_init(&parser, 0))
        return error_set(error, ERROR_MEMORY, "no parser");
    if (csv_parse(&parser, bytes->data, bytes->len, on_cell, on_row, counts) != bytes->len)
        return error_set(error, ERROR_INVALID, "libcsv stopped");
    csv_fini(&parser, on_cell, on_row, counts);
    csv_free(&parser);
    return ERROR_NONE;
}

static enum error_code files_parse(char **paths, int count, struct buffer *bytes, uint64_t *records,
                                   struct error *error)
{
    struct counts counts = {0, 0};
    uint64_t size;
    enum error_code code = ERROR_NONE;
    for (int i = 0; !code && i < count; i++) {
        code = check_read_file(paths[i], bytes, &size, error);
        if (!code)
            code = file_parse(bytes, &counts, error);
    }
    *records = counts.rows - (uint64_t)count;
    return code;
}

static enum error_code files_check(struct check *check, char **paths, int count,
                                   struct buffer *bytes, uint64_t *records, struct error *error)
{
    struct check_result result;
    uint64_t size;
    enum error_code code = ERROR_NONE;
    *records = 0;
    for (int i = 0; !code && i < count; i++) {
        code = check_read_file(paths[i], bytes, &size, error);
        if (!code)
            code = check_run(check, paths[i], NULL, bytes->data, bytes->len, size, &result, error);
        *records += result.total_records;
    }
    return code;
}

static double speed(uint64_t records, int64_t from_ms, int64_t to_ms)
{
    return (double)records * 1000 / (double)(to_ms > from_ms ? to_ms - from_ms : 1);
}

static enum error_code bench(struct check *check, char **paths, int count, struct error *error)
{
    struct buffer bytes;
    struct rusage usage;
    double bare = 0, judged = 0;
    uint64_t records = 0;
    enum error_code code = ERROR_NONE;
    buffer_init(&bytes, CSV_FILE_MAX + 2);
    for (int i = 0; !code && i < ROUNDS; i++) {
        int64_t start = world_monotonic_ms(&world_real);
        code = files_parse(paths, count, &bytes, &records, error);
        int64_t middle = world_monotonic_ms(&world_real);
        if (!code)
            code = files_check(check, paths, count, &bytes, &records, error);
        int64_t end = world_monotonic_ms(&world_real);
        bare = speed(records, start, middle) > bare ? speed(records, start, middle) : bare;
        judged = speed(records, middle, end) > judged ? speed(records, middle, end) : judged;
    }
    buffer_release(&bytes);
    getrusage(RUSAGE_SELF, &usage);
    if (!code)
        printf("{\"name\":\"check\",\"records\":%llu,\"files\":%d,\"libcsv_per_s\":%.0f,"
               "\"check_per_s\":%.0f,\"ratio\":%.2f,\"mark\":0.5,\"peak_kib\":%ld}\n",
               (unsigned long long)records, count, bare, judged, judged / bare, usage.ru_maxrss);
    return code;
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct categories categories;
    struct check *check = NULL;
    const struct check_options options = {.categories = &categories};
    categories_init(&categories);
    enum error_code code = categories_add_defaults(&categories, &error);
    if (!code)
        code = check_new(&check, &options, &error);
    if (!code)
        code = bench(check, argv + 1, argc - 1, &error);
    if (code)
        fprintf(stderr, "check_bench: %s\n", error.message);
    check_free(check);
    categories_release(&categories);
    return code != ERROR_NONE;
}
