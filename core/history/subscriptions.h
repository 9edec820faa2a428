#ifndef INTAKE_CORE_HISTORY_SUBSCRIPTIONS_H
#define INTAKE_CORE_HISTORY_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/client.h"
#include "core/base/error.h"
#include "core/base/memory.h"

/*
 * Who is subscribed to the vendors' topic. SNS keeps one subscription for each e-mail address; its
 * FilterPolicy on vendor_id says whose notices it gets.
 */
struct subscription {
    const char *arn; /* NULL while it is pending */
    const char *protocol;
    const char *endpoint;
    bool pending;
    bool policy_known;         /* its FilterPolicy was asked for */
    const char *filter_policy; /* JSON; "" = none: it gets every vendor's notices */
    const char *filter_scope;  /* "MessageBody", or about the attributes; "" = these too */
};

struct subscription_list {
    struct arena arena;
    struct subscription *rows;
    size_t count, capacity;
};

enum subscription_state { SUBSCRIPTION_NONE, SUBSCRIPTION_PENDING, SUBSCRIPTION_CONFIRMED };

/* "none", "pending", "confirmed" */
const char *subscription_state_name(enum subscription_state state);

/*
 * Every subscription of the topic, by endpoint; policies are not part of the listing. Released by
 * the caller, also after a failure.
 */
MUST_CHECK enum error_code subscriptions_read(struct aws_client *aws, const char *topic_arn,
                                              struct subscription_list *list, struct error *error);
/* Asks for the policies of at most `most` confirmed subscriptions, one call each, several in
 * flight; of one endpoint, or of any where it is NULL. */
MUST_CHECK enum error_code subscriptions_ask_policies(struct aws_client *aws,
                                                      struct subscription_list *list,
                                                      const char *endpoint, size_t most,
                                                      struct error *error);
/*
 * Takes over from an earlier list of the same topic the policies of subscriptions that are in both,
 * all but those of `anew` rows from `turn` on (in a circle), so that a list read again and again
 * asks for few and sees every change in time.
 */
MUST_CHECK enum error_code subscriptions_keep_policies(struct subscription_list *list,
                                                       const struct subscription_list *before,
                                                       size_t turn, size_t anew,
                                                       struct error *error);
void subscriptions_release(struct subscription_list *list);

/* Whether a message with this vendor_id would pass a FilterPolicy ("" passes all). */
bool subscription_policy_matches(const char *filter_policy, const char *vendor_id);

/*
 * The best subscription a vendor has: one of its e-mail address whose policy, where it is known,
 * lets its notices pass, or any other whose policy names it.
 */
enum subscription_state subscription_of_vendor(const struct subscription_list *list,
                                               const char *vendor_id, const char *email);

#endif
