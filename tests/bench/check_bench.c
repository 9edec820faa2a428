/*
 * How fast `check` judges files, beside bare libcsv that only counts their fields. One core, the
 * files read anew for each; processor time, so that a busy machine does not matter. Rows of
 * JSON. */
#include <csv.h>
#include <sys/resource.h>

#include "core/operate/check/check.h"

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
        if (!code)
            *records += result.total_records;
    }
    return code;
}

static double seconds_used(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double better(double speed, uint64_t records, double seconds)
{
    double now = (double)records / (seconds > 0 ? seconds : 1e-9);
    return now > speed ? now : speed;
}

static void rows_print(double bare, double judged, long peak_kib)
{
    printf("[{\"name\":\"bare libcsv\",\"value\":%.0f,\"unit\":\"records/s\"},"
           "{\"name\":\"check\",\"value\":%.0f,\"unit\":\"records/s\"},"
           "{\"name\":\"check / bare libcsv\",\"value\":%.2f,\"unit\":\"x\",\"at_least\":0.5},"
           "{\"name\":\"check: peak memory\",\"value\":%.1f,\"unit\":\"MiB\",\"limit\":32}]\n",
           bare, judged, judged / bare, (double)peak_kib / 1024);
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
        double start = seconds_used();
        code = files_parse(paths, count, &bytes, &records, error);
        double middle = seconds_used();
        if (!code)
            code = files_check(check, paths, count, &bytes, &records, error);
        bare = better(bare, records, middle - start);
        judged = better(judged, records, seconds_used() - middle);
    }
    buffer_release(&bytes);
    getrusage(RUSAGE_SELF, &usage);
    if (!code)
        rows_print(bare, judged, usage.ru_maxrss);
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
