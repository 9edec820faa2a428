#include "aws/sso.h"

#include <pthread.h>
#include <string.h>

#include "aws/aws_files.h"
#include "aws/client.h"
#include "aws/credentials_internal.h"
#include "aws/sso_token.h"
#include "core/base/json.h"
#include "core/base/time_text.h"

static enum error_code keys_read(const struct aws_response *response, struct aws_credentials *out,
                                 struct error *error)
{
    struct json_object *json = NULL;
    int64_t expires_at_ms = INT64_MAX;
    if (json_parse(response->body.data, response->body.len, &json, NULL))
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "SSO GetRoleCredentials: the response is not JSON");
    struct json_object *keys = json_member(json, "roleCredentials");
    if (!json_integer(keys, "expiration", &expires_at_ms))
        expires_at_ms = INT64_MAX;
    enum error_code code = credentials_fill(
        out, json_text(keys, "accessKeyId", NULL), json_text(keys, "secretAccessKey", NULL),
        json_text(keys, "sessionToken", NULL), expires_at_ms, "sso", error);
    aws_json_wipe(json);
    return code;
}

/* What the portal refuses, in words that lead on. */
static enum error_code refusal(const struct credentials_sso *sso, const struct sso_token *token,
                               enum error_code code, struct error *error)
{
    char end[TIME_TEXT_SIZE] = "at an unknown time";
    int status = error ? error->http_status : 0;
    if (token->expires_at_ms != INT64_MAX)
        time_text_iso8601(token->expires_at_ms, end);
    if (status == 401)
        return error_set(
            error, ERROR_EXPIRED_CREDENTIALS,
            "the SSO sign-in of profile \"%.64s\" has expired (token expiry: %s): run `aws sso "
            "login --profile %.64s`",
            sso->profile, end, sso->profile);
    if (status == 403)
        return error_set(error, ERROR_DENIED,
                         "SSO: the role %.64s of account %.20s is not assigned to you: correct "
                         "sso_account_id and sso_role_name of profile \"%.64s\", or ask for it",
                         sso->role_name, sso->account_id, sso->profile);
    return error ? error_wrap(error, "SSO, profile \"%.64s\"", sso->profile) : code;
}

static enum error_code role_get(struct aws_client *client, const struct credentials_sso *sso,
                                const struct sso_token *token, struct aws_credentials *out,
                                struct error *error)
{
    const struct aws_pair query[] = {{"role_name", sso->role_name},
                                     {"account_id", sso->account_id}};
    const struct aws_pair headers[] = {{"x-amz-sso_bearer_token", token->access_token}};
    const struct aws_request request = {.service = AWS_SSO,
                                        .operation = "GetRoleCredentials",
                                        .method = "GET",
                                        .path = "/federation/credentials",
                                        .query = query,
                                        .query_count = 2,
                                        .headers = headers,
                                        .header_count = 1,
                                        .unsigned_request = true};
    struct aws_response response;
    struct error failure = ERROR_INIT;
    aws_response_init(&response);
    enum error_code code = aws_call(client, &request, &response, NULL, &failure);
    if (code) {
        code = refusal(sso, token, code, &failure);
        if (error)
            *error = failure;
    } else {
        code = keys_read(&response, out, error);
    }
    credentials_wipe(&response.body);
    aws_response_release(&response);
    return code;
}

enum error_code sso_credentials_get(const struct credentials_options *options,
                                    const struct credentials_sso *sso, struct aws_credentials *out,
                                    struct error *error)
{
    static pthread_mutex_t renewing = PTHREAD_MUTEX_INITIALIZER;
    struct credentials_provider *nobody = NULL;
    struct aws_client *client = NULL;
    struct sso_token token = {.json = NULL};
    enum error_code code =
        credentials_provider_new_static(&nobody, "unsigned", "unsigned", NULL, error);
    const struct aws_options wanted = {.region = sso->region,
                                       .profile = options->profile,
                                       .profiles = options->profiles,
                                       .world = options->world,
                                       .cancel = options->cancel,
                                       .credentials = nobody,
                                       .transport = options->transport};
    if (!code)
        code = aws_client_new(&client, &wanted, error);
    if (!code) {
        pthread_mutex_lock(&renewing);
        code = sso_token_read(sso, &token, error);
        if (!code)
            sso_token_refresh(client, sso, &token);
        pthread_mutex_unlock(&renewing);
    }
    if (!code)
        code = role_get(client, sso, &token, out, error);
    sso_token_release(&token);
    aws_client_free(client);
    credentials_provider_free(nobody);
    return code;
}
