/* The command lines that use an upload link, for whoever gets it. Pure. */
#ifndef INTAKE_TUI_CLI_UPLOAD_LINK_LINES_H
#define INTAKE_TUI_CLI_UPLOAD_LINK_LINES_H

#include "core/operate/vendors/upload_link.h"

/* curl's line for a POSIX shell, and PowerShell's; no line end. */
void upload_link_curl(struct buffer *out, const char *file_name, const char *url);
void upload_link_powershell(struct buffer *out, const char *file_name, const char *url);

/* The whole that is shown: key, end, both lines, notes. */
void upload_link_lines(struct buffer *out, const struct upload_link_plan *plan,
                       const struct upload_link *link);

#endif
