/*
 * Calls intake-migrate in the account: for a database that only the account's own network reaches.
 */
#ifndef INTAKE_CORE_OPERATE_OWNER_CALL_H
#define INTAKE_CORE_OPERATE_OWNER_CALL_H

#include <stdint.h>

#include "aws/client.h"
#include "core/base/error.h"
#include "core/operate/owner/order.h"

struct json_object;

struct owner_answer {
    int64_t version; /* the database's */
    int64_t known;   /* the function's newest */
    int64_t applied; /* by this call; of a status: in the database */
    int64_t pending;
    struct json_object *document; /* the whole answer; its "logins" and "notes" */
};

/*
 * Waits for the answer; `answer` is released in any case. What the function failed with is the
 * error, with its code and its words. The call is sent once: where no answer comes
 * (possibly_done), asking for the status says what became of it.
 */
MUST_CHECK enum error_code owner_call(struct aws_client *client, const char *function,
                                      const struct owner_order *order, struct owner_answer *answer,
                                      struct error *error);
void owner_answer_release(struct owner_answer *answer);

/* The error of a function's own document {"errorMessage","errorType"} (ERROR_SERVICE where it is
 * none of ours). Always fails. */
MUST_CHECK enum error_code owner_call_failure(const char *function, const char *text, size_t len,
                                              struct error *error);

#endif
