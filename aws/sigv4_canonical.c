#include "aws/sigv4_canonical.h"

#include <openssl/crypto.h>
#include <strings.h>

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void sigv4_encode(struct buffer *out, const char *text, size_t length, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            buffer_char(out, (char)c);
        } else {
            char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
            buffer_append(out, escaped, sizeof escaped);
        }
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static void decode(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            buffer_char(out, (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
            i += 2;
        } else {
            buffer_char(out, text[i]);
        }
    }
}

void sigv4_pairs_add(struct sigv4_pairs *pairs, struct arena *arena, const char *name,
                     const char *value)
{
    if (pairs->count == pairs->capacity) {
        size_t capacity = pairs->capacity ? pairs->capacity * 2 : 16;
        struct sigv4_pair *list = arena_new(arena, capacity, sizeof *list);
        if (!list) {
            pairs->failed = true;
            return;
        }
        if (pairs->count > 0)
            memcpy(list, pairs->list, pairs->count * sizeof *list);
        pairs->list = list;
        pairs->capacity = capacity;
    }
    struct sigv4_pair *pair = &pairs->list[pairs->count];
    pair->name = arena_copy_text(arena, name, strlen(name));
    pair->value = arena_copy_text(arena, value, strlen(value));
    if (!pair->name || !pair->value) {
        pairs->failed = true;
        return;
    }
    pairs->count++;
}

void sigv4_pairs_wipe(struct sigv4_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        OPENSSL_cleanse((void *)(uintptr_t)pairs->list[i].value, strlen(pairs->list[i].value));
}

void sigv4_query_split(struct sigv4_pairs *pairs, struct arena *arena, const char *query)
{
    struct buffer plain, name, value;
    buffer_init(&plain, SIZE_MAX);
    buffer_init(&name, SIZE_MAX);
    buffer_init(&value, SIZE_MAX);
    for (const char *at = query; at && *at != '\0';) {
        size_t length = strcspn(at, "&");
        size_t name_length = strcspn(at, "=&");
        buffer_clear(&name);
        buffer_clear(&value);
        buffer_clear(&plain);
        decode(&plain, at, name_length);
        sigv4_encode(&name, plain.data, plain.len, false);
        buffer_clear(&plain);
        if (name_length < length)
            decode(&plain, at + name_length + 1, length - name_length - 1);
        sigv4_encode(&value, plain.data, plain.len, false);
        if (name.failed || value.failed || plain.failed)
            pairs->failed = true;
        if (length > 0)
            sigv4_pairs_add(pairs, arena, name.data, value.data);
        at += length;
        at += *at == '&';
    }
    buffer_release(&plain);
    buffer_release(&name);
    buffer_release(&value);
}

static bool is_signed_header(const char *name)
{
    static const char *const left_out[] = {
        "authorization",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "user-agent",
        "x-amzn-trace-id",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    };
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (strcasecmp(name, left_out[i]) == 0)
            return false;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void append_folded(struct buffer *out, const char *value)
{
    bool gap = false;
    for (const char *at = value; *at != '\0'; at++) {
        if (is_space(*at)) {
            gap = out->len > 0;
        } else {
            if (gap)
                buffer_char(out, ' ');
            gap = false;
            buffer_char(out, *at);
        }
    }
}

void sigv4_headers_collect(struct sigv4_pairs *pairs, struct arena *arena,
                           const struct sigv4_request *request)
{
    struct buffer name, value;
    buffer_init(&name, SIZE_MAX);
    buffer_init(&value, SIZE_MAX);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sigv4_header *header = &request->headers[i];
        if (!is_signed_header(header->name))
            continue;
        buffer_clear(&name);
        buffer_clear(&value);
        for (const char *at = header->name; *at != '\0'; at++)
            buffer_char(&name, *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at);
        append_folded(&value, header->value);
        if (name.failed || value.failed)
            pairs->failed = true;
        sigv4_pairs_add(pairs, arena, name.data, value.data);
    }
    buffer_release(&name);
    buffer_release(&value);
}

static int query_compare(const void *left, const void *right)
{
    const struct sigv4_pair *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

void sigv4_query_sort(struct sigv4_pairs *pairs)
{
    if (pairs->count > 1)
        qsort(pairs->list, pairs->count, sizeof *pairs->list, query_compare);
}

void sigv4_headers_sort(struct sigv4_pairs *pairs)
{
    for (size_t i = 1; i < pairs->count; i++) {
        struct sigv4_pair moved = pairs->list[i];
        size_t at = i;
        for (; at > 0 && strcmp(pairs->list[at - 1].name, moved.name) > 0; at--)
            pairs->list[at] = pairs->list[at - 1];
        pairs->list[at] = moved;
    }
}

static void append_segment(struct buffer *out, const char *segment, size_t length)
{
    if (length == 0 || (length == 1 && segment[0] == '.'))
        return;
    if (length == 2 && segment[0] == '.' && segment[1] == '.') {
        size_t cut = out->len;
        while (cut > 0 && out->data[cut - 1] != '/')
            cut--;
        buffer_cut(out, cut > 0 ? cut - 1 : 0);
        return;
    }
    buffer_char(out, '/');
    buffer_append(out, segment, length);
}

static void append_normalized(struct buffer *out, const char *path)
{
    size_t total = strlen(path);
    for (const char *at = path; *at != '\0';) {
        size_t length = strcspn(at, "/");
        append_segment(out, at, length);
        at += length;
        at += *at == '/';
    }
    if (out->len == 0 || (total > 0 && path[total - 1] == '/'))
        buffer_char(out, '/');
}

void sigv4_path_append(struct buffer *out, const char *path, bool normalize, bool encode)
{
    struct buffer clean;
    buffer_init(&clean, SIZE_MAX);
    if (normalize)
        append_normalized(&clean, path);
    else
        buffer_text(&clean, *path != '\0' ? path : "/");
    if (encode)
        sigv4_encode(out, clean.data, clean.len, true);
    else
        buffer_append(out, clean.data, clean.len);
    if (clean.failed)
        out->failed = clean.failed;
    buffer_release(&clean);
}

void sigv4_query_append(struct buffer *out, const struct sigv4_pairs *query)
{
    for (size_t i = 0; i < query->count; i++) {
        if (i > 0)
            buffer_char(out, '&');
        buffer_text(out, query->list[i].name);
        buffer_char(out, '=');
        buffer_text(out, query->list[i].value);
    }
}

void sigv4_headers_append(struct buffer *out, struct buffer *names,
                          const struct sigv4_pairs *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const struct sigv4_pair *header = &headers->list[i];
        bool again = i > 0 && strcmp(header->name, headers->list[i - 1].name) == 0;
        if (again) {
            buffer_cut(out, out->len - 1);
            buffer_char(out, ',');
        } else {
            buffer_text(out, header->name);
            buffer_char(out, ':');
            if (names->len > 0)
                buffer_char(names, ';');
            buffer_text(names, header->name);
        }
        buffer_text(out, header->value);
        buffer_char(out, '\n');
    }
}
