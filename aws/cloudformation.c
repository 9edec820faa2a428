#include "aws/cloudformation.h"

#include "aws/query_protocol.h"

enum error_code cloudformation_describe_outputs(struct aws_client *client, const char *stack,
                                                cloudformation_output_fn *output, void *context,
                                                char status[48], struct error *error)
{
    struct xml_document document;
    struct buffer body;
    struct aws_request request = {.service = AWS_CLOUDFORMATION, .operation = "DescribeStacks"};
    buffer_init(&body, 4096);
    aws_query_begin(&body, AWS_CLOUDFORMATION, request.operation);
    aws_query_add(&body, "StackName", stack);
    enum error_code code = aws_query_call(client, &request, &body, &document, error);
    if (code == ERROR_INVALID && error && strstr(error->message, "does not exist")) {
        error->code = ERROR_NOT_FOUND;
        code = ERROR_NOT_FOUND;
    }
    const struct xml_node *node = xml_find(document.root, "DescribeStacksResult/Stacks/member");
    if (status)
        snprintf(status, 48, "%s", xml_text(node, "StackStatus"));
    node = xml_find(node, "Outputs/member");
    for (bool more = true; node && more; node = xml_next(node))
        more = output(context, xml_text(node, "OutputKey"), xml_text(node, "OutputValue"));
    xml_release(&document);
    buffer_release(&body);
    return code;
}
