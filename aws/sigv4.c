#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <strings.h>

#include "aws/sigv4_canonical.h"
#include "core/base/time_text.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define EXPIRES_MAX_S 604800
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

void sigv4_result_init(struct sigv4_result *result)
{
    memset(result, 0, sizeof *result);
    buffer_init(&result->canonical_request, SIZE_MAX);
    buffer_init(&result->string_to_sign, SIZE_MAX);
    buffer_init(&result->signed_headers, SIZE_MAX);
    buffer_init(&result->authorization, SIZE_MAX);
    buffer_init(&result->query, SIZE_MAX);
}

static void wipe_release(struct buffer *buffer)
{
    if (buffer->capacity > 0)
        OPENSSL_cleanse(buffer->data, buffer->len);
    buffer_release(buffer);
}

void sigv4_result_release(struct sigv4_result *result)
{
    wipe_release(&result->canonical_request);
    buffer_release(&result->string_to_sign);
    buffer_release(&result->signed_headers);
    buffer_release(&result->authorization);
    wipe_release(&result->query);
}

static void result_clear(struct sigv4_result *result)
{
    buffer_clear(&result->canonical_request);
    buffer_clear(&result->string_to_sign);
    buffer_clear(&result->signed_headers);
    buffer_clear(&result->authorization);
    buffer_clear(&result->query);
}

static void hex_write(const unsigned char *bytes, char hex[SIGV4_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SIGV4_DIGEST_SIZE; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * SIGV4_DIGEST_SIZE] = '\0';
}

enum error_code sigv4_hash_hex(const void *data, size_t length, char hex[SIGV4_HEX_SIZE],
                               struct error *error)
{
    unsigned char digest[SIGV4_DIGEST_SIZE];
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (EVP_Digest(length > 0 ? data : "", length, digest, NULL, EVP_sha256(), NULL) != 1)
        return error_set(error, ERROR_INTERNAL, "signing: OpenSSL has no SHA-256");
    hex_write(digest, hex);
    return ERROR_NONE;
}

static bool hmac(const void *key, size_t key_length, const void *data, size_t length,
                 unsigned char out[SIGV4_DIGEST_SIZE])
{
    unsigned int size = 0;
    return HMAC(EVP_sha256(), key, (int)key_length, data, length, out, &size) &&
           size == SIGV4_DIGEST_SIZE;
}

static void date_write(int64_t time_ms, char date[17])
{
    char text[TIME_TEXT_SIZE];
    time_text_basic(time_ms, text);
    memcpy(date, text, 16);
    date[16] = '\0';
}

void sigv4_scope(const struct sigv4_options *options, struct buffer *scope)
{
    char date[17];
    date_write(options->time_ms, date);
    buffer_format(scope, "%.8s/%s/%s/aws4_request", date, options->region, options->service);
}

enum error_code sigv4_signing_key(const struct sigv4_options *options,
                                  unsigned char key[SIGV4_DIGEST_SIZE], struct error *error)
{
    enum error_code code = ERROR_NONE;
    char date[17];
    struct buffer secret;
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    buffer_init(&secret, 4096);
    date_write(options->time_ms, date);
    buffer_format(&secret, "AWS4%s", options->credentials.secret_access_key);
    if (secret.failed || !hmac(secret.data, secret.len, date, 8, key) ||
        !hmac(key, SIGV4_DIGEST_SIZE, options->region, strlen(options->region), key) ||
        !hmac(key, SIGV4_DIGEST_SIZE, options->service, strlen(options->service), key) ||
        !hmac(key, SIGV4_DIGEST_SIZE, "aws4_request", 12, key))
        code = error_set(error, ERROR_INTERNAL, "signing: the signing key could not be derived");
    OPENSSL_cleanse(secret.data, secret.len);
    buffer_release(&secret);
    return code;
}

static enum error_code sign_text(const struct sigv4_options *options, const struct buffer *text,
                                 char signature[SIGV4_HEX_SIZE], struct error *error)
{
    unsigned char key[SIGV4_DIGEST_SIZE];
    unsigned char digest[SIGV4_DIGEST_SIZE];
    enum error_code code = sigv4_signing_key(options, key, error);
    if (!code && !hmac(key, sizeof key, text->data, text->len, digest))
        code = error_set(error, ERROR_INTERNAL, "signing: HMAC-SHA256 failed");
    if (!code)
        hex_write(digest, signature);
    OPENSSL_cleanse(key, sizeof key);
    return code;
}

static const char *request_header(const struct sigv4_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static enum error_code payload_hash_find(const struct sigv4_request *request,
                                         const struct sigv4_options *options,
                                         struct sigv4_result *result, struct error *error)
{
    const char *given = options->payload_hash;
    if (!given)
        given = request_header(request, "x-amz-content-sha256");
    if (!given)
        return sigv4_hash_hex(request->body, request->body_length, result->payload_hash, error);
    if (strlen(given) >= sizeof result->payload_hash)
        return error_set(error, ERROR_INVALID, "signing: the payload hash is too long");
    snprintf(result->payload_hash, sizeof result->payload_hash, "%s", given);
    return ERROR_NONE;
}

static bool has_token(const struct sigv4_options *options)
{
    return options->credentials.token && options->credentials.token[0] != '\0';
}

static enum error_code finish(const struct sigv4_request *request,
                              const struct sigv4_options *options, struct sigv4_pairs *query,
                              const struct sigv4_pairs *headers, struct sigv4_result *result,
                              struct error *error)
{
    char hash[SIGV4_HEX_SIZE];
    struct buffer *canonical = &result->canonical_request;
    buffer_clear(&result->signed_headers);
    buffer_format(canonical, "%s\n", request->method);
    sigv4_path_append(canonical, request->path, options->normalize_path,
                      options->encode_path_twice);
    buffer_char(canonical, '\n');
    sigv4_query_sort(query);
    sigv4_query_append(canonical, query);
    buffer_char(canonical, '\n');
    sigv4_headers_append(canonical, &result->signed_headers, headers);
    buffer_format(canonical, "\n%s\n%s", result->signed_headers.data, result->payload_hash);
    if (query->failed || headers->failed)
        return error_set(error, ERROR_MEMORY, "signing: out of memory");
    enum error_code code = buffer_check(canonical, error);
    if (!code)
        code = sigv4_hash_hex(canonical->data, canonical->len, hash, error);
    if (code)
        return code;
    buffer_format(&result->string_to_sign, ALGORITHM "\n%s\n", result->date);
    sigv4_scope(options, &result->string_to_sign);
    buffer_format(&result->string_to_sign, "\n%s", hash);
    code = buffer_check(&result->string_to_sign, error);
    if (!code)
        code = sign_text(options, &result->string_to_sign, result->signature, error);
    return code;
}

enum error_code sigv4_sign_header(const struct sigv4_request *request,
                                  const struct sigv4_options *options, struct sigv4_result *result,
                                  struct error *error)
{
    struct arena arena = ARENA_INIT;
    struct sigv4_pairs query = {0}, headers = {0};
    result_clear(result);
    date_write(options->time_ms, result->date);
    enum error_code code = payload_hash_find(request, options, result, error);
    if (code)
        goto done;
    sigv4_query_split(&query, &arena, request->query);
    sigv4_headers_collect(&headers, &arena, request);
    sigv4_pairs_add(&headers, &arena, "x-amz-date", result->date);
    if (options->sign_body)
        sigv4_pairs_add(&headers, &arena, "x-amz-content-sha256", result->payload_hash);
    if (has_token(options) && !options->omit_session_token)
        sigv4_pairs_add(&headers, &arena, "x-amz-security-token", options->credentials.token);
    sigv4_headers_sort(&headers);
    code = finish(request, options, &query, &headers, result, error);
    if (code)
        goto done;
    buffer_format(&result->authorization, ALGORITHM " Credential=%s/",
                  options->credentials.access_key_id);
    sigv4_scope(options, &result->authorization);
    buffer_format(&result->authorization, ", SignedHeaders=%s, Signature=%s",
                  result->signed_headers.data, result->signature);
    code = buffer_check(&result->authorization, error);
done:
    sigv4_pairs_wipe(&headers);
    arena_release(&arena);
    return code;
}

static void add_encoded(struct sigv4_pairs *query, struct arena *arena, const char *name,
                        const char *value)
{
    struct buffer encoded;
    buffer_init(&encoded, SIZE_MAX);
    sigv4_encode(&encoded, value, strlen(value), false);
    if (encoded.failed)
        query->failed = true;
    sigv4_pairs_add(query, arena, name, encoded.data);
    buffer_release(&encoded);
}

static void add_parameters(const struct sigv4_options *options, struct sigv4_result *result,
                           struct sigv4_pairs *query, struct arena *arena)
{
    char expires[24];
    struct buffer credential;
    buffer_init(&credential, SIZE_MAX);
    buffer_format(&credential, "%s/", options->credentials.access_key_id);
    sigv4_scope(options, &credential);
    if (credential.failed)
        query->failed = true;
    snprintf(expires, sizeof expires, "%lld", (long long)options->expires_s);
    add_encoded(query, arena, "X-Amz-Algorithm", ALGORITHM);
    add_encoded(query, arena, "X-Amz-Credential", credential.data);
    add_encoded(query, arena, "X-Amz-Date", result->date);
    add_encoded(query, arena, "X-Amz-Expires", expires);
    add_encoded(query, arena, "X-Amz-SignedHeaders", result->signed_headers.data);
    if (has_token(options) && !options->omit_session_token)
        add_encoded(query, arena, "X-Amz-Security-Token", options->credentials.token);
    buffer_release(&credential);
}

enum error_code sigv4_sign_query(const struct sigv4_request *request,
                                 const struct sigv4_options *options, struct sigv4_result *result,
                                 struct error *error)
{
    struct arena arena = ARENA_INIT;
    struct sigv4_pairs query = {0}, headers = {0};
    struct buffer unused;
    buffer_init(&unused, SIZE_MAX);
    result_clear(result);
    enum error_code code = ERROR_NONE;
    if (options->expires_s < 1 || options->expires_s > EXPIRES_MAX_S) {
        code = error_set(error, ERROR_INVALID,
                         "a presigned link must be valid for 1 to %d seconds, not %lld",
                         EXPIRES_MAX_S, (long long)options->expires_s);
        goto done;
    }
    date_write(options->time_ms, result->date);
    code = payload_hash_find(request, options, result, error);
    if (code)
        goto done;
    sigv4_headers_collect(&headers, &arena, request);
    sigv4_headers_sort(&headers);
    sigv4_headers_append(&unused, &result->signed_headers, &headers);
    sigv4_query_split(&query, &arena, request->query);
    add_parameters(options, result, &query, &arena);
    code = finish(request, options, &query, &headers, result, error);
    if (code)
        goto done;
    sigv4_query_append(&result->query, &query);
    if (has_token(options) && options->omit_session_token) {
        buffer_text(&result->query, "&X-Amz-Security-Token=");
        sigv4_encode(&result->query, options->credentials.token, strlen(options->credentials.token),
                     false);
    }
    buffer_format(&result->query, "&X-Amz-Signature=%s", result->signature);
    code = buffer_check(&result->query, error);
done:
    sigv4_pairs_wipe(&query);
    buffer_release(&unused);
    arena_release(&arena);
    return code;
}
