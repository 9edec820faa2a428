/* Reads the shared `config` and `credentials` files, for whoever hands it to a client; who does
 * not, looks at no file. Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials
 * files". */
#ifndef AWS_PROFILE_FILES_H
#define AWS_PROFILE_FILES_H

#include "aws/profile.h"

/* A profiles_reader: AWS_CONFIG_FILE (else ~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (else
 * ~/.aws/credentials). A file that is not there is empty; a line that cannot be read is
 * ERROR_CONFIG with file and line. */
MUST_CHECK enum error_code profiles_read_files(struct profiles **profiles, struct error *error);

#endif
