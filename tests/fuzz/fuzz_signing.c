/* The signature of any request, and a presigned one: signed twice it is the same, the canonical
 * request has a line for each part, and what is encoded is decoded again. At most 600 bytes: pieces
 * with a NUL between them, method, path, query, body, then headers.
 * Files: aws/sigv4.c aws/sigv4_canonical.c */
#include "aws/sigv4.h"
#include "core/record/event_s3.h"
#include "tests/fuzz/fuzz.h"

#define HEADERS 6
/* RFC 9110, section 5.6.2: what a header's name is made of. */
#define TOKEN                                                          \
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm" \
    "nopqrstuvwxyz"

static const struct sigv4_options plain = {
    .credentials = {"AKIDEXAMPLE", "secret", "token"},
    .region = "eu-central-1",
    .service = "execute-api",
    .time_ms = INT64_C(1767323045678),
    .normalize_path = true,
    .encode_path_twice = true,
    .sign_body = true,
    .expires_s = 900,
};

static size_t lines_in(const struct buffer *text)
{
    size_t count = 1;
    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}

static bool is_hex(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static void sign(const struct sigv4_request *request, const struct sigv4_options *options)
{
    struct sigv4_result first, again;
    sigv4_result_init(&first);
    sigv4_result_init(&again);
    if (!sigv4_sign_header(request, options, &first, NULL)) {
        FUZZ_HOLDS(is_hex(first.signature) && is_hex(first.payload_hash));
        FUZZ_HOLDS(!sigv4_sign_header(request, options, &again, NULL));
        FUZZ_HOLDS(!strcmp(first.signature, again.signature));
        FUZZ_HOLDS(lines_in(&first.string_to_sign) == 4 && lines_in(&first.canonical_request) >= 6);
        FUZZ_HOLDS(!strpbrk(first.authorization.data, "\r\n"));
    }
    if (!sigv4_sign_query(request, options, &first, NULL)) {
        FUZZ_HOLDS(strstr(first.query.data, "X-Amz-Signature="));
        for (const char *at = first.query.data; *at; at++)
            FUZZ_HOLDS(*at > ' ' && *at < 0x7f && !strchr("#\"<>", *at));
    }
    sigv4_result_release(&first);
    sigv4_result_release(&again);
}

static void encode(const char *text, size_t len)
{
    struct buffer out;
    char *back = malloc(3 * len + 1);
    buffer_init(&out, 3 * len + 1);
    sigv4_encode(&out, text, len, false);
    FUZZ_HOLDS(back && !out.failed);
    FUZZ_HOLDS(s3_key_decode(out.data, out.len, back) == len && !memcmp(back, text, len));
    for (size_t i = 0; i < out.len; i++)
        FUZZ_HOLDS(out.data[i] > ' ' && out.data[i] < 0x7f && !strchr("/?#&=+ ", out.data[i]));
    free(back);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    encode((const char *)data, len);
    char *method = fuzz_piece(&data, &len), *path = fuzz_piece(&data, &len),
         *query = fuzz_piece(&data, &len), *body = fuzz_piece(&data, &len), *texts[HEADERS];
    struct sigv4_header headers[HEADERS + 1] = {{"Host", "example.com"}};
    struct sigv4_request request = {
        method, path, query, headers, 1, body, strlen(body),
    };
    for (size_t i = 0; i < HEADERS; i++) {
        texts[i] = fuzz_piece(&data, &len);
        char *colon = texts[i] + strspn(texts[i], TOKEN);
        if (*colon != ':' || colon == texts[i])
            continue;
        *colon = '\0';
        headers[request.header_count++] = (struct sigv4_header){texts[i], colon + 1};
    }
    struct sigv4_options s3 = plain;
    s3.normalize_path = s3.encode_path_twice = false;
    s3.service = "s3";
    sign(&request, &plain);
    sign(&request, &s3);
    for (size_t i = 0; i < HEADERS; i++)
        free(texts[i]);
    free(method);
    free(path);
    free(query);
    free(body);
    return 0;
}
