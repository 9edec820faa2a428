#include "tui/stores/subscriptions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct subscription_list known;
static struct freshness freshness;
static bool at_once;
static uint64_t job; /* of the screen's thread alone */

static enum error_code ask(struct job_context *context, void *data, struct error *error)
{
    struct subscription_list *list = data;
    struct aws_client *aws = NULL;
    const char *topic = NULL;
    enum error_code code = session_resource(context->session, SETTING_TOPIC_ARN, &topic, error);
    if (!code)
        code = session_aws(context->session, &aws, error);
    if (!code)
        code = subscriptions_read(aws, topic, list, error);
    if (!code && list->count <= POLICIES_MOST)
        code = subscriptions_ask_policies(aws, list, NULL, POLICIES_MOST, error);
    return code;
}

/* Those that show subscriptions show the new ones at once. */
static void tell(struct console *console)
{
    struct screen *screen = console_top(console);
    if (strcmp(screen->ops->name, "vendors") == 0)
        list_reload(screen);
    else if (strcmp(screen->ops->name, "vendor") == 0)
        page_reload(screen);
}

static void answered(void *owner, void *data, const struct error *error)
{
    struct subscription_list *list = data;
    job = 0;
    pthread_mutex_lock(&lock);
    freshness_answered(&freshness, console_now(), error);
    if (!error->code && list) {
        struct subscription_list before = known;
        known = *list;
        *list = before;
    }
    pthread_mutex_unlock(&lock);
    tell(owner);
}

static void forget(void *data)
{
    subscriptions_release(data);
    free(data);
}

int64_t subscriptions_watch(struct console *console, int64_t now_ms)
{
    struct job_spec spec = {.title = "who is subscribed",
                            .lane = JOB_CLOUD,
                            .timeout_ms = WAIT_MS,
                            .owner = CONSOLE_OWNER,
                            .run = ask,
                            .done = answered,
                            .release = forget};
    if (job != 0)
        return LOOK_AGAIN_MS;
    pthread_mutex_lock(&lock);
    int64_t due = at_once ? 0 : freshness_due_in(&freshness, now_ms, EVERY_MS);
    if (due <= 0) {
        at_once = false;
        freshness_asked(&freshness, now_ms);
    }
    pthread_mutex_unlock(&lock);
    if (due > 0)
        return due;
    spec.data = console_allocate(sizeof(struct subscription_list));
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
                 subscription_state_name(subscription_of_vendor(&known, vendor_id, email)));
    pthread_mutex_unlock(&lock);
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
