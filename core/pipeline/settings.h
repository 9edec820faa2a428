#ifndef INTAKE_CORE_PIPELINE_SETTINGS_H
#define INTAKE_CORE_PIPELINE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/*
 * The names of the resources that Intake works with, and where each name came from. One table (in
 * settings.c) holds for every setting its configuration key, its environment variable, the output
 * of the CloudFormation stack and the default of the contract; nothing else lists them.
 */
enum setting {
    SETTING_REGION,
    SETTING_BUCKET,
    SETTING_TABLE,
    SETTING_SECRET,
    SETTING_ERROR_QUEUE_URL,
    SETTING_ERROR_DEAD_QUEUE,
    SETTING_PARSER_DEAD_QUEUE,
    SETTING_VALIDATOR_DEAD_QUEUE,
    SETTING_TOPIC_ARN,
    SETTING_ALARM_TOPIC_ARN,
    SETTING_PARSER_FUNCTION,
    SETTING_VALIDATOR_FUNCTION,
    SETTING_ERROR_FUNCTION,
    SETTING_DATABASE_HOST,
    SETTING_DATABASE_STORAGE,
    SETTING_TUNNEL_INSTANCE,
    SETTING_MIGRATE_FUNCTION,
    SETTING_OWNER_SECRET,
    SETTING_METRICS_NAMESPACE,
    SETTING_DATABASE_URL,
    SETTING_ADMIN_DATABASE_URL,
    SETTING_LOG_LEVEL,
    SETTING_COUNT
};

/* Where a value came from, weakest first: a weaker source never replaces a stronger one. */
enum setting_source {
    SETTING_FROM_NOWHERE,
    SETTING_FROM_DEFAULT,
    SETTING_FROM_FILE_STACK, /* outputs of a stack named in the configuration file */
    SETTING_FROM_FILE,
    SETTING_FROM_ENVIRONMENT,
    SETTING_FROM_NAMED_STACK, /* outputs of the stack that a named environment names */
    SETTING_FROM_NAMED,       /* a named environment's own section of the configuration file */
    SETTING_FROM_STACK,       /* outputs of the stack named by --stack */
    SETTING_FROM_FLAG,
};

struct settings {
    char *values[SETTING_COUNT]; /* NULL where unknown */
    enum setting_source sources[SETTING_COUNT];
};

/* Takes the defaults of the contract. settings_release is due also after a failure. */
MUST_CHECK enum error_code settings_init(struct settings *settings, struct error *error);
void settings_release(struct settings *settings);

/* Copies what the process environment says. An empty variable counts as absent. */
MUST_CHECK enum error_code settings_read_environment(struct settings *settings,
                                                     struct error *error);

/* Back to the contract's default, or to nothing. */
MUST_CHECK enum error_code settings_drop(struct settings *settings, enum setting setting,
                                         struct error *error);

/* Copies `value`, unless a stronger source has spoken already. */
MUST_CHECK enum error_code settings_put(struct settings *settings, enum setting setting,
                                        const char *value, enum setting_source source,
                                        struct error *error);

/* The value, or NULL where nothing is known; owned by `settings`. */
const char *settings_get(const struct settings *settings, enum setting setting);

/* As settings_get, but an unknown one is ERROR_CONFIG with the variable's name in the message. */
MUST_CHECK enum error_code settings_require(const struct settings *settings, enum setting setting,
                                            const char **value, struct error *error);

/* Rows of the table, for messages, manuals and the configuration file. NULL where there is none. */
const char *setting_key(enum setting setting);      /* key of config.ini: "bucket" */
const char *setting_variable(enum setting setting); /* "S3_BUCKET_NAME" */
const char *setting_output(enum setting setting);   /* output of the stack: "BucketName" */
const char *setting_default(enum setting setting);
const char *setting_help(enum setting setting);

/* By key of config.ini or by output of a stack; SETTING_COUNT where there is none such. */
enum setting setting_find_key(const char *key);
enum setting setting_find_output(const char *output);

#endif
