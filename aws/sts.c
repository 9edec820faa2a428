#include "aws/sts.h"

#include <openssl/crypto.h>

#include "aws/credentials_internal.h"
#include "aws/query_protocol.h"
#include "core/base/time_text.h"

enum error_code sts_get_caller_identity(struct aws_client *client, struct sts_identity *identity,
                                        struct error *error)
{
    struct xml_document document;
    struct buffer body;
    struct aws_request request = {.service = AWS_STS, .operation = "GetCallerIdentity"};
    memset(identity, 0, sizeof *identity);
    buffer_init(&body, 4096);
    aws_query_begin(&body, AWS_STS, request.operation);
    enum error_code code = aws_query_call(client, &request, &body, &document, error);
    if (code == ERROR_NONE) {
        const struct xml_node *result = xml_find(document.root, "GetCallerIdentityResult");
        snprintf(identity->account, sizeof identity->account, "%s", xml_text(result, "Account"));
        snprintf(identity->arn, sizeof identity->arn, "%s", xml_text(result, "Arn"));
        snprintf(identity->user_id, sizeof identity->user_id, "%s", xml_text(result, "UserId"));
    }
    xml_release(&document);
    buffer_release(&body);
    return code;
}

static void text_wipe(const struct xml_node *node, const char *name)
{
    const char *text = xml_text(node, name);
    if (*text != '\0')
        OPENSSL_cleanse((void *)(uintptr_t)text, strlen(text));
}

static enum error_code credentials_read(const struct xml_document *document, const char *result,
                                        struct aws_credentials *out, struct error *error)
{
    const struct xml_node *node = xml_find(xml_find(document->root, result), "Credentials");
    const char *end = xml_text(node, "Expiration");
    int64_t expires_at_ms;
    if (!time_text_parse_iso8601(end, strlen(end), &expires_at_ms))
        expires_at_ms = INT64_MAX;
    enum error_code code =
        credentials_fill(out, xml_text(node, "AccessKeyId"), xml_text(node, "SecretAccessKey"),
                         xml_text(node, "SessionToken"), expires_at_ms, "role", error);
    text_wipe(node, "SecretAccessKey");
    text_wipe(node, "SessionToken");
    return code;
}

enum error_code sts_assume_role(struct aws_client *client, const struct sts_assume *assume,
                                struct aws_credentials *out, struct error *error)
{
    bool web = assume->web_token != NULL;
    struct xml_document document;
    struct buffer body;
    struct aws_request request = {.service = AWS_STS,
                                  .operation = web ? "AssumeRoleWithWebIdentity" : "AssumeRole",
                                  .unsigned_request = web};
    buffer_init(&body, 1 << 20);
    aws_query_begin(&body, AWS_STS, request.operation);
    aws_query_add(&body, "RoleArn", assume->role_arn);
    aws_query_add(&body, "RoleSessionName",
                  assume->session_name != NULL ? assume->session_name : "intake");
    aws_query_add(&body, "ExternalId", web ? NULL : assume->external_id);
    aws_query_add(&body, "Policy", assume->policy);
    aws_query_add(&body, "WebIdentityToken", assume->web_token);
    if (assume->duration_s > 0)
        aws_query_add_integer(&body, "DurationSeconds", assume->duration_s);
    enum error_code code = aws_query_call(client, &request, &body, &document, error);
    if (code == ERROR_NONE)
        code = credentials_read(
            &document, web ? "AssumeRoleWithWebIdentityResult" : "AssumeRoleResult", out, error);
    xml_release(&document);
    credentials_wipe(&body);
    return code;
}
