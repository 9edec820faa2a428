#include "tui/manual/text.h"

#include <ctype.h>

#include "generated/version.h"
#include "tui/cli/output.h"

void man_text(struct output *output, const char *text)
{
    bool line_start = true;
    for (; *text != '\0'; text++) {
        if (text[0] == '\n' && text[1] == '\n') {
            output_format(output, "\n.PP\n");
            line_start = true;
            text++;
            continue;
        }
        if (line_start && (*text == '.' || *text == '\''))
            output_format(output, "\\&");
        if (*text == '\\')
            output_format(output, "\\e");
        else if (*text == '-')
            output_format(output, "\\-");
        else
            output_format(output, "%c", *text);
        line_start = *text == '\n';
    }
}

void man_line(struct output *output, const char *before, const char *text)
{
    output_format(output, "%s", before);
    man_text(output, text);
    output_format(output, "\n");
}

void man_title(struct output *output, const char *name, int section)
{
    char upper[64];
    size_t len = 0;
    for (; name[len] != '\0' && len + 1 < sizeof upper; len++)
        upper[len] = (char)toupper((unsigned char)name[len]);
    upper[len] = '\0';
    output_format(output, ".\\\" Generated from the program's own tables.\n");
    output_format(output, ".TH %s %d \"\" \"intake %s\" \"Intake\"\n", upper, section,
                  INTAKE_VERSION);
}
