/*
 * The Lambda Runtime API, seen from a custom runtime: ask for the next invocation, answer it, say
 * what went wrong. Plain HTTP to the address in AWS_LAMBDA_RUNTIME_API, one kept connection.
 *
 * Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
 */
#ifndef INTAKE_LAMBDA_RUNTIME_H
#define INTAKE_LAMBDA_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/cancel.h"
#include "core/base/error.h"

/* An event may have 6 MB when the call waits, 1 MB when it does not; a response 6 MB. Whether
   escapes count is not said: a byte of an item becomes up to six in the event. */
#define RUNTIME_EVENT_MAX ((size_t)6 * 6 * 1024 * 1024 + 65536)
#define RUNTIME_RESPONSE_MAX ((size_t)6 * 1024 * 1024)

/* One call of the function. body belongs to the runtime and lives until the call is answered. */
struct invocation {
    char request_id[64];
    char function_arn[256];
    char trace_id[256];
    int64_t deadline_ms; /* milliseconds since the epoch; 0 when Lambda did not say */
    int64_t ends_at_ms;  /* the same by world_monotonic_ms; 0 when not known */
    const char *body;
    size_t len;
};

/*
 * Writes the response document into response and returns ERROR_NONE, or returns an error: then the
 * invocation fails with it and Lambda retries as its trigger says.
 */
typedef enum error_code (*runtime_handler)(void *context, const struct invocation *invocation,
                                           struct buffer *response, struct error *error);

struct runtime {
    void *connection; /* CURL * */
    char base[300];
    struct buffer body;
    struct buffer response;
    const struct cancel *stop;
};

/*
 * api is host:port as in AWS_LAMBDA_RUNTIME_API. Neither secrets nor databases are touched, and no
 * TLS is set up. When stop is requested (NULL: never), the wait for an invocation ends.
 * After an error only runtime_release may be called.
 */
MUST_CHECK enum error_code runtime_init(struct runtime *runtime, const char *api,
                                        const struct cancel *stop, struct error *error);
void runtime_release(struct runtime *runtime);

/*
 * Waits for the next invocation, for as long as it takes. ERROR_CANCELLED after a stop request.
 * ERROR_TOO_LARGE: the event is over RUNTIME_EVENT_MAX, or ERROR_MEMORY: there is no room for it;
 * request_id says whose.
 * Sets _X_AMZN_TRACE_ID in the environment, as the tracing libraries expect.
 */
MUST_CHECK enum error_code runtime_next(struct runtime *runtime, struct invocation *invocation,
                                        struct error *error);

/* Answers an invocation. ERROR_TOO_LARGE where Lambda or RUNTIME_RESPONSE_MAX refuses the size. */
MUST_CHECK enum error_code runtime_respond(struct runtime *runtime, const char *request_id,
                                           const void *body, size_t len, struct error *error);

/* Fails an invocation with the form {"errorMessage","errorType","stackTrace":[]}. */
MUST_CHECK enum error_code runtime_fail(struct runtime *runtime, const char *request_id,
                                        const struct error *failure, struct error *error);

/* Says that the function cannot start at all (init/error). The process exits afterwards. */
MUST_CHECK enum error_code runtime_fail_init(struct runtime *runtime, const struct error *failure,
                                             struct error *error);

/*
 * The loop: next, handler, answer, until a stop request (ERROR_NONE) or until the Runtime API can
 * no longer be used (its error). An invocation under way when the stop comes is finished and
 * answered. After an answer of ERROR_MEMORY it ends too: what failed to start for want of memory
 * may stay lame (without OpenSSL's random numbers nothing connects), and Lambda uses a process that
 * answered again, whatever it answered.
 */
MUST_CHECK enum error_code runtime_serve(struct runtime *runtime, runtime_handler handler,
                                         void *context, struct error *error);

/* The error form alone, as it is posted. errorType is "Intake." and the code's name. */
void runtime_error_document(const struct error *failure, struct buffer *out);
/* The same type, for the header Lambda-Runtime-Function-Error-Type. */
void runtime_error_type(const struct error *failure, char *out, size_t size);

/* When a call that has just come ends by the monotonic clock; 0 where our clock and Lambda's are so
 * far apart that it would have ended already, or last longer than a call can (15 minutes). */
int64_t runtime_ends_at(int64_t deadline_ms, int64_t now_ms, int64_t monotonic_ms);

#endif
