#include "tui/cli/upload_link_lines.h"

#include "core/base/time_text.h"
#include "tui/cli/shell_line.h"

void upload_link_curl(struct buffer *out, const char *file_name, const char *url)
{
    buffer_text(out, "curl --fail-with-body -X PUT -H 'Content-Type: " UPLOAD_LINK_CONTENT_TYPE
                     "' --upload-file ");
    shell_quote(out, file_name);
    buffer_char(out, ' ');
    shell_quote(out, url);
}

/* In single quotes nothing means anything but the quote, which is doubled (about_Quoting_Rules). */
static void powershell_quote(struct buffer *out, const char *text)
{
    buffer_char(out, '\'');
    for (; *text; text++) {
        buffer_char(out, *text);
        if (*text == '\'')
            buffer_char(out, '\'');
    }
    buffer_char(out, '\'');
}

void upload_link_powershell(struct buffer *out, const char *file_name, const char *url)
{
    buffer_text(out, "Invoke-WebRequest -Method Put -ContentType '" UPLOAD_LINK_CONTENT_TYPE
                     "' -InFile ");
    powershell_quote(out, file_name);
    buffer_text(out, " -Uri ");
    powershell_quote(out, url);
}

void upload_link_lines(struct buffer *out, const struct upload_link_plan *plan,
                       const struct upload_link *link)
{
    char when[TIME_TEXT_SIZE];
    time_text_iso8601(link->expires_at_ms, when);
    plan_append_visible(out, plan->key);
    buffer_format(out,
                  "\n"
                  "expires at %s%s\n"
                  "\n"
                  "curl:\n"
                  "  ",
                  when, link->shortened ? ", when the credentials that signed it expire" : "");
    upload_link_curl(out, plan->file_name, link->url.data);
    buffer_text(out, "\n\nPowerShell:\n  ");
    upload_link_powershell(out, plan->file_name, link->url.data);
    buffer_text(out, "\n\n");
    plan_notes_text(&plan->notes, out);
}
