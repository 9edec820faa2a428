#ifndef INTAKE_CORE_OPERATE_ROLE_H
#define INTAKE_CORE_OPERATE_ROLE_H

/*
 * Who may do what. A role here is a PostgreSQL role of the same power (sql/roles.sql); the
 * database's own grants enforce it, this enum only lets a face say so before it tries. Ordered: a
 * higher one includes the lower ones.
 */
enum role {
    ROLE_NONE,     /* connected as somebody who belongs to none of them, or not connected */
    ROLE_VIEWER,   /* intake_viewer */
    ROLE_SUPPORT,  /* intake_support */
    ROLE_OPERATOR, /* intake_operator */
    ROLE_OWNER,    /* owns the schema: migrations alone want it */
};

/* "none", "viewer", "support", "operator", "owner": never NULL. */
const char *role_name(enum role role);

#endif
