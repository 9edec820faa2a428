#include "tui/commands/table.h"

#include "tui/cli/command.h"

/* The order of `intake --help`. */
const struct command *const command_table[] = {
    &command_check,
    &command_submit,
    &command_guide,
    &command_template,
    &command_uploads,
    &command_upload,
    &command_errors,
    &command_report,
    &command_dlq_list,
    &command_dlq_peek,
    &command_dlq_replay,
    &command_dlq_discard,
    &command_revalidate,
    &command_notify,
    &command_vendors,
    &command_vendors_add,
    &command_vendors_edit,
    &command_vendors_subscribe,
    &command_vendors_suspend,
    &command_vendors_activate,
    &command_vendors_upload_link,
    &command_categories,
    &command_categories_add,
    &command_categories_deactivate,
    &command_categories_activate,
    &command_logs,
    &command_audit,
    &command_doctor,
    &command_migrate,
    &command_help,
    NULL,
};
