#include "aws/rds_token.h"

#include <openssl/crypto.h>
#include <string.h>

#include "aws/sigv4.h"

#define EXPIRES_S 900

static enum error_code token_sign(const struct rds_login *login,
                                  const struct sigv4_options *options, struct buffer *token,
                                  struct error *error)
{
    struct sigv4_result result;
    struct buffer host, query;
    sigv4_result_init(&result);
    buffer_init(&host, 512);
    buffer_init(&query, 1024);
    buffer_format(&host, "%s:%s", login->host, login->port);
    buffer_text(&query, "Action=connect&DBUser=");
    sigv4_encode(&query, login->user, strlen(login->user), false);
    const struct sigv4_header header = {"host", host.data};
    const struct sigv4_request request = {
        .method = "GET", .path = "/", .query = query.data, .headers = &header, .header_count = 1};
    enum error_code code = buffer_check(&host, error);
    if (!code)
        code = buffer_check(&query, error);
    if (!code)
        code = sigv4_sign_query(&request, options, &result, error);
    if (!code) {
        buffer_format(token, "%s/?%s", host.data, result.query.data);
        code = buffer_check(token, error);
        OPENSSL_cleanse(result.query.data, result.query.len);
    }
    sigv4_result_release(&result);
    buffer_release(&host);
    buffer_release(&query);
    return code;
}

enum error_code rds_token_make(struct credentials_provider *provider, const struct rds_login *login,
                               struct buffer *token, struct error *error)
{
    struct aws_credentials keys;
    aws_credentials_init(&keys);
    enum error_code code = credentials_get(provider, &keys, error);
    const struct sigv4_options options = {
        .credentials = {.access_key_id = keys.access_key_id,
                        .secret_access_key = keys.secret_access_key,
                        .token = keys.token},
        .region = login->region,
        .service = "rds-db",
        .time_ms = credentials_now_ms(provider),
        .normalize_path = true,
        .encode_path_twice = true,
        .expires_s = EXPIRES_S};
    if (!code)
        code = token_sign(login, &options, token, error);
    aws_credentials_release(&keys);
    return code;
}
