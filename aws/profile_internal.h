/* What was read of the profiles. Not for use outside aws/. */
#ifndef AWS_PROFILE_INTERNAL_H
#define AWS_PROFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/profile.h"

enum profile_kind { PROFILE_KIND_PROFILE, PROFILE_KIND_SERVICES };

struct profile_entry {
    enum profile_kind kind;
    char *section;
    char *name; /* of a nested line "service.key" */
    char *value;
};

struct profiles {
    struct profile_entry *list;
    size_t count;
    size_t capacity;
    bool credentials_file; /* the file being read */
    bool failed;
};

#endif
