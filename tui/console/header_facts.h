/* What the strip above every screen says: who am I and where, and what needs me now. */
#ifndef INTAKE_TUI_CONSOLE_HEADER_FACTS_H
#define INTAKE_TUI_CONSOLE_HEADER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/history/history.h"
#include "core/history/rates.h"
#include "core/operate/dead_letter/dead_letter.h"
#include "core/operate/role.h"
#include "tui/widgets/freshness.h"

struct header_facts {
    char environment[64], region[32], account[32], arn[256], database_user[64], database_host[128];
    bool production, read_only;
    enum role role;
    bool role_known;
    int64_t credentials_expire_at; /* ms since the epoch, 0: never or unknown */
};

/* A dead-letter queue as it was last asked. */
struct header_queue {
    char name[DEAD_LETTER_NAME_SIZE];
    int64_t messages, held, oldest_age_s; /* -1: not told; messages are with those held */
    char error[128];                      /* why it could not be read; "" = it was */
};

struct header {
    struct header_facts facts;
    struct upload_counts counts;
    struct upload_rates rates;
    struct header_queue queues[DEAD_LETTER_QUEUES]; /* names are "" before the first answer */
    int64_t dead_letters;     /* waiting and held, over all queues; -1: unknown */
    bool dead_letters_partly; /* of some queues alone: others could not be read */
    bool rings;               /* at news of these kinds, by the configuration */
    struct freshness database, cloud, queues_seen;
    uint64_t database_job, cloud_job, queues_job;
};

#endif
