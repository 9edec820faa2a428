/* Who gets the notices, as SNS last said: read by a job of its own, so that no list waits for
 * AWS. */
#ifndef INTAKE_TUI_STORES_SUBSCRIPTIONS_H
#define INTAKE_TUI_STORES_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console;

#define SUBSCRIPTION_TEXT_SIZE 32

/* On the screen's thread: asks when it is due, and tells the screen on top when an answer came. The
 * ms until it wants to be called again. */
int64_t subscriptions_watch(struct console *console, int64_t now_ms);
/* On any thread: the next watch asks, however young the last answer is. */
void subscriptions_again(void);
/* On any thread: confirmed, pending or none; "was confirmed" and so on where the newest answer was
 * an error; "?" where nothing is known. */
void subscriptions_say(const char *vendor_id, const char *email, char out[SUBSCRIPTION_TEXT_SIZE]);
/* On any thread: whether an active vendor gets no notices as far as is known, and the sentence that
 * says so with its name. */
bool subscriptions_say_lost(const char *vendor_id, char *out, size_t size);
/* The same of the vendor at that place among all such; false beyond the last. */
bool subscriptions_lost_at(size_t index, char vendor_id[64], char *out, size_t size);
/* When that was, or why it is not known: "asked 3s ago". */
void subscriptions_say_when(char *out, size_t size);

#endif
