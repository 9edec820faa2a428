#include "tui/screens/upload_argument.h"

#include <stdio.h>
#include <string.h>

#define VALUE " value="

void upload_argument_parse(struct upload_argument *argument, const char *text)
{
    size_t length = strcspn(text, " ");
    const char *value = strstr(text, VALUE);
    char narrowed[FILTER_SIZE];
    snprintf(argument->upload_id, sizeof argument->upload_id, "%.*s", (int)length, text);
    snprintf(narrowed, sizeof narrowed, "%.*s",
             (int)(value ? (size_t)(value - text) - length : strlen(text + length)), text + length);
    filter_parse(&argument->narrowed, narrowed, "type field row order");
    argument->value = value ? value + strlen(VALUE) : NULL;
    argument->absent = strcmp(argument->narrowed.search, "absent") == 0;
}
