/* The answer of a function behind an event source mapping with ReportBatchItemFailures.
   Source: AWS Lambda Developer Guide, "Reporting batch item failures". */
#ifndef INTAKE_LAMBDA_BATCH_H
#define INTAKE_LAMBDA_BATCH_H

#include "core/base/buffer.h"

/*
 * begin, one failure for each item that is to come again (a sequence number of a stream, a message
 * id of a queue), end. None means that the whole batch is done.
 */
void batch_begin(struct buffer *response);
void batch_failure(struct buffer *response, const char *item_identifier);
void batch_end(struct buffer *response);

#endif
