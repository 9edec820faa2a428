#include "tui/session/file_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/session/check_database.h"

#define TEXT_MAX ((size_t)4 << 20)
#define UNNAMED "-" /* a draft has no name of a vendor's file, so none to refuse */

struct telling {
    struct file_check *check;
    size_t told, most;
};

static enum error_code finding_tell(void *context, const struct check_finding *finding,
                                    struct error *error)
{
    struct telling *telling = context;
    struct buffer *out = &telling->check->findings;
    (void)error;
    if (telling->told >= telling->most) {
        telling->check->findings_left_out++;
        return ERROR_NONE;
    }
    telling->told++;
    buffer_format(out, "line %" PRIu32 "  %s  ", finding->line_number, rule_name(finding->rule));
    text_append_visible(out, finding->message, strlen(finding->message));
    buffer_char(out, '\n');
    return ERROR_NONE;
}

static enum error_code judge(struct session *session, struct check_database *database,
                             const char *path, const char *vendor_id, struct buffer *bytes,
                             struct telling *telling, struct error *error)
{
    struct file_check *out = telling->check;
    struct refusal refusal = {.code = REFUSAL_NONE};
    struct categories categories;
    struct check_options options = {.categories = &categories,
                                    .lookup = check_database_lookup(database)};
    struct check *check = NULL;
    categories_init(&categories);
    enum error_code code = check_database_categories(session, &categories, error);
    if (!code)
        code = check_database_vendor(database, UNNAMED, vendor_id, &refusal, error);
    if (!code)
        code = check_new(&check, &options, error);
    if (!code)
        code = check_read_file(path, bytes, &out->size, error);
    if (!code)
        code = check_run(check, UNNAMED, vendor_id, bytes->data, bytes->len, out->size,
                         &out->result, error);
    if (!code) {
        if (refusal.code != REFUSAL_NONE)
            out->result.refusal = refusal;
        if (out->result.unknown_columns)
            snprintf(out->unknown_columns, sizeof out->unknown_columns, "%s",
                     out->result.unknown_columns);
        out->result.unknown_columns = NULL;
        code = check_each(check, finding_tell, telling, error);
    }
    check_free(check);
    categories_release(&categories);
    return code;
}

enum error_code file_check(struct session *session, const char *path, const char *vendor_id,
                           size_t most, struct file_check *check, struct error *error)
{
    struct telling telling = {.check = check, .most = most};
    struct check_database *database = NULL;
    struct buffer bytes;
    memset(check, 0, sizeof *check);
    buffer_init(&check->findings, TEXT_MAX);
    buffer_init(&bytes, (size_t)CSV_FILE_MAX + 1);
    enum error_code code = check_database_new(session, &database, error);
    if (!code)
        code = judge(session, database, path, vendor_id, &bytes, &telling, error);
    check_database_free(database);
    buffer_release(&bytes);
    return code;
}

void file_check_verdict(const struct file_check *check, struct buffer *out)
{
    const struct check_result *result = &check->result;
    if (result->refusal.code != REFUSAL_NONE) {
        buffer_format(out, "the file would be refused, %s: ", refusal_name(result->refusal.code));
        text_append_visible(out, result->refusal.message, strlen(result->refusal.message));
        if (result->refusal.line_number > 0)
            buffer_format(out, " (line %" PRIu32 ")", result->refusal.line_number);
        return;
    }
    buffer_format(out, "%" PRIu32 " of %" PRIu32 " records valid", result->valid_records,
                  result->total_records);
}
