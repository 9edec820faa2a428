#include "core/pipeline/settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

struct setting_row {
    const char *key;
    const char *variable;
    const char *output;
    const char *otherwise;
    const char *help;
};

static const struct setting_row rows[SETTING_COUNT] = {
    [SETTING_REGION] = {"region", "AWS_REGION", NULL, NULL, "AWS region"},
    [SETTING_BUCKET] = {"bucket", "S3_BUCKET_NAME", "BucketName", NULL,
                        "S3 bucket of uploads and reports; default "
                        "ecommerce-product-uploads-ACCOUNT"},
    [SETTING_TABLE] = {"table", "DYNAMODB_TABLE", "TableName", "UploadRecords", "DynamoDB table"},
    [SETTING_SECRET] = {"secret", "RDS_SECRET_NAME", "SecretName", "ecommerce/rds/credentials",
                        "secret with the database's credentials"},
    [SETTING_ERROR_QUEUE_URL] = {"error_queue_url", "SQS_ERROR_QUEUE_URL", "ErrorQueueUrl", NULL,
                                 "URL of the error queue; default by the name "
                                 "product-validation-errors"},
    [SETTING_ERROR_DEAD_QUEUE] = {"error_dead_letter_queue", "INTAKE_ERROR_DLQ",
                                  "ErrorDeadLetterQueueUrl", "product-validation-errors-dlq",
                                  "dead letters of the error queue, a name or URL"},
    [SETTING_PARSER_DEAD_QUEUE] = {"parser_dead_letter_queue", "INTAKE_PARSER_DLQ",
                                   "ParserDeadLetterQueueUrl", "csv-parser-dlq",
                                   "dead letters of csv-parser, a name or URL"},
    [SETTING_VALIDATOR_DEAD_QUEUE] = {"validator_dead_letter_queue", "INTAKE_VALIDATOR_DLQ",
                                      "ValidatorDeadLetterQueueUrl", "product-validator-dlq",
                                      "dead letters of product-validator, a name or URL"},
    [SETTING_TOPIC_ARN] = {"topic_arn", "SNS_TOPIC_ARN", "TopicArn", NULL,
                           "topic of the vendors' notices; default by the name "
                           "product-upload-notifications"},
    [SETTING_ALARM_TOPIC_ARN] = {"alarm_topic_arn", "SNS_ALARM_TOPIC_ARN", "AlarmTopicArn", NULL,
                                 "topic of the operators' alarms; default by the name "
                                 "product-upload-alarms"},
    [SETTING_PARSER_FUNCTION] = {"parser_function", "INTAKE_PARSER_FUNCTION", "ParserFunctionName",
                                 "csv-parser", "function that parses uploads"},
    [SETTING_VALIDATOR_FUNCTION] = {"validator_function", "INTAKE_VALIDATOR_FUNCTION",
                                    "ValidatorFunctionName", "product-validator",
                                    "function that validates records"},
    [SETTING_ERROR_FUNCTION] = {"error_function", "INTAKE_ERROR_FUNCTION", "ErrorFunctionName",
                                "error-processor", "function that writes reports and notices"},
    [SETTING_DATABASE_HOST] = {"database_host", "INTAKE_DATABASE_HOST", "DatabaseEndpoint", NULL,
                               "database server"},
    [SETTING_DATABASE_STORAGE] = {"database_storage", "INTAKE_DATABASE_STORAGE",
                                  "DatabaseStorageMost", NULL,
                                  "GiB that the storage of the database may grow to"},
    [SETTING_TUNNEL_INSTANCE] = {"tunnel_instance", "INTAKE_TUNNEL_INSTANCE", "OperatorInstanceId",
                                 NULL, "instance for tunnel = ssm"},
    [SETTING_MIGRATE_FUNCTION] = {"migrate_function", "INTAKE_MIGRATE_FUNCTION",
                                  "MigrateFunctionName", "intake-migrate",
                                  "function that migrates the database from inside the account"},
    [SETTING_OWNER_SECRET] = {NULL, "RDS_OWNER_SECRET", NULL, NULL,
                              "secret with the login of the database's owner"},
    [SETTING_METRICS_NAMESPACE] = {NULL, "METRICS_NAMESPACE", NULL, NULL,
                                   "namespace of the functions' metrics"},
    [SETTING_DATABASE_URL] = {"database_url", "INTAKE_DATABASE_URL", NULL, NULL,
                              "database, a libpq URI without a password"},
    [SETTING_ADMIN_DATABASE_URL] = {NULL, "INTAKE_ADMIN_DATABASE_URL", NULL, NULL,
                                    "database as its owner, for migrations"},
    [SETTING_LOG_LEVEL] = {NULL, "LOG_LEVEL", NULL, "INFO", "DEBUG, INFO, WARN or ERROR"},
};

enum error_code settings_init(struct settings *settings, struct error *error)
{
    memset(settings, 0, sizeof *settings);
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *otherwise = rows[i].otherwise;
        if (!otherwise)
            continue;
        enum error_code code = settings_put(settings, i, otherwise, SETTING_FROM_DEFAULT, error);
        if (code)
            return code;
    }
    return ERROR_NONE;
}

void settings_release(struct settings *settings)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        free(settings->values[i]);
        settings->values[i] = NULL;
        settings->sources[i] = SETTING_FROM_NOWHERE;
    }
}

enum error_code settings_read_environment(struct settings *settings, struct error *error)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *value = getenv(rows[i].variable);
        if ((!value || value[0] == '\0') && i == SETTING_REGION)
            value = getenv("AWS_DEFAULT_REGION");
        if (!value || value[0] == '\0')
            continue;
        enum error_code code = settings_put(settings, i, value, SETTING_FROM_ENVIRONMENT, error);
        if (code)
            return code;
    }
    return ERROR_NONE;
}

enum error_code settings_put(struct settings *settings, enum setting setting, const char *value,
                             enum setting_source source, struct error *error)
{
    if (source < settings->sources[setting])
        return ERROR_NONE;
    char *copy = memory_copy_text(value, strlen(value));
    if (!copy)
        return error_set(error, ERROR_MEMORY, "out of memory for a setting");
    free(settings->values[setting]);
    settings->values[setting] = copy;
    settings->sources[setting] = source;
    return ERROR_NONE;
}

enum error_code settings_drop(struct settings *settings, enum setting setting, struct error *error)
{
    const char *otherwise = rows[setting].otherwise;
    free(settings->values[setting]);
    settings->values[setting] = NULL;
    settings->sources[setting] = SETTING_FROM_NOWHERE;
    return otherwise ? settings_put(settings, setting, otherwise, SETTING_FROM_DEFAULT, error)
                     : ERROR_NONE;
}

const char *settings_get(const struct settings *settings, enum setting setting)
{
    return settings->values[setting];
}

enum error_code settings_require(const struct settings *settings, enum setting setting,
                                 const char **value, struct error *error)
{
    *value = settings->values[setting];
    if (*value)
        return ERROR_NONE;
    return error_set(error, ERROR_CONFIG, "%s is not set (%s)", rows[setting].variable,
                     rows[setting].help);
}

const char *setting_key(enum setting setting)
{
    return rows[setting].key;
}

const char *setting_variable(enum setting setting)
{
    return rows[setting].variable;
}

const char *setting_output(enum setting setting)
{
    return rows[setting].output;
}

const char *setting_default(enum setting setting)
{
    return rows[setting].otherwise;
}

const char *setting_help(enum setting setting)
{
    return rows[setting].help;
}

enum setting setting_find_key(const char *key)
{
    int i = 0;
    while (i < SETTING_COUNT && (!rows[i].key || strcmp(rows[i].key, key) != 0))
        i++;
    return i;
}

enum setting setting_find_output(const char *output)
{
    int i = 0;
    while (i < SETTING_COUNT && (!rows[i].output || strcmp(rows[i].output, output) != 0))
        i++;
    return i;
}
