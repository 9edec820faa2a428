/* Reads the shared `config` and `credentials` files with inih, for whoever hands it to a client;
 * who does not, links no inih. Source: AWS SDKs and Tools Reference Guide, "Shared config and
 * credentials files". */
#ifndef AWS_PROFILE_FILES_H
#define AWS_PROFILE_FILES_H

#include "aws/profile.h"

/* A profiles_reader: AWS_CONFIG_FILE (else ~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (else
 * ~/.aws/credentials). A file that is not there is empty; a line that cannot be read is
 * ERROR_CONFIG with file and line. */
MUST_CHECK enum error_code profiles_read_files(struct profiles **profiles, struct error *error);

/* Tells inih, once in a process, how it reads: its settings are the process's, and one that changed
 * while another thread parses has it free what it did not allocate. profiles_read_files calls this;
 * who reads other files with inih calls it before. */
void profiles_prepare_parser(void);

#endif
