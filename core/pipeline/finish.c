#include "core/pipeline/finish.h"

#include "core/pipeline/notice.h"
#include "core/pipeline/report.h"
#include "core/record/event_queue.h"

/* tests/model: processor_finish */
enum error_code finish_upload(struct pipeline *pipeline, const char *upload_id,
                              struct finish_outcome *outcome, struct error *error)
{
    struct error local = ERROR_INIT;
    struct report_file files[REPORT_KINDS];
    bool sent = false;
    error = error ? error : &local;
    *outcome = (struct finish_outcome){.result = FINISH_REPEATED};
    snprintf(outcome->upload_id, sizeof outcome->upload_id, "%s", upload_id);
    enum error_code code = report_build(pipeline, upload_id, REPORT_TRUST, files, error);
    if (code == ERROR_CONFLICT && !error->service_code[0] && !error->http_status) {
        outcome->result = FINISH_NOT_YET;
        error_clear(error);
        return ERROR_NONE;
    }
    for (int kind = 0; kind < REPORT_KINDS && !code; kind++)
        outcome->report_written = outcome->report_written || files[kind].written;
    if (!code)
        code = notice_send_completed(pipeline, upload_id, &sent, error);
    if (!code && sent)
        outcome->result = FINISH_NOTIFIED;
    return code;
}

enum error_code finish_message(struct pipeline *pipeline, const char *body, size_t len,
                               struct finish_outcome *outcome, struct error *error)
{
    struct arena memory = ARENA_INIT;
    struct queue_message message = {.message_id = "", .body = body, .body_len = len};
    *outcome = (struct finish_outcome){.result = FINISH_RECORD_ERROR};
    enum error_code code = queue_body_decode(body, len, &message, &memory, error);
    if (code)
        goto done;
    switch (message.kind) {
    case QUEUE_MESSAGE_RECORD_ERROR:
        snprintf(outcome->upload_id, sizeof outcome->upload_id, "%s", message.upload_id);
        break;
    case QUEUE_MESSAGE_UPLOAD_FINISHED:
        code = finish_upload(pipeline, message.upload_id, outcome, error);
        break;
    case QUEUE_MESSAGE_POISON:
        code = error_set(error, ERROR_INVALID, "not an Intake message: %s", message.problem);
        break;
    }
done:
    arena_release(&memory);
    return code;
}
