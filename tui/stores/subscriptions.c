#include "tui/stores/subscriptions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/lists.h"
#include "core/history/subscriptions.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/frames/list.h"
#include "tui/frames/page.h"
#include "tui/session/session.h"

#define EVERY_MS 30000
#define WAIT_MS 20000
#define LOOK_AGAIN_MS 1000
#define POLICIES_MOST 50 /* a call each; beyond, an address counts whatever its policy */
#define POLICIES_ANEW 3  /* of those known, asked for again each time */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* What one answer is: who is subscribed, and who should be. */
struct answer {
    struct subscription_list subscriptions;
    struct vendor_list vendors;
    size_t turn;
    bool afresh; /* a policy may have changed: nothing is taken over */
};

static struct answer known;
static struct freshness freshness;
static bool at_once;
static uint64_t job; /* of the screen's thread alone */

static enum error_code keep_known(struct answer *answer, struct error *error)
{
    enum error_code code = ERROR_NONE;
    pthread_mutex_lock(&lock);
    answer->turn = known.turn + POLICIES_ANEW;
    if (!answer->afresh)
        code = subscriptions_keep_policies(&answer->subscriptions, &known.subscriptions, known.turn,
                                           POLICIES_ANEW, error);
    pthread_mutex_unlock(&lock);
    return code;
}

static enum error_code ask(struct job_context *context, void *data, struct error *error)
{
    struct answer *answer = data;
    struct subscription_list *list = &answer->subscriptions;
    struct aws_client *aws = NULL;
    struct db *db = NULL;
    const char *topic = NULL;
    enum error_code code = session_database(context->session, &db, error);
    if (!code) /* first: who should be subscribed is asked of the nearer one */
        code = vendors_addresses(db, &answer->vendors, error);
    if (!code)
        code = session_resource(context->session, SETTING_TOPIC_ARN, &topic, error);
    if (!code)
        code = session_aws(context->session, &aws, error);
    if (!code)
        code = subscriptions_read(aws, topic, list, error);
    if (!code && list->count <= POLICIES_MOST)
        code = keep_known(answer, error);
    if (!code && list->count <= POLICIES_MOST)
        code = subscriptions_ask_policies(aws, list, NULL, POLICIES_MOST, error);
    return code;
}

static bool is_one_of(const char *name)
{
    static const char *const pages[] = {"vendor", "upload", "notices", "attention"};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(pages[i], name) == 0)
            return true;
    }
    return false;
}

/* Those that show subscriptions show the new ones at once. */
static void tell(struct console *console)
{
    struct screen *screen = console_top(console);
    if (strcmp(screen->ops->name, "vendors") == 0)
        list_reload(screen);
    else if (is_one_of(screen->ops->name))
        page_reload(screen);
}

static void answered(void *owner, void *data, const struct error *error)
{
    struct answer *answer = data;
    job = 0;
    pthread_mutex_lock(&lock);
    freshness_answered(&freshness, console_now(), error);
    if (!error->code && answer) {
        struct answer before = known;
        known = *answer;
        *answer = before;
    }
    pthread_mutex_unlock(&lock);
    tell(owner);
}

static void forget(void *data)
{
    struct answer *answer = data;
    subscriptions_release(&answer->subscriptions);
    vendor_list_release(&answer->vendors);
    free(answer);
}

int64_t subscriptions_watch(struct console *console, int64_t now_ms)
{
    struct job_spec spec = {.title = "reading subscriptions",
                            .lane = JOB_CLOUD,
                            .timeout_ms = WAIT_MS,
                            .owner = CONSOLE_OWNER,
                            .run = ask,
                            .done = answered,
                            .release = forget};
    if (job != 0)
        return LOOK_AGAIN_MS;
    struct answer *answer = NULL;
    pthread_mutex_lock(&lock);
    int64_t due = at_once ? 0
                          : freshness_due_in(&freshness, now_ms,
                                             freshness_pace(now_ms, EVERY_MS, 10 * EVERY_MS));
    if (due <= 0) {
        answer = console_allocate(sizeof *answer);
        answer->afresh = at_once;
        at_once = false;
        freshness_asked(&freshness, now_ms);
    }
    pthread_mutex_unlock(&lock);
    if (!answer)
        return due;
    spec.data = answer;
    job = jobs_start(console->jobs, &spec);
    return LOOK_AGAIN_MS;
}

void subscriptions_again(void)
{
    pthread_mutex_lock(&lock);
    at_once = true;
    pthread_mutex_unlock(&lock);
}

void subscriptions_say(const char *vendor_id, const char *email, char out[SUBSCRIPTION_TEXT_SIZE])
{
    pthread_mutex_lock(&lock);
    if (!freshness.loaded)
        snprintf(out, SUBSCRIPTION_TEXT_SIZE, "?");
    else
        snprintf(out, SUBSCRIPTION_TEXT_SIZE, "%s%s", freshness.failed ? "was " : "",
                 subscription_state_name(
                     subscription_of_vendor(&known.subscriptions, vendor_id, email)));
    pthread_mutex_unlock(&lock);
}

static bool is_lost(const struct vendor *vendor)
{
    return subscription_of_vendor(&known.subscriptions, vendor->vendor_id, vendor->email) !=
           SUBSCRIPTION_CONFIRMED;
}

static void say_lost(const struct vendor *vendor, char *out, size_t size)
{
    enum subscription_state state =
        subscription_of_vendor(&known.subscriptions, vendor->vendor_id, vendor->email);
    snprintf(out, size, "%s (%s) receives no e-mail: %s", vendor->vendor_name, vendor->vendor_id,
             state == SUBSCRIPTION_PENDING ? "the subscription is not confirmed"
                                           : "no subscription");
}

bool subscriptions_say_lost(const char *vendor_id, char *out, size_t size)
{
    bool lost = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; freshness.loaded && i < known.vendors.count && !lost; i++) {
        const struct vendor *vendor = &known.vendors.rows[i];
        lost = strcmp(vendor->vendor_id, vendor_id) == 0 && is_lost(vendor);
        if (lost)
            say_lost(vendor, out, size);
    }
    pthread_mutex_unlock(&lock);
    return lost;
}

bool subscriptions_lost_at(size_t index, char vendor_id[64], char *out, size_t size)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; freshness.loaded && i < known.vendors.count && !found; i++) {
        const struct vendor *vendor = &known.vendors.rows[i];
        found = is_lost(vendor) && index-- == 0;
        if (found) {
            snprintf(vendor_id, 64, "%s", vendor->vendor_id);
            say_lost(vendor, out, size);
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void subscriptions_say_when(char *out, size_t size)
{
    char age[128];
    pthread_mutex_lock(&lock);
    freshness_text(&freshness, console_now(), age, sizeof age);
    if (freshness.failed)
        snprintf(out, size, "%s", freshness.message);
    else
        snprintf(out, size, "%s%s", freshness.loaded ? "asked " : "", age);
    pthread_mutex_unlock(&lock);
}
