#include "core/history/handover.h"

enum error_code handover_read(struct db *db, int64_t since_ms, size_t open_most, size_t done_most,
                              struct handover *handover, struct error *error)
{
    const struct audit_filter filter = {.since_ms = since_ms, .until_ms = HISTORY_NEVER};
    *handover = (struct handover){.open = {.count = 0}};
    enum error_code code = open_uploads_list(db, since_ms, open_most, &handover->open, error);
    if (!code)
        code = acknowledgements_list(db, open_most, &handover->acknowledged, error);
    return code ? code
                : audit_entries_list(db, &filter, page_first(), done_most, &handover->done, error);
}

void handover_release(struct handover *handover)
{
    open_list_release(&handover->open);
    acknowledgement_list_release(&handover->acknowledged);
    audit_list_release(&handover->done);
}
