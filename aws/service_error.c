#include "aws/client_internal.h"
#include "aws/xml.h"
#include "core/base/json.h"
#include "core/base/text.h"

struct told {
    char code[96];
    char request_id[96];
    char message[512];
};

/* As it can be shown: whole characters, none that a terminal obeys. */
static void told_put(char *out, size_t size, const char *text)
{
    struct buffer shown;
    buffer_init(&shown, 65536);
    text_append_visible(&shown, text, utf8_prefix(text, strlen(text), size));
    size_t len = shown.len < size ? shown.len : size - 1;
    while (len > 0 && len < shown.len && ((unsigned char)shown.data[len] & 0xC0) == 0x80)
        len--;
    memcpy(out, shown.data, len);
    out[len] = '\0';
    buffer_release(&shown);
}

static void told_put_code(struct told *told, const char *text)
{
    char code[sizeof told->code];
    service_code_copy(code, sizeof code, text);
    told_put(told->code, sizeof told->code, code);
}

static void told_from_json(const struct http_exchange *exchange, struct told *told)
{
    struct json_object *json = NULL;
    const struct buffer *body = &exchange->body_in;
    if (json_parse(body->data, body->len, &json, NULL))
        return;
    const char *type = json_text(json, "__type", NULL);
    if (!type)
        type = json_text(json, "code", NULL);
    if (type && told->code[0] == '\0')
        told_put_code(told, type);
    const char *message = json_text(json, "message", NULL);
    if (!message)
        message = json_text(json, "Message", NULL);
    if (message)
        told_put(told->message, sizeof told->message, message);
    json_object_put(json);
}

static void told_from_xml(const struct http_exchange *exchange, struct told *told)
{
    struct xml_document document;
    if (!xml_parse(&document, exchange->body_in.data, exchange->body_in.len, NULL)) {
        const struct xml_node *inner = xml_find(document.root, "Error");
        const struct xml_node *node = inner ? inner : document.root;
        told_put(told->code, sizeof told->code, xml_text(node, "Code"));
        told_put(told->message, sizeof told->message, xml_text(node, "Message"));
        told_put(told->request_id, sizeof told->request_id, xml_text(document.root, "RequestId"));
    }
    xml_release(&document);
}

static void told_read(const struct http_exchange *exchange, struct told *told)
{
    static const char *const id_headers[] = {"x-amzn-requestid", "x-amz-request-id",
                                             "x-amzn-request-id"};
    char type[192], id[sizeof told->request_id];
    memset(told, 0, sizeof *told);
    if (http_exchange_header(exchange, "x-amzn-errortype", type, sizeof type))
        told_put_code(told, type);
    const char *body = exchange->body_in.data;
    body += strspn(body, " \t\r\n");
    if (*body == '{')
        told_from_json(exchange, told);
    else if (*body == '<')
        told_from_xml(exchange, told);
    for (size_t i = 0; i < sizeof id_headers / sizeof id_headers[0]; i++)
        if (told->request_id[0] == '\0' &&
            http_exchange_header(exchange, id_headers[i], id, sizeof id))
            told_put(told->request_id, sizeof told->request_id, id);
    if (told->code[0] == '\0' && exchange->status == 404)
        snprintf(told->code, sizeof told->code, "NotFound");
}

static void where_append(struct buffer *out, const struct aws_request *request)
{
    buffer_format(out, "%s %s", aws_service_name(request->service), request->operation);
    if (!request->bucket)
        return;
    buffer_format(out, " s3://%s", request->bucket);
    if (request->path && *request->path != '\0') {
        buffer_char(out, '/');
        text_append_visible(out, request->path, strlen(request->path));
    }
}

void service_error_read(const struct aws_request *request, const struct http_exchange *exchange,
                        struct error *error)
{
    struct told told;
    struct buffer line;
    buffer_init(&line, 4096);
    told_read(exchange, &told);
    const char *remedy = service_code_remedy(told.code);
    enum error_code code = service_code_classify(told.code, exchange->status);
    where_append(&line, request);
    buffer_text(&line, ": ");
    buffer_text(&line, told.code);
    if (told.message[0] != '\0') {
        buffer_text(&line, told.code[0] != '\0' ? ": " : "");
        buffer_text(&line, told.message);
    }
    buffer_format(&line, " (HTTP %d%s%s)", exchange->status,
                  told.request_id[0] != '\0' ? ", request " : "", told.request_id);
    if (remedy)
        buffer_format(&line, ": %s", remedy);
    error_set(error, code, "%s", line.data);
    error->http_status = exchange->status;
    error->retryable = error->retryable || service_code_is_throttling(told.code);
    error->possibly_done = request->once && exchange->status >= 500 && exchange->status != 503 &&
                           !service_code_is_refusal(told.code);
    snprintf(error->service_code, sizeof error->service_code, "%s", told.code);
    snprintf(error->request_id, sizeof error->request_id, "%s", told.request_id);
    buffer_release(&line);
}

void transport_error_read(struct aws_client *client, const struct aws_request *request,
                          const struct http_exchange *exchange, struct error *error)
{
    struct buffer where;
    const char *endpoint = client->endpoints[request->service];
    buffer_init(&where, 2048);
    where_append(&where, request);
    *error = exchange->error;
    error->possibly_done = exchange->sent;
    error->http_status = exchange->status;
    error_wrap(error, "%.180s at %.64s", where.data, endpoint ? endpoint : "?");
    buffer_release(&where);
}
