/* Prints what the offline check says of each file, one JSON object a line. For tests. */
#include "core/operate/check/check.h"

static enum error_code files_check(struct check *check, char **paths, struct error *error)
{
    struct buffer bytes, out;
    enum error_code code = ERROR_NONE;
    buffer_init(&bytes, CSV_FILE_MAX + 2);
    buffer_init(&out, (size_t)1 << 28);
    for (; !code && *paths; paths++) {
        struct check_result result;
        uint64_t size;
        code = check_read_file(*paths, &bytes, &size, error);
        if (!code)
            code = check_run(check, *paths, NULL, bytes.data, bytes.len, size, &result, error);
        if (!code)
            code = check_append_json(check, *paths, &result, &out, NULL, error);
        if (!code)
            puts(out.data);
        buffer_clear(&out);
    }
    buffer_release(&bytes);
    buffer_release(&out);
    return code;
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct categories categories;
    struct check *check = NULL;
    const struct check_options options = {.categories = &categories};
    (void)argc;
    categories_init(&categories);
    enum error_code code = categories_add_defaults(&categories, &error);
    if (!code)
        code = check_new(&check, &options, &error);
    if (!code)
        code = files_check(check, argv + 1, &error);
    if (code)
        fprintf(stderr, "check_file: %s\n", error.message);
    check_free(check);
    categories_release(&categories);
    return code != ERROR_NONE;
}
