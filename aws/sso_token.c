#include "aws/sso_token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/aws_files.h"
#include "aws/credentials_internal.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/time_text.h"

#define FILE_MAX 65536
#define REFRESH_BEFORE_MS (5 * 60 * 1000)

/* The CLI wrote "2020-06-17T10:02:08UTC" for a while. */
static bool time_read(const char *text, int64_t *ms)
{
    char copy[40];
    size_t length = text ? strlen(text) : 0;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length + 1);
    if (length > 3 && strcmp(copy + length - 3, "UTC") == 0) {
        copy[length - 3] = 'Z';
        length -= 2;
    }
    return time_text_parse_iso8601(copy, length, ms);
}

static bool same_url(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    while (a_len > 0 && (a[a_len - 1] == '/' || a[a_len - 1] == '#'))
        a_len--;
    while (b_len > 0 && (b[b_len - 1] == '/' || b[b_len - 1] == '#'))
        b_len--;
    return a_len == b_len && strncmp(a, b, a_len) == 0;
}

static enum error_code token_fault(const struct credentials_sso *sso, const char *path,
                                   const char *what, struct error *error)
{
    return error_set(error, ERROR_NO_CREDENTIALS,
                     "SSO: %.300s %s: run `aws sso login --profile %.64s`", path, what,
                     sso->profile);
}

static void token_take(struct sso_token *token)
{
    token->access_token = json_text(token->json, "accessToken", NULL);
    if (!time_read(json_text(token->json, "expiresAt", NULL), &token->expires_at_ms))
        token->expires_at_ms = INT64_MAX;
}

enum error_code sso_token_read(const struct credentials_sso *sso, struct sso_token *token,
                               struct error *error)
{
    struct buffer text;
    memset(token, 0, sizeof *token);
    enum error_code code = aws_file_path("sso/cache", sso->session ? sso->session : sso->start_url,
                                         token->path, sizeof token->path, error);
    if (code)
        return code;
    buffer_init(&text, FILE_MAX);
    if (credentials_read_file(token->path, &text, NULL))
        code = token_fault(
            sso, token->path,
            errno == ENOENT ? "does not exist (not signed in yet)" : "cannot be read", error);
    else if (json_parse(text.data, text.len, &token->json, NULL))
        code = token_fault(sso, token->path, "is not a valid SSO token file", error);
    credentials_wipe(&text);
    if (code)
        return code;
    const char *url = json_text(token->json, "startUrl", NULL);
    token_take(token);
    if (!token->access_token || *token->access_token == '\0')
        return token_fault(sso, token->path, "contains no token", error);
    if (url && !same_url(url, sso->start_url))
        return token_fault(sso, token->path, "belongs to a different start URL than the profile's",
                           error);
    return ERROR_NONE;
}

void sso_token_release(struct sso_token *token)
{
    aws_json_wipe(token->json);
    memset(token, 0, sizeof *token);
}

static bool refresh_is_due(const struct aws_client *client, const struct sso_token *token)
{
    static const char *const needed[] = {"refreshToken", "clientId", "clientSecret"};
    int64_t now_ms = aws_client_now_ms(client), until_ms;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!json_text(token->json, needed[i], NULL))
            return false;
    if (time_read(json_text(token->json, "registrationExpiresAt", NULL), &until_ms) &&
        until_ms <= now_ms)
        return false;
    return token->expires_at_ms - now_ms < REFRESH_BEFORE_MS;
}

static void body_write(const struct sso_token *token, struct buffer *body)
{
    buffer_char(body, '{');
    json_append_member(body, "grantType", "refresh_token");
    json_append_member(body, "clientId", json_text(token->json, "clientId", NULL));
    json_append_member(body, "clientSecret", json_text(token->json, "clientSecret", NULL));
    json_append_member(body, "refreshToken", json_text(token->json, "refreshToken", NULL));
    buffer_char(body, '}');
}

static void text_put(struct json_object *json, const char *key, const char *text)
{
    struct json_object *value = json_object_new_string(text);
    if (value && json_object_object_add(json, key, value) != 0)
        json_object_put(value);
}

static void file_write(const struct sso_token *token)
{
    struct buffer text;
    buffer_init(&text, FILE_MAX);
    buffer_char(&text, '{');
    json_object_object_foreach(token->json, key, value)
    {
        json_append_key(&text, key);
        if (json_object_is_type(value, json_type_string))
            json_append_text(&text, json_object_get_string(value));
        else
            buffer_text(&text, json_object_to_json_string(value));
    }
    buffer_text(&text, "}\n");
    if (!buffer_check(&text, NULL))
        (void)!file_replace(token->path, text.data, text.len, S_IRUSR | S_IWUSR, NULL);
    credentials_wipe(&text);
}

static bool answer_take(struct aws_client *client, const struct aws_response *response,
                        struct sso_token *token)
{
    struct json_object *json = NULL;
    char end[TIME_TEXT_SIZE];
    int64_t seconds = 0;
    bool taken = false;
    if (json_parse(response->body.data, response->body.len, &json, NULL))
        return false;
    const char *access = json_text(json, "accessToken", NULL);
    const char *refresh = json_text(json, "refreshToken", NULL);
    if (access && json_integer(json, "expiresIn", &seconds) && seconds > 0) {
        time_text_iso8601(aws_client_now_ms(client) + seconds * 1000, end);
        text_put(token->json, "accessToken", access);
        text_put(token->json, "expiresAt", end);
        if (refresh)
            text_put(token->json, "refreshToken", refresh);
        token_take(token);
        taken = true;
    }
    aws_json_wipe(json);
    return taken;
}

void sso_token_refresh(struct aws_client *client, const struct credentials_sso *sso,
                       struct sso_token *token)
{
    struct aws_response response;
    struct buffer body;
    if (!sso->session || !refresh_is_due(client, token))
        return;
    buffer_init(&body, FILE_MAX);
    aws_response_init(&response);
    body_write(token, &body);
    struct aws_request request = {.service = AWS_SSO_OIDC,
                                  .operation = "CreateToken",
                                  .path = "/token",
                                  .body = body.data,
                                  .body_length = body.len,
                                  .unsigned_request = true};
    if (!buffer_check(&body, NULL) && !aws_call(client, &request, &response, NULL, NULL) &&
        answer_take(client, &response, token))
        file_write(token);
    credentials_wipe(&response.body);
    aws_response_release(&response);
    credentials_wipe(&body);
}
