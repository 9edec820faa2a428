/* What was read of the profiles. Not for use outside aws/. */
#ifndef AWS_PROFILE_INTERNAL_H
#define AWS_PROFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/profile.h"

enum profile_kind {
    PROFILE_KIND_NONE, /* a section that holds nothing for us */
    PROFILE_KIND_PROFILE,
    PROFILE_KIND_BARE_DEFAULT, /* [default] of the config file: [profile default] replaces it */
    PROFILE_KIND_SERVICES,
    PROFILE_KIND_SSO_SESSION
};

struct profile_entry {
    enum profile_kind kind;
    char *section;
    char *name;  /* in lower case, of a nested line "parent.key"; "" for the section's own line */
    char *value; /* a nested or continued one has its lines behind '\n' */
};

/* In the order of their worth: where two have the same name, the later one counts. */
struct profiles {
    struct profile_entry *list;
    size_t count;
    size_t capacity;
};

#endif
