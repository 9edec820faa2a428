#include "aws/service.h"

static const struct aws_service_row rows[AWS_SERVICE_COUNT] = {
    [AWS_S3] = {"S3", "s3", "s3", "S3", "s3", NULL, NULL, NULL, false},
    [AWS_DYNAMODB] = {"DynamoDB", "dynamodb", "dynamodb", "DYNAMODB", "dynamodb",
                      "DynamoDB_20120810", "1.0", NULL, true},
    [AWS_DYNAMODB_STREAMS] = {"DynamoDBStreams", "dynamodb", "streams.dynamodb", "DYNAMODB_STREAMS",
                              "dynamodb_streams", "DynamoDBStreams_20120810", "1.0", NULL, true},
    [AWS_SQS] = {"SQS", "sqs", "sqs", "SQS", "sqs", "AmazonSQS", "1.0", NULL, true},
    [AWS_SNS] = {"SNS", "sns", "sns", "SNS", "sns", NULL, NULL, "2010-03-31", true},
    [AWS_SECRETS_MANAGER] = {"SecretsManager", "secretsmanager", "secretsmanager",
                             "SECRETS_MANAGER", "secrets_manager", "secretsmanager", "1.1", NULL,
                             false},
    [AWS_LOGS] = {"CloudWatchLogs", "logs", "logs", "CLOUDWATCH_LOGS", "cloudwatch_logs",
                  "Logs_20140328", "1.1", NULL, true},
    [AWS_LAMBDA] = {"Lambda", "lambda", "lambda", "LAMBDA", "lambda", NULL, NULL, NULL, false},
    [AWS_STS] = {"STS", "sts", "sts", "STS", "sts", NULL, NULL, "2011-06-15", true},
    [AWS_CLOUDFORMATION] = {"CloudFormation", "cloudformation", "cloudformation", "CLOUDFORMATION",
                            "cloudformation", NULL, NULL, "2010-05-15", true},
    [AWS_CLOUDWATCH] = {"CloudWatch", "monitoring", "monitoring", "CLOUDWATCH", "cloudwatch", NULL,
                        NULL, "2010-08-01", true},
    [AWS_SSO] = {"SSO", "awsssoportal", "portal.sso", "SSO", "sso", NULL, NULL, NULL, true},
    [AWS_SSO_OIDC] = {"SSO OIDC", "sso-oauth", "oidc", "SSO_OIDC", "sso_oidc", NULL, NULL, NULL,
                      true},
};

const struct aws_service_row *aws_service_row(enum aws_service service)
{
    return &rows[(unsigned)service < AWS_SERVICE_COUNT ? service : AWS_S3];
}

const char *aws_service_name(enum aws_service service)
{
    return aws_service_row(service)->name;
}
