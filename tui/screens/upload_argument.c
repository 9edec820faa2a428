#include "tui/screens/upload_argument.h"

#include <stdio.h>
#include <string.h>

void upload_argument_parse(struct upload_argument *argument, const char *text)
{
    size_t length = strcspn(text, " ");

    snprintf(argument->upload_id, sizeof(argument->upload_id), "%.*s", (int)length, text);
    filter_parse(&argument->narrowed, text + length, "type field row order");
}
