/* One constant for each file of this folder; table.c puts them in order. */
#ifndef INTAKE_TUI_COMMANDS_TABLE_H
#define INTAKE_TUI_COMMANDS_TABLE_H

struct command;

extern const struct command command_ack;
extern const struct command command_assign;
extern const struct command command_audit;
extern const struct command command_categories;
extern const struct command command_categories_activate;
extern const struct command command_categories_add;
extern const struct command command_categories_deactivate;
extern const struct command command_check;
extern const struct command command_dlq_discard;
extern const struct command command_dlq_list;
extern const struct command command_dlq_peek;
extern const struct command command_dlq_replay;
extern const struct command command_doctor;
extern const struct command command_errors;
extern const struct command command_guide;
extern const struct command command_handover;
extern const struct command command_help;
extern const struct command command_logs;
extern const struct command command_migrate;
extern const struct command command_note_add;
extern const struct command command_notify;
extern const struct command command_prune;
extern const struct command command_recount;
extern const struct command command_report;
extern const struct command command_revalidate;
extern const struct command command_search;
extern const struct command command_submit;
extern const struct command command_template;
extern const struct command command_trends;
extern const struct command command_upload;
extern const struct command command_uploads;
extern const struct command command_vendors;
extern const struct command command_vendors_activate;
extern const struct command command_vendors_add;
extern const struct command command_vendors_edit;
extern const struct command command_vendors_scorecard;
extern const struct command command_vendors_subscribe;
extern const struct command command_vendors_suspend;
extern const struct command command_vendors_upload_link;
extern const struct command command_watch;

#endif
