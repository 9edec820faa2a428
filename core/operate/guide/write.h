/* Text that is not ours in the two forms of what vendors are sent: Markdown (CommonMark) and HTML.
 * For core/operate/guide/. */
#ifndef INTAKE_CORE_OPERATE_GUIDE_WRITE_H
#define INTAKE_CORE_OPERATE_GUIDE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"

void write_html_char(struct buffer *out, char c);
/* Every mark of Markdown, or of HTML, escaped. */
void write_escaped(struct buffer *out, bool html, const char *text, size_t len);
/* Made visible, then escaped. */
void write_data(struct buffer *out, bool html, const char *text);

#endif
