/* Files that a person or an earlier run left: config.ini, the console's state, the journal of a
 * replay, discarded messages. At most 1500 bytes. The first byte, '0' to '3', says which. Files:
 * tui/session/config.c tui/session/state.c core/operate/replay/journal.c core/operate/replay/file.c
 * core/operate/dead_letter/decode.c core/record/event_queue.c */
#include "core/operate/replay/journal.h"
#include "core/operate/replay/replay_private.h"
#include "tests/fuzz/fuzz.h"
#include "tui/session/config.h"
#include "tui/session/state.h"

#define ARN "arn:aws:sqs:us-east-1:1:q-dlq"
#define NOW_MS INT64_C(1767323045678)

static void write_file(const char *path, const uint8_t *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    FUZZ_HOLDS(file && fwrite(data, 1, len, file) == len && fclose(file) == 0);
}

static void read_config(const uint8_t *data, size_t len)
{
    struct config *config = NULL;
    struct config_key key;
    struct error error = ERROR_INIT;
    if (config_read(fuzz_file(data, len), &config, &error)) {
        FUZZ_HOLDS(error.message[0] && !config);
        return;
    }
    for (size_t i = 0; config_section(config, i); i++) {
        FUZZ_HOLDS(config_has_section(config, config_section(config, i)));
        for (size_t j = 0; config_key_at(j, &key); j++) {
            const char *value = config_get(config, config_section(config, i), key.name);
            FUZZ_HOLDS(!value || strlen(value) <= len);
            (void)config_is_true(value);
        }
    }
    config_free(config);
}

/* What is kept is read again as it was; what is damaged is put aside. */
static void read_state(const uint8_t *data, size_t len)
{
    char path[512], aside[520];
    struct state first, again;
    snprintf(path, sizeof path, "%s/intake/console.json", fuzz_folder());
    snprintf(aside, sizeof aside, "%s.damaged", path);
    write_file(path, data, len);
    state_load(&first);
    FUZZ_HOLDS(!first.broken || first.trouble[0]);
    first.changed = true;
    FUZZ_HOLDS(!state_save(&first, NULL));
    FUZZ_HOLDS(first.broken == (access(aside, F_OK) == 0));
    state_load(&again);
    FUZZ_HOLDS(!again.broken && again.locked == first.locked);
    FUZZ_HOLDS(again.history_count == first.history_count && again.view_count == first.view_count &&
               again.layout_count == first.layout_count);
    for (size_t i = 0; i < first.history_count; i++)
        FUZZ_HOLDS(!strcmp(first.history[i], again.history[i]));
    for (size_t i = 0; i < first.view_count; i++)
        FUZZ_HOLDS(!strcmp(first.views[i].filter, again.views[i].filter));
    state_release(&first);
    state_release(&again);
    unlink(aside);
}

/* What was sent, or may have been, is so when the next run reads it, and the one behind that. */
static void read_journal(const uint8_t *data, size_t len)
{
    static char path[512];
    struct journal *journal = NULL, *again = NULL;
    struct error error = ERROR_INIT;
    size_t sent, unknown;
    if (!path[0]) {
        FUZZ_HOLDS(!journal_open(ARN, "q-dlq", NOW_MS, &journal, NULL));
        snprintf(path, sizeof path, "%s", journal_path(journal));
        journal_close(journal);
    }
    write_file(path, data, len);
    if (journal_look(ARN, "q-dlq", &sent, &unknown, &error)) {
        FUZZ_HOLDS(strstr(error.message, path));
        FUZZ_HOLDS(journal_open(ARN, "q-dlq", NOW_MS, &journal, NULL) == error.code);
        unlink(path);
        return;
    }
    FUZZ_HOLDS(!journal_open(ARN, "q-dlq", NOW_MS, &journal, NULL));
    size_t count = journal_count(journal);
    journal_note_held(journal, "new", "receipt");
    journal_note(journal, JOURNAL_SENDING, "new");
    FUZZ_HOLDS(!journal_write(journal, false, NULL));
    if (len % 8 == 0)
        FUZZ_HOLDS(!journal_settle(journal, NULL));
    size_t left = journal_count(journal);
    bool *doubt = calloc(left, sizeof *doubt);
    char **ids = calloc(left, sizeof *ids);
    FUZZ_HOLDS(doubt && ids && left >= count && left <= count + 1);
    for (size_t i = 0; i < left; i++) {
        const struct journal_entry *entry = journal_entry(journal, i);
        doubt[i] = entry->state == JOURNAL_SENT || journal_entry_in_doubt(entry);
        ids[i] = fuzz_text(entry->message_id, strlen(entry->message_id));
    }
    journal_close(journal);
    FUZZ_HOLDS(!journal_open(ARN, "q-dlq", NOW_MS, &again, NULL));
    for (size_t i = 0; i < left; i++) {
        const struct journal_entry *entry = journal_find(again, ids[i]);
        FUZZ_HOLDS(!doubt[i] ||
                   (entry && (entry->state == JOURNAL_SENT || journal_entry_in_doubt(entry))));
        free(ids[i]);
    }
    journal_close(again);
    free(doubt);
    free(ids);
    unlink(path);
}

static void read_discarded(const uint8_t *data, size_t len)
{
    struct replay_plan *plan = calloc(1, sizeof *plan);
    struct error error = ERROR_INIT;
    FUZZ_HOLDS(plan);
    dead_letters_init(&plan->letters);
    snprintf(plan->queue.arn, sizeof plan->queue.arn, ARN);
    plan->queue.kind = len % 3 == 0   ? DEAD_LETTER_REDRIVE
                       : len % 3 == 1 ? DEAD_LETTER_FUNCTION
                                      : DEAD_LETTER_STREAM;
    if (replay_file_read(fuzz_file(data, len), plan, &error))
        FUZZ_HOLDS(error.message[0]);
    else
        for (size_t i = 0; i < plan->letters.count; i++) {
            const struct dead_letter *letter = &plan->letters.list[i];
            FUZZ_HOLDS(letter->summary && letter->message_id[0] && letter->body);
            FUZZ_HOLDS(dead_letter_by_id(&plan->letters, letter->message_id) == letter);
        }
    arena_release(&plan->memory);
    dead_letters_release(&plan->letters);
    free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    char path[512];
    if (!len)
        return 0;
    if (!ready) {
        snprintf(path, sizeof path, "%s/intake", fuzz_folder());
        FUZZ_HOLDS(mkdir(path, 0700) == 0 && setenv("XDG_STATE_HOME", fuzz_folder(), 1) == 0);
        ready = true;
    }
    if (data[0] == '0')
        read_config(data + 1, len - 1);
    else if (data[0] == '1')
        read_state(data + 1, len - 1);
    else if (data[0] == '2')
        read_journal(data + 1, len - 1);
    else
        read_discarded(data + 1, len - 1);
    return 0;
}
