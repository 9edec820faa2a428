#include "core/operate/check/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/record/rules_text.h"

#define DRAIN_AT ((size_t)64 * 1024)

struct json_writer {
    struct buffer *out;
    const struct check_drain *drain;
    struct buffer scratch;
    bool first;
};

static void append_key(struct json_writer *writer, const char *name,
                       const struct record_field *field)
{
    json_append_key(writer->out, name);
    if (!field->facts) {
        json_append_string(writer->out, field->text, field->len);
        return;
    }
    buffer_clear(&writer->scratch);
    buffer_append(&writer->scratch, field->text, field->len);
    record_append_cut_mark(&writer->scratch, field->facts->bytes - field->len);
    json_append_string(writer->out, writer->scratch.data, writer->scratch.len);
}

static enum error_code drain_if_full(struct json_writer *writer, struct error *error)
{
    enum error_code code = buffer_check(writer->out, error);
    if (code || !writer->drain || writer->out->len < DRAIN_AT)
        return code;
    return writer->drain->drain(writer->drain->context, writer->out, error);
}

static enum error_code finding_append(void *context, const struct check_finding *finding,
                                      struct error *error)
{
    struct json_writer *writer = context;
    struct buffer *out = writer->out;
    buffer_text(out, writer->first ? "{" : ",{");
    writer->first = false;
    json_append_member_integer(out, "row_number", finding->row_number);
    json_append_member_integer(out, "line_number", finding->line_number);
    append_key(writer, "vendor_product_id", &finding->vendor_product_id);
    append_key(writer, "sku", &finding->sku);
    json_append_member(out, "error_type", rule_name(finding->rule));
    json_append_member(out, "error_field", column_name(finding->column));
    json_append_member(out, "error_message", finding->message);
    buffer_char(out, '}');
    return drain_if_full(writer, error);
}

static void refusal_append(struct buffer *out, const struct refusal *refusal)
{
    json_append_key(out, "refused");
    if (refusal->code == REFUSAL_NONE) {
        buffer_text(out, "null");
        return;
    }
    buffer_char(out, '{');
    json_append_member(out, "code", refusal_name(refusal->code));
    json_append_member(out, "message", refusal->message);
    if (refusal->line_number)
        json_append_member_integer(out, "line_number", refusal->line_number);
    else
        json_append_member(out, "line_number", NULL);
    buffer_char(out, '}');
}

static void counts_append(struct buffer *out, const struct check_result *result)
{
    json_append_member_integer(out, "total_records", result->total_records);
    json_append_member_integer(out, "valid_records", result->valid_records);
    json_append_member_integer(out, "error_records", result->error_records);
    json_append_key(out, "errors_by_type");
    buffer_char(out, '{');
    for (enum rule i = 0; i < RULE_COUNT; i++) {
        if (result->errors_by_type[i])
            json_append_member_integer(out, rule_name(i), result->errors_by_type[i]);
    }
    buffer_char(out, '}');
}

static void warnings_append(struct buffer *out, struct buffer *scratch,
                            const struct check_result *result)
{
    json_append_key(out, "warnings");
    buffer_char(out, '[');
    if (result->swallowed && result->refusal.code == REFUSAL_NONE) {
        buffer_clear(scratch);
        rules_text_swallowed(scratch, result->swallowed, result->swallowed_line,
                             result->swallowed_last_line);
        json_append_string(out, scratch->data, scratch->len);
    }
    buffer_char(out, ']');
}

enum error_code check_append_json(struct check *check, const char *file,
                                  const struct check_result *result, struct buffer *out,
                                  const struct check_drain *drain, struct error *error)
{
    struct json_writer writer = {.out = out, .drain = drain, .first = true};
    buffer_init(&writer.scratch, 2 * RECORD_VALUE_MAX);
    buffer_char(out, '{');
    json_append_member(out, "file", file);
    json_append_member(out, "vendor_id", result->vendor_id[0] ? result->vendor_id : NULL);
    json_append_member(out, "status", check_status_name(result->status));
    refusal_append(out, &result->refusal);
    counts_append(out, result);
    json_append_key(out, "unknown_columns");
    if (result->unknown_count)
        json_append_text(out, result->unknown_columns);
    else
        buffer_text(out, "null");
    json_append_key(out, "ignored_columns");
    buffer_format(out, "[%s]", result->ignored_columns);
    warnings_append(out, &writer.scratch, result);
    json_append_key(out, "errors");
    buffer_char(out, '[');
    enum error_code code = check_each(check, finding_append, &writer, error);
    buffer_text(out, "]}");
    buffer_release(&writer.scratch);
    return code ? code : buffer_check(out, error);
}

static enum error_code descriptor_read(int descriptor, const char *path, struct buffer *bytes,
                                       struct error *error)
{
    char piece[64 * 1024];
    while (bytes->len <= CSV_FILE_MAX) {
        size_t wanted = CSV_FILE_MAX + 1 - bytes->len;
        ssize_t got = read(descriptor, piece, wanted < sizeof piece ? wanted : sizeof piece);
        if (got < 0 && errno == EINTR)
            return error_set(error, ERROR_CANCELLED, "interrupted while reading %s", path);
        if (got < 0)
            return error_set(error, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
        if (got == 0)
            break;
        buffer_append(bytes, piece, (size_t)got);
    }
    return buffer_check(bytes, error);
}

enum error_code check_read_file(const char *path, struct buffer *bytes, uint64_t *size,
                                struct error *error)
{
    struct stat about;
    bool standard_input = strcmp(path, "-") == 0;
    int descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot open %s: %s",
                         path, strerror(errno));
    enum error_code code = ERROR_NONE;
    buffer_clear(bytes);
    if (fstat(descriptor, &about) != 0)
        code = error_set(error, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    else if (S_ISDIR(about.st_mode))
        code = error_set(error, ERROR_IO, "cannot read %s: it is a directory", path);
    else
        code = descriptor_read(descriptor, path, bytes, error);
    *size = !code && S_ISREG(about.st_mode) && (uint64_t)about.st_size > bytes->len
                ? (uint64_t)about.st_size
                : bytes->len;
    if (!standard_input)
        close(descriptor);
    return code;
}
