/* Files that the AWS CLI keeps below ~/.aws, named by a SHA-1. Not for use outside aws/. */
#ifndef AWS_AWS_FILES_H
#define AWS_AWS_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

struct json_object;

/* "~/.aws/FOLDER/SHA1(text).json". ERROR_CONFIG where HOME is not set. */
MUST_CHECK enum error_code aws_file_path(const char *folder, const char *text, char *path,
                                         size_t size, struct error *error);
/* Makes ~/.aws/FOLDER, for its owner alone, where it is missing. */
bool aws_file_folder(const char *folder);

/* Zeroes every text of an object, and of the objects in it, and frees it; NULL is fine. */
void aws_json_wipe(struct json_object *json);

#endif
