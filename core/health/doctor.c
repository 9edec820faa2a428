#include "core/health/doctor.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/base/memory.h"
#include "core/health/doctor_private.h"

const enum setting doctor_functions[DOCTOR_FUNCTIONS] = {
    SETTING_PARSER_FUNCTION, SETTING_VALIDATOR_FUNCTION, SETTING_ERROR_FUNCTION};

static const struct area {
    const char *name;
    void (*visit)(struct doctor_visit *visit);
    bool wants_aws, wants_database;
} areas[] = {
    {"storage", doctor_visit_storage, true, true},
    {"table", doctor_visit_table, true, true},
    {"database", doctor_visit_database, false, true},
    {"uploads", doctor_visit_uploads, false, true},
    {"secret", doctor_visit_secret, true, false},
    {"queues", doctor_visit_queues, true, false},
    {"notices", doctor_visit_notices, true, true},
    {"functions", doctor_visit_functions, true, false},
    {"triggers", doctor_visit_mappings, true, false},
    {"logs", doctor_visit_logs, true, false},
    {"alarms", doctor_visit_alarms, true, false},
};

enum { AREAS = sizeof areas / sizeof *areas };

const char *doctor_status_name(enum doctor_status status)
{
    static const char *const names[] = {"ok", "warn", "fail", "skip"};
    return (unsigned)status < 4 ? names[status] : "fail";
}

void doctor_report_init(struct doctor_report *report)
{
    *report = (struct doctor_report){.checks = NULL};
}

void doctor_report_release(struct doctor_report *report)
{
    free(report->checks);
    doctor_report_init(report);
}

static struct doctor_check *check_new(struct doctor_report *report)
{
    void *list = report->checks;
    enum error_code code =
        memory_reserve(&list, &report->capacity, report->count + 1, sizeof *report->checks, NULL);
    report->checks = list;
    return code ? NULL : &report->checks[report->count++];
}

static bool check_add(struct doctor_report *report, const char *area, const char *name,
                      enum doctor_status status, const char *remedy, const char *format,
                      va_list arguments) PRINTF_LIKE(6, 0);

/* False without memory. */
static bool check_add(struct doctor_report *report, const char *area, const char *name,
                      enum doctor_status status, const char *remedy, const char *format,
                      va_list arguments)
{
    struct doctor_check *check = check_new(report);
    if (!check)
        return false;
    *check = (struct doctor_check){.area = area, .name = name, .status = status};
    vsnprintf(check->detail, sizeof check->detail, format, arguments);
    if (status != DOCTOR_OK && remedy)
        snprintf(check->remedy, sizeof check->remedy, "%s", remedy);
    return true;
}

static void add(struct doctor_visit *visit, const char *name, enum doctor_status status,
                const char *remedy, const char *format, va_list arguments) PRINTF_LIKE(5, 0);

static void add(struct doctor_visit *visit, const char *name, enum doctor_status status,
                const char *remedy, const char *format, va_list arguments)
{
    if (!check_add(&visit->report, visit->area, name, status, remedy, format, arguments))
        visit->out_of_memory = true;
}

void doctor_add(struct doctor_visit *visit, const char *name, enum doctor_status status,
                const char *remedy, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(visit, name, status, remedy, format, arguments);
    va_end(arguments);
}

void doctor_expect(struct doctor_visit *visit, const char *name, bool good,
                   enum doctor_status otherwise, const char *remedy, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(visit, name, good ? DOCTOR_OK : otherwise, remedy, format, arguments);
    va_end(arguments);
}

void doctor_unseen(struct doctor_visit *visit, const char *name, const struct error *error,
                   const char *remedy)
{
    if (error->code == ERROR_DENIED)
        doctor_add(visit, name, DOCTOR_SKIP, "use a role that has this permission",
                   "no permission to check: %s", error->message);
    else if (error->code == ERROR_CANCELLED && cancel_requested(visit->cancel))
        doctor_add(visit, name, DOCTOR_FAIL, remedy, "timed out");
    else
        doctor_add(visit, name, DOCTOR_FAIL, remedy, "%s", error->message);
    if (visit->report.count > 0)
        visit->report.checks[visit->report.count - 1].unseen = error->code;
}

bool doctor_name(struct doctor_visit *visit, const char *check, enum setting setting,
                 const char **value)
{
    struct error error = ERROR_INIT;
    if (!settings_require(visit->settings, setting, value, &error))
        return true;
    doctor_add(visit, check, DOCTOR_FAIL,
               "set it in the environment, in config.ini or with "
               "--stack",
               "%s", error.message);
    return false;
}

struct worker {
    const struct area *area;
    struct doctor_visit visit;
    pthread_t thread;
    bool started;
};

/* Workers yet to end, the bell that each rings, and who may connect to the database just now. */
struct crowd {
    const struct doctor_host *host;
    pthread_mutex_t lock;
    pthread_cond_t bell;
    size_t running;
    pthread_mutex_t opening;
};

struct errand {
    struct worker *worker;
    struct crowd *crowd;
};

static void open_database(struct crowd *crowd, struct doctor_visit *visit)
{
    const struct doctor_host *host = crowd->host;
    pthread_mutex_lock(&crowd->opening);
    if (cancel_requested(host->cancel))
        error_set(&visit->db_error, ERROR_CANCELLED, "cancelled");
    else if (host->open_database(host->context, &visit->db, &visit->db_error))
        visit->db = NULL;
    pthread_mutex_unlock(&crowd->opening);
    if (visit->db)
        db_watch(visit->db, host->cancel);
}

static void *work(void *context)
{
    struct errand *errand = context;
    struct doctor_visit *visit = &errand->worker->visit;
    if (errand->worker->area->wants_database)
        open_database(errand->crowd, visit);
    if (errand->worker->area->wants_aws && !visit->aws)
        doctor_unseen(visit, "AWS client", &visit->aws_error, "intake --help");
    else if (errand->worker->area->wants_database && !errand->worker->area->wants_aws && !visit->db)
        doctor_unseen(visit, "database", &visit->db_error,
                      "set INTAKE_DATABASE_URL, or grant read access to the secret");
    else
        errand->worker->area->visit(visit);
    pthread_mutex_lock(&errand->crowd->lock);
    errand->crowd->running--;
    pthread_cond_signal(&errand->crowd->bell);
    pthread_mutex_unlock(&errand->crowd->lock);
    return NULL;
}

static void open_client(const struct doctor_host *host, struct worker *worker)
{
    struct doctor_visit *visit = &worker->visit;
    *visit = (struct doctor_visit){
        .area = worker->area->name, .settings = host->settings, .cancel = host->cancel};
    if (worker->area->wants_aws && host->open_aws(host->context, &visit->aws, &visit->aws_error))
        visit->aws = NULL;
}

/* Until all are done, or the time is over: then every connection is told to stop. */
static void wait_for_all(const struct doctor_host *host, struct crowd *crowd)
{
    struct timespec until;
    int64_t limit = host->deadline_ms ? host->deadline_ms : DOCTOR_DEADLINE_MS;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(limit / 1000);
    until.tv_nsec += (long)(limit % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&crowd->lock);
    while (crowd->running &&
           pthread_cond_timedwait(&crowd->bell, &crowd->lock, &until) != ETIMEDOUT)
        ;
    if (crowd->running)
        cancel_request(host->cancel);
    pthread_mutex_unlock(&crowd->lock);
}

static enum error_code gather(struct worker *worker, struct doctor_report *report,
                              struct error *error)
{
    for (size_t i = 0; i < worker->visit.report.count; i++) {
        struct doctor_check *check = check_new(report);
        if (!check)
            return error_set(error, ERROR_MEMORY, "out of memory for the doctor's report");
        *check = worker->visit.report.checks[i];
    }
    if (worker->visit.out_of_memory)
        return error_set(error, ERROR_MEMORY, "out of memory for the doctor's report");
    return ERROR_NONE;
}

enum error_code doctor_run(const struct doctor_host *host, struct doctor_report *report,
                           struct error *error)
{
    struct worker workers[AREAS];
    struct errand errands[AREAS];
    struct crowd crowd = {.host = host,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .bell = PTHREAD_COND_INITIALIZER,
                          .running = AREAS,
                          .opening = PTHREAD_MUTEX_INITIALIZER};
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < AREAS; i++) {
        workers[i] = (struct worker){.area = &areas[i]};
        open_client(host, &workers[i]);
    }
    for (size_t i = 0; i < AREAS; i++) {
        errands[i] = (struct errand){&workers[i], &crowd};
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &errands[i]) == 0;
        if (!workers[i].started)
            work(&errands[i]);
    }
    wait_for_all(host, &crowd);
    for (size_t i = 0; i < AREAS; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        if (!code)
            code = gather(&workers[i], report, error);
        doctor_report_release(&workers[i].visit.report);
        aws_client_free(workers[i].visit.aws);
        db_free(workers[i].visit.db);
    }
    pthread_mutex_destroy(&crowd.lock);
    pthread_cond_destroy(&crowd.bell);
    pthread_mutex_destroy(&crowd.opening);
    return code;
}

void doctor_report_add(struct doctor_report *report, const char *area, const char *name,
                       enum doctor_status status, const char *remedy, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)check_add(report, area, name, status, remedy, format, arguments);
    va_end(arguments);
}

enum doctor_status doctor_worst(const struct doctor_report *report)
{
    enum doctor_status worst = DOCTOR_OK;
    for (size_t i = 0; i < report->count; i++) {
        enum doctor_status status = report->checks[i].status;
        if (status == DOCTOR_FAIL || (status == DOCTOR_WARN && worst != DOCTOR_FAIL) ||
            (status == DOCTOR_SKIP && worst == DOCTOR_OK))
            worst = status;
    }
    return worst;
}
