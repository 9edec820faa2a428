/* The strip above every screen: who am I and where, and what needs me now. */
#ifndef INTAKE_TUI_CONSOLE_HEADER_H
#define INTAKE_TUI_CONSOLE_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/dead_letter.h"
#include "core/history.h"
#include "core/rates.h"
#include "core/role.h"
#include "tui/widgets/draw.h"
#include "tui/widgets/freshness.h"

struct console;

#define HEADER_OWNER 1 /* the owner id of the header's own jobs */

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
    int64_t messages, oldest_age_s; /* -1: not told */
    char error[128];                /* why it could not be read; "" = it was */
};

struct header {
    struct header_facts facts;
    struct upload_counts counts;
    struct upload_rates rates;
    struct header_queue queues[DEAD_LETTER_QUEUES]; /* names are "" before the first answer */
    int64_t dead_letters;                           /* over all queues; -1: unknown */
    struct freshness database, cloud, letters;
    uint64_t database_job, cloud_job, letters_job;
};

void header_init(struct console *console);
/* Starts what is due; ms until it wants to be called again. */
int64_t header_tick(struct console *console, int64_t now_ms);
/* Returns how many of the lines it took: one where there is little room, else two. */
int header_draw(const struct console *console, struct area area);
int header_height(int screen_height);

#endif
