#include "aws/query_protocol.h"

#include <openssl/crypto.h>

#include "aws/sigv4.h"

void aws_query_begin(struct buffer *body, enum aws_service service, const char *action)
{
    buffer_clear(body);
    buffer_format(body, "Action=%s&Version=%s", action, aws_service_row(service)->query_version);
}

void aws_query_add(struct buffer *body, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_format(body, "&%s=", name);
    sigv4_encode(body, value, strlen(value), false);
}

void aws_query_add_integer(struct buffer *body, const char *name, int64_t value)
{
    buffer_format(body, "&%s=%lld", name, (long long)value);
}

enum error_code aws_query_call(struct aws_client *client, const struct aws_request *request,
                               const struct buffer *body, struct xml_document *document,
                               struct error *error)
{
    struct aws_response response;
    struct aws_request whole = *request;
    if (document)
        *document = (struct xml_document){.arena = ARENA_INIT};
    enum error_code code = buffer_check(body, error);
    if (code)
        return code;
    whole.body = body->data;
    whole.body_length = body->len;
    aws_response_init(&response);
    code = aws_call(client, &whole, &response, NULL, error);
    if (!code && document) {
        code = xml_parse(document, response.body.data, response.body.len, error);
        if (code)
            code =
                error_wrap(error, "%s %s", aws_service_name(request->service), request->operation);
    }
    if (response.body.len > 0)
        OPENSSL_cleanse(response.body.data, response.body.len);
    aws_response_release(&response);
    return code;
}

enum error_code aws_query_pages(struct aws_client *client, enum aws_service service,
                                const char *operation, struct buffer *body, aws_query_page_fn *page,
                                void *context, struct error *error)
{
    const struct aws_request request = {.service = service, .operation = operation};
    const size_t parameters = body->len;
    char name[64];
    bool more = true;
    enum error_code code = ERROR_NONE;
    snprintf(name, sizeof name, "%sResult", operation);
    while (more && !code) {
        struct xml_document document;
        code = aws_query_call(client, &request, body, &document, error);
        const struct xml_node *result = xml_find(document.root, name);
        const char *token = xml_text(result, "NextToken");
        more = !code && page(context, result) && *token;
        buffer_cut(body, parameters);
        aws_query_add(body, "NextToken", token);
        xml_release(&document);
    }
    return code;
}
