#include "aws/role_cache.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/aws_files.h"
#include "aws/credentials_internal.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/time_text.h"

#define LASTS_MS 60000
#define FILE_MAX 65536
#define FOLDER "cli/cache"

static void part_append(struct buffer *out, const char *name, const char *text)
{
    if (!text)
        return;
    buffer_format(out, "%s\"%s\": ", out->len > 1 ? ", " : "", name);
    json_append_text(out, text);
}

/* As Python's json.dumps(arguments, sort_keys=True) has it. */
static bool path_make(const struct credentials_role *role, char *path, size_t size)
{
    struct buffer arguments;
    buffer_init(&arguments, FILE_MAX);
    buffer_char(&arguments, '{');
    if (role->duration_s > 0)
        buffer_format(&arguments, "\"DurationSeconds\": %lld", (long long)role->duration_s);
    part_append(&arguments, "ExternalId", role->external_id);
    part_append(&arguments, "RoleArn", role->role_arn);
    part_append(&arguments, "RoleSessionName", role->session_name);
    part_append(&arguments, "SerialNumber", role->mfa_serial);
    buffer_char(&arguments, '}');
    bool made = !buffer_check(&arguments, NULL) &&
                aws_file_path(FOLDER, arguments.data, path, size, NULL) == ERROR_NONE;
    buffer_release(&arguments);
    return made;
}

bool role_cache_read(const struct credentials_role *role, int64_t now_ms,
                     struct aws_credentials *out)
{
    char path[4096];
    struct buffer text;
    struct json_object *json = NULL;
    bool found = false;
    buffer_init(&text, FILE_MAX);
    if (path_make(role, path, sizeof path) && !credentials_read_file(path, &text, NULL) &&
        !json_parse(text.data, text.len, &json, NULL)) {
        struct json_object *keys = json_member(json, "Credentials");
        const char *end = json_text(keys, "Expiration", NULL);
        int64_t end_ms = 0;
        found = end && time_text_parse_iso8601(end, strlen(end), &end_ms) &&
                end_ms - now_ms > LASTS_MS &&
                !credentials_fill(out, json_text(keys, "AccessKeyId", NULL),
                                  json_text(keys, "SecretAccessKey", NULL),
                                  json_text(keys, "SessionToken", NULL), end_ms, "role", NULL);
    }
    aws_json_wipe(json);
    credentials_wipe(&text);
    return found;
}

void role_cache_write(const struct credentials_role *role, const struct aws_credentials *keys)
{
    char path[4096], end[TIME_TEXT_SIZE];
    struct buffer text;
    if (keys->expires_at_ms == INT64_MAX || !path_make(role, path, sizeof path))
        return;
    buffer_init(&text, FILE_MAX);
    time_text_iso8601(keys->expires_at_ms, end);
    buffer_text(&text, "{\"Credentials\":{");
    json_append_member(&text, "AccessKeyId", keys->access_key_id);
    json_append_member(&text, "SecretAccessKey", keys->secret_access_key);
    json_append_member(&text, "SessionToken", keys->token);
    json_append_member(&text, "Expiration", end);
    buffer_text(&text, "}}\n");
    if (!buffer_check(&text, NULL) && aws_file_folder(FOLDER))
        (void)!file_replace(path, text.data, text.len, S_IRUSR | S_IWUSR, NULL);
    credentials_wipe(&text);
}
