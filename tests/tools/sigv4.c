/* sigv4 DIR: signs DIR/request.txt (a raw HTTP/1.1 request) as DIR/context.json says, by the
 * product's own code, and prints each stage as JSON for a judge that is not ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "core/base/json.h"
#include "core/base/time_text.h"

#define HEADERS_MAX 128

struct parsed {
    char *text; /* head of the request, cut up in place */
    struct sigv4_header headers[HEADERS_MAX];
    struct sigv4_request request;
};

static enum error_code file_read(const char *folder, const char *name, struct buffer *out,
                                 struct error *error)
{
    char path[4096], chunk[65536];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error, ERROR_IO, "%s: cannot be read", path);
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append(out, chunk, got);
    fclose(file);
    return buffer_check(out, error);
}

/* The head's end and where the body begins; LF and CRLF both end a line. */
static void head_cut(struct buffer *raw, size_t *head, size_t *body)
{
    *head = *body = raw->len;
    for (size_t i = 0; i < raw->len; i++) {
        if (raw->data[i] != '\n')
            continue;
        size_t next = i + 1 < raw->len && raw->data[i + 1] == '\r' ? i + 2 : i + 1;
        if (next < raw->len && raw->data[next] == '\n') {
            *head = i + 1;
            *body = next + 1;
            return;
        }
    }
}

static void header_add(struct parsed *parsed, char *line)
{
    struct sigv4_request *request = &parsed->request;
    char *colon = strchr(line, ':');
    if (colon == NULL || request->header_count == HEADERS_MAX)
        return;
    *colon = '\0';
    parsed->headers[request->header_count++] =
        (struct sigv4_header){.name = line, .value = colon + 1};
}

static bool request_line_cut(struct parsed *parsed, char *line)
{
    char *target = strchr(line, ' ');
    char *version = strrchr(line, ' ');
    if (target == NULL || version == target)
        return false;
    *target++ = '\0';
    *version = '\0';
    char *query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    parsed->request.method = line;
    parsed->request.path = target;
    parsed->request.query = query;
    return true;
}

static enum error_code request_parse(struct buffer *raw, struct parsed *parsed, struct error *error)
{
    size_t head, body;
    head_cut(raw, &head, &body);
    parsed->request.headers = parsed->headers;
    parsed->request.body = raw->data + body;
    parsed->request.body_length = raw->len - body;
    parsed->text = calloc(1, head + 1);
    if (parsed->text == NULL)
        return error_set(error, ERROR_MEMORY, "out of memory");
    size_t length = 0;
    for (size_t i = 0; i < head; i++) {
        bool folded = raw->data[i] == '\n' && i + 1 < head &&
                      (raw->data[i + 1] == ' ' || raw->data[i + 1] == '\t');
        if (raw->data[i] != '\r')
            parsed->text[length++] = folded ? ' ' : raw->data[i];
    }
    bool first = true;
    for (char *line = parsed->text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!first)
            header_add(parsed, line);
        else if (!request_line_cut(parsed, line))
            return error_set(error, ERROR_INVALID, "request.txt: no request line");
        first = false;
    }
    return ERROR_NONE;
}

static bool flag(struct json_object *context, const char *name, bool otherwise)
{
    struct json_object *value = json_member(context, name);
    return value != NULL ? json_object_get_boolean(value) != 0 : otherwise;
}

static const char *text_or_empty(struct json_object *object, const char *name)
{
    const char *text = json_text(object, name, NULL);
    return text != NULL ? text : "";
}

static enum error_code options_read(struct json_object *context, struct sigv4_options *options,
                                    struct error *error)
{
    struct json_object *credentials = json_member(context, "credentials");
    const char *timestamp = text_or_empty(context, "timestamp");
    options->credentials.access_key_id = text_or_empty(credentials, "access_key_id");
    options->credentials.secret_access_key = text_or_empty(credentials, "secret_access_key");
    options->credentials.token = json_text(credentials, "token", NULL);
    options->region = text_or_empty(context, "region");
    options->service = text_or_empty(context, "service");
    bool s3 = strcmp(options->service, "s3") == 0;
    options->normalize_path = !s3 && flag(context, "normalize", true);
    options->encode_path_twice = !s3;
    options->sign_body = s3 || flag(context, "sign_body", false);
    options->omit_session_token = flag(context, "omit_session_token", false);
    options->expires_s = 3600;
    if (json_member(context, "expiration_in_seconds") != NULL &&
        !json_integer(context, "expiration_in_seconds", &options->expires_s))
        return error_set(error, ERROR_INVALID, "context.json: expiration_in_seconds is no number");
    if (!time_text_parse_iso8601(timestamp, strlen(timestamp), &options->time_ms))
        return error_set(error, ERROR_INVALID, "context.json: timestamp \"%s\" is no time",
                         timestamp);
    return ERROR_NONE;
}

static void stages_append(struct buffer *out, const char *form, const struct sigv4_result *result)
{
    json_append_key(out, form);
    buffer_char(out, '{');
    json_append_key(out, "canonical_request");
    json_append_string(out, result->canonical_request.data, result->canonical_request.len);
    json_append_key(out, "string_to_sign");
    json_append_string(out, result->string_to_sign.data, result->string_to_sign.len);
    json_append_member(out, "signature", result->signature);
    buffer_char(out, '}');
}

static enum error_code both_sign(const struct sigv4_request *request, struct sigv4_options *options,
                                 struct buffer *out, struct error *error)
{
    struct sigv4_result result;
    sigv4_result_init(&result);
    buffer_char(out, '{');
    enum error_code code = sigv4_sign_header(request, options, &result, error);
    if (code != ERROR_NONE)
        goto done;
    stages_append(out, "header", &result);
    if (strcmp(options->service, "s3") == 0)
        options->payload_hash = SIGV4_UNSIGNED_PAYLOAD;
    code = sigv4_sign_query(request, options, &result, error);
    if (code != ERROR_NONE)
        goto done;
    stages_append(out, "query", &result);
    buffer_text(out, "}\n");
    code = buffer_check(out, error);
done:
    sigv4_result_release(&result);
    return code;
}

static enum error_code run(const char *folder, struct buffer *out, struct error *error)
{
    struct buffer raw, text;
    struct json_object *context = NULL;
    struct sigv4_options options = {0};
    struct parsed *parsed = calloc(1, sizeof *parsed);
    buffer_init(&raw, 1 << 26);
    buffer_init(&text, 1 << 20);
    enum error_code code =
        parsed != NULL ? ERROR_NONE : error_set(error, ERROR_MEMORY, "out of memory");
    if (code == ERROR_NONE)
        code = file_read(folder, "request.txt", &raw, error);
    if (code == ERROR_NONE)
        code = file_read(folder, "context.json", &text, error);
    if (code == ERROR_NONE)
        code = json_parse(text.data, text.len, &context, error);
    if (code == ERROR_NONE)
        code = options_read(context, &options, error);
    if (code == ERROR_NONE && parsed != NULL)
        code = request_parse(&raw, parsed, error);
    if (code == ERROR_NONE && parsed != NULL)
        code = both_sign(&parsed->request, &options, out, error);
    if (parsed != NULL)
        free(parsed->text);
    free(parsed);
    json_object_put(context);
    buffer_release(&raw);
    buffer_release(&text);
    return code;
}

int main(int count, char **arguments)
{
    struct error error = ERROR_INIT;
    struct buffer out;
    if (count != 2) {
        fprintf(stderr, "usage: sigv4 DIR\n");
        return 2;
    }
    buffer_init(&out, 1 << 26);
    enum error_code code = run(arguments[1], &out, &error);
    if (code == ERROR_NONE)
        fwrite(out.data, 1, out.len, stdout);
    else
        fprintf(stderr, "sigv4: %s: %s\n", arguments[1], error.message);
    buffer_release(&out);
    return code == ERROR_NONE ? 0 : 1;
}
