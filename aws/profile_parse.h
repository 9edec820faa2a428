/* The lines of a shared `config` or `credentials` file. Not for use outside aws/.
 *
 * Sections are [default], [profile NAME], [services NAME], [sso-session NAME] in the config file,
 * [NAME] in the credentials file; a name with spaces stands in quotes. Other sections, and names
 * that no SDK allows, are passed over. A value ends before " #" or " ;"; a line that is indented
 * deeper than the property before it continues it, or is a property inside it where that one has no
 * value. Source: AWS SDKs and Tools Reference Guide, "Format of the config and credentials files";
 * the parsers of the SDKs agree on the rest. */
#ifndef AWS_PROFILE_PARSE_H
#define AWS_PROFILE_PARSE_H

#include "aws/profile_internal.h"

/* Appends what the text says. ERROR_CONFIG names `path` and the line. `text` is changed. */
MUST_CHECK enum error_code profile_parse(struct profiles *profiles, const char *path, char *text,
                                         size_t length, bool credentials_file, struct error *error);

#endif
