/*
 * What the error codes of the services mean, in one table. "Sender fault", "client error" and 4xx
 * say who was asked to wait, not whether waiting helps: throttling, a key that is disabled and a
 * right that is missing come as such. Only what is said of the very thing that was sent is final.
 * Sources: "Common errors" and "Errors" in the API references of SQS, SNS, DynamoDB, Lambda, S3 and
 * Secrets Manager; AWS SDKs and Tools Reference Guide, "Retry behavior".
 */
#ifndef AWS_SERVICE_CODE_H
#define AWS_SERVICE_CODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/* By itself or, where the code is not known, by the HTTP status (0: none). */
enum error_code service_code_classify(const char *service_code, int status);

bool service_code_is_throttling(const char *service_code);

/* The message, item or receipt that was sent alone will never be taken. */
bool service_code_is_final(const char *service_code);

/* A 5xx with this code was answered before any work was done. */
bool service_code_is_refusal(const char *service_code);

/* What to do, NULL: nothing to say. Static text. */
const char *service_code_remedy(const char *service_code);

/* "com.amazonaws.x#Name:http://..." is "Name". */
void service_code_copy(char *out, size_t size, const char *text);

#endif
