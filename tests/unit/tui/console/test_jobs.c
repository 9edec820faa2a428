/* Work off the screen's thread: deadlines, what comes back late, parts of a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/world.h"
#include "tui/console/jobs.h"
#include "tui/session/session.h"

#define HANGS_LIMIT_S 30 /* a deadlock ends the program */

struct thing {
    struct jobs *jobs;
    atomic_int go_on; /* the job waits for it */
    int told, released;
    enum error_code code;
    struct thing *starts; /* what its release starts */
};

static enum error_code run(struct job_context *context, void *data, struct error *error)
{
    struct thing *thing = data;

    (void)context;
    (void)error;
    while (atomic_load(&thing->go_on) == 0)
        world_sleep_ms(&world_real, 1);
    return ERROR_NONE;
}

static void done(void *owner, void *data, const struct error *error)
{
    struct thing *thing = owner;

    (void)data;
    thing->told++;
    thing->code = error->code;
}

static void *find(void *context, uint64_t owner)
{
    (void)owner;
    return context;
}

static void start(struct thing *thing, int64_t timeout_ms);

static void release(void *data)
{
    struct thing *thing = data;

    thing->released++;
    if (thing->starts != NULL)
        start(thing->starts, 10000);
}

static void start(struct thing *thing, int64_t timeout_ms)
{
    struct job_spec spec = {.title = "a thing",
                            .lane = JOB_ACTION,
                            .timeout_ms = timeout_ms,
                            .owner = 7,
                            .run = run,
                            .done = done,
                            .release = release,
                            .data = thing};

    jobs_start(thing->jobs, &spec);
}

static void collect_until(struct thing *thing, const int *count, int wanted)
{
    while (*count < wanted) {
        jobs_collect(thing->jobs, find, thing);
        world_sleep_ms(&world_real, 1);
    }
}

static struct jobs *jobs_open(int pipes[2])
{
    static const struct session_options options = {.environment = NULL};

    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    alarm(HANGS_LIMIT_S);
    assert_int_equal(pipe(pipes), 0);
    return jobs_new(&options, pipes[1]);
}

static void a_job_is_told_and_released_once(void **state)
{
    int pipes[2];
    struct thing thing = {.jobs = jobs_open(pipes), .go_on = 1};

    (void)state;
    start(&thing, 10000);
    collect_until(&thing, &thing.released, 1);
    assert_int_equal(thing.told, 1);
    assert_int_equal(thing.code, ERROR_NONE);
    assert_true(jobs_free(thing.jobs, 1000));
    assert_int_equal(thing.released, 1);
}

static void what_comes_back_late_may_start_another(void **state)
{
    int pipes[2];
    struct jobs *jobs = jobs_open(pipes);
    struct thing second = {.jobs = jobs, .go_on = 1};
    struct thing first = {.jobs = jobs, .starts = &second};

    (void)state;
    start(&first, 5);
    collect_until(&first, &first.told, 1);
    assert_int_equal(first.code, ERROR_TIMEOUT);
    assert_int_equal(first.released, 0);
    atomic_store(&first.go_on, 1);
    collect_until(&first, &first.released, 1);
    collect_until(&second, &second.released, 1);
    assert_int_equal(second.code, ERROR_NONE);
    assert_true(jobs_free(jobs, 1000));
}

static void a_part_counts_as_its_share_of_the_whole(void **state)
{
    atomic_llong at = 0;
    atomic_llong of = 0;
    struct job_context context = {.progress_done = &at, .progress_total = &of};

    (void)state;
    job_progress(&context, 3, 12);
    assert_int_equal(atomic_load(&at), 3);
    assert_int_equal(atomic_load(&of), 12);
    context.progress_before = 100;
    context.progress_share = 40;
    context.progress_whole = 200;
    job_progress(&context, 3, 12);
    assert_int_equal(atomic_load(&at), 110);
    assert_int_equal(atomic_load(&of), 200);
    job_progress(&context, 0, 0);
    assert_int_equal(atomic_load(&at), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_told_and_released_once),
        cmocka_unit_test(what_comes_back_late_may_start_another),
        cmocka_unit_test(a_part_counts_as_its_share_of_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
