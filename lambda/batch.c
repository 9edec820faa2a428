#include "lambda/batch.h"

#include "core/base/json.h"

void batch_begin(struct buffer *response)
{
    buffer_text(response, "{\"batchItemFailures\":[");
}

void batch_failure(struct buffer *response, const char *item_identifier)
{
    buffer_text(response, response->data[response->len - 1] == '[' ? "" : ",");
    buffer_text(response, "{\"itemIdentifier\":");
    json_append_text(response, item_identifier);
    buffer_char(response, '}');
}

void batch_end(struct buffer *response)
{
    buffer_text(response, "]}");
}
