#include "core/operate/role.h"

const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_VIEWER:
        return "viewer";
    case ROLE_SUPPORT:
        return "support";
    case ROLE_OPERATOR:
        return "operator";
    case ROLE_OWNER:
        return "owner";
    case ROLE_NONE:
        break;
    }
    return "none";
}
