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
    if (!code) {
        const struct xml_node *result = xml_find(document.root, "GetCallerIdentityResult");
        snprintf(identity->account, sizeof identity->account, "%s", xml_text(result, "Account"));
        snprintf(identity->arn, sizeof identity->arn, "%s", xml_text(result, "Arn"));
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

enum error_code sts_assume_role(struct aws_client *client, const struct credentials_role *role,
                                struct aws_credentials *out, struct error *error)
{
    bool web = role->web_token != NULL;
    struct xml_document document;
    struct buffer body;
    struct aws_request request = {.service = AWS_STS,
                                  .operation = web ? "AssumeRoleWithWebIdentity" : "AssumeRole",
                                  .unsigned_request = web};
    buffer_init(&body, 1 << 20);
    aws_query_begin(&body, AWS_STS, request.operation);
    aws_query_add(&body, "RoleArn", role->role_arn);
    aws_query_add(&body, "RoleSessionName", role->session_name ? role->session_name : "intake");
    aws_query_add(&body, "ExternalId", web ? NULL : role->external_id);
    aws_query_add(&body, "Policy", role->policy);
    aws_query_add(&body, "WebIdentityToken", role->web_token);
    aws_query_add(&body, "SerialNumber", web ? NULL : role->mfa_serial);
    aws_query_add(&body, "TokenCode", web ? NULL : role->mfa_code);
    if (role->duration_s > 0)
        aws_query_add_integer(&body, "DurationSeconds", role->duration_s);
    enum error_code code = aws_query_call(client, &request, &body, &document, error);
    if (!code)
        code = credentials_read(
            &document, web ? "AssumeRoleWithWebIdentityResult" : "AssumeRoleResult", out, error);
    xml_release(&document);
    credentials_wipe(&body);
    return code;
}

enum error_code sts_credentials_assume(const struct credentials_options *options,
                                       const struct aws_credentials *source,
                                       const struct credentials_role *role,
                                       struct aws_credentials *out, struct error *error)
{
    struct credentials_provider *fixed = NULL;
    struct aws_client *client = NULL;
    enum error_code code = credentials_provider_new_static(
        &fixed, source->access_key_id, source->secret_access_key, source->token, error);
    const struct aws_options wanted = {.region = options->region,
                                       .profile = options->profile,
                                       .profiles = options->profiles,
                                       .world = options->world,
                                       .cancel = options->cancel,
                                       .credentials = fixed,
                                       .transport = options->transport};
    if (!code)
        code = aws_client_new(&client, &wanted, error);
    if (!code)
        code = sts_assume_role(client, role, out, error);
    aws_client_free(client);
    credentials_provider_free(fixed);
    return code;
}
