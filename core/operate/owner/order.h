/*
 * What the database's owner is asked to do, as one JSON document, and what came of it, as another.
 * intake-migrate is called with the first and answers with the second:
 *
 *   {"action":"status"}
 *   {"action":"migrate","reason":"…","by":"…"}
 *   {"action":"logins","logins":[{"name":"anna","role":"operator"}],"reason":"…","by":"…"}
 *
 *   {"action","version","known","applied","pending","public_may_create",
 *    "logins":[{"name","role","change":"kept|made|changed","iam"}],"notes":[…]}
 *
 * migrate brings the schema up to date and the functions' login in line with their secret; logins
 * does the second alone, and makes, changes or (role "none") takes away the people's. All of one
 * order's people or none of them. status lists every login there is and changes nothing.
 */
#ifndef INTAKE_CORE_OPERATE_OWNER_ORDER_H
#define INTAKE_CORE_OPERATE_OWNER_ORDER_H

#include <stddef.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/pipeline/database_secret.h"
#include "sql/db.h"

struct json_object;

#define OWNER_PEOPLE_MAX 100

enum owner_action { OWNER_STATUS, OWNER_MIGRATE, OWNER_LOGINS };

struct owner_person {
    const char *name;
    const char *role;
};

/* Texts belong to the document, or to whoever filled the order in. */
struct owner_order {
    enum owner_action action;
    struct owner_person people[OWNER_PEOPLE_MAX];
    size_t count;
    const char *reason; /* NULL: none */
    const char *by;     /* who asks, in his own words; NULL: not said */
    struct json_object *document;
};

/* ERROR_INVALID where it is not such a document; an unknown member is named. Release in any
 * case. */
MUST_CHECK enum error_code owner_order_decode(const char *text, size_t len,
                                              struct owner_order *order, struct error *error);
void owner_order_release(struct owner_order *order);

/* The document of an order. */
void owner_order_encode(const struct owner_order *order, struct buffer *out);

/*
 * Does it. `owner` is the owner's connection, `functions` the secret of the functions' login. What
 * was done before a step that fails stays, and the message says where the database stands.
 */
MUST_CHECK enum error_code owner_order_run(const struct owner_order *order, struct db *owner,
                                           const struct database_secret *functions,
                                           struct buffer *answer, struct error *error);

#endif
