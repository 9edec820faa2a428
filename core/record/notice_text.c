#include "core/record/notice_text.h"

#include <stdbool.h>

#include "core/base/text.h"
#include "core/record/rules_text.h"
#include "core/base/time_text.h"

void notice_rate(int64_t part, int64_t total, char out[NOTICE_RATE_SIZE])
{
    int64_t tenths = total > 0 ? (part * 2000 + total) / (2 * total) : 0;
    snprintf(out, NOTICE_RATE_SIZE, "%lld.%lld", (long long)(tenths / 10),
             (long long)(tenths % 10));
}

/* One ASCII character for each of the text's; '?' for what is not printable ASCII. */
static size_t ascii_copy(const char *text, char *out, size_t size)
{
    const char *at = text, *end = text + strlen(text);
    size_t written = 0;
    while (at < end && written + 1 < size) {
        uint32_t code_point;
        if (!utf8_decode(&at, end, &code_point)) {
            code_point = 0;
            at++;
        }
        out[written++] = code_point >= 0x20 && code_point < 0x7F ? (char)code_point : '?';
    }
    out[written] = '\0';
    return written;
}

/* " (10 new, 9,990 unchanged)", so that a file that is now all right does not look like a bad one
 */
static void append_unchanged(struct buffer *out, const struct notice *notice)
{
    if (!notice->unchanged)
        return;
    buffer_text(out, " (");
    text_append_thousands(out, notice->valid);
    buffer_text(out, " new, ");
    text_append_thousands(out, notice->unchanged);
    buffer_text(out, " unchanged)");
}

void notice_subject(const struct notice *notice, char out[NOTICE_SUBJECT_SIZE])
{
    static const char before[] = "Product Upload Complete - ";
    char name[NOTICE_SUBJECT_SIZE], rate[NOTICE_RATE_SIZE];
    struct buffer after;
    buffer_init(&after, NOTICE_SUBJECT_SIZE);
    notice_rate(notice->valid, notice->total, rate);
    buffer_format(&after, " (%s%% Success)", rate);
    append_unchanged(&after, notice);
    size_t room = NOTICE_SUBJECT_MAX - strlen(before) - after.len;
    size_t len = ascii_copy(notice->file_name, name, sizeof name);
    bool cut = len > room;
    int written = snprintf(out, NOTICE_SUBJECT_SIZE, "%s%.*s%s%s", before,
                           (int)(cut ? room - 3 : len), name, cut ? "..." : "", after.data);
    if (written < 0)
        out[0] = '\0';
    buffer_release(&after);
}

static void append_count(struct buffer *out, const char *label, int64_t part, int64_t total)
{
    char rate[NOTICE_RATE_SIZE];
    notice_rate(part, total, rate);
    buffer_format(out, "%s: %lld (%s%%)\n", label, (long long)part, rate);
}

static void append_text(struct buffer *out, const char *label, const char *text)
{
    buffer_format(out, "%s: ", label);
    text_append_visible(out, text, strlen(text));
    buffer_char(out, '\n');
}

/* "line 2: price 12,50 has ...; 9,999 more" */
static void append_type(struct buffer *out, const struct notice_type_count *type)
{
    buffer_format(out, "  %s: %lld\n", type->error_type, (long long)type->records);
    if (!type->message)
        return;
    buffer_text(out, "    ");
    if (type->line_number)
        buffer_format(out, "line %lld: ", (long long)type->line_number);
    text_append_visible(out, type->message, strlen(type->message));
    int64_t more = type->records - type->unchanged - (type->records > type->unchanged);
    if (type->records == type->unchanged) {
        more = type->records - 1;
    } else if (type->unchanged) {
        buffer_text(out, "; ");
        text_append_thousands(out, type->unchanged);
        buffer_text(out, " unchanged");
    }
    if (more) {
        buffer_text(out, "; ");
        text_append_thousands(out, more);
        buffer_text(out, " more");
    }
    buffer_char(out, '\n');
}

/* What had an outcome before an upload was given up keeps it. */
static void append_refusal(struct buffer *out, const struct notice *notice)
{
    bool given_up = notice->valid > 0 || notice->invalid > 0;
    buffer_format(out, "\nThe file could not be %s: %s\n",
                  given_up ? "processed to its end" : "taken", notice->refusal_code);
    if (notice->refusal_message)
        append_text(out, "Reason", notice->refusal_message);
    if (given_up)
        buffer_text(out, "The counts above are of the products that were judged before: the valid "
                         "ones are in the catalogue. Please upload the others again.\n");
    else
        buffer_text(out, "No product was added. Please mend the file and upload it again.\n");
}

static void append_outcome(struct buffer *out, const struct notice *notice)
{
    if (notice->refusal_code)
        append_refusal(out, notice);
    else if (!notice->invalid)
        buffer_text(out, "\nEvery product of the file is in the catalogue.\n");
    if (!notice->type_count)
        return;
    if (notice->common)
        buffer_format(out, "\n%s", notice->common);
    buffer_text(out, "\nInvalid products by error type:\n");
    for (size_t i = 0; i < notice->type_count; i++)
        append_type(out, &notice->types[i]);
}

/* What the vendor would else take to be in the catalogue. */
static void append_warnings(struct buffer *out, const struct notice *notice)
{
    if (notice->ignored_columns) {
        buffer_char(out, '\n');
        append_text(out, "Ignored columns", notice->ignored_columns);
        buffer_text(out,
                    "Nothing of these columns was taken. Rename a column if it was meant to be "
                    "the one that it looks like.\n");
    }
    if (!notice->swallowed)
        return;
    buffer_text(out, "\nWarning: ");
    rules_text_swallowed(out, notice->swallowed, notice->swallowed_line,
                         notice->swallowed_last_line);
    buffer_char(out, '\n');
}

static void append_links(struct buffer *out, const struct notice *notice)
{
    char expires[TIME_TEXT_SIZE];
    if (!notice->report_url)
        return;
    time_text_iso8601(notice->report_expires_at_ms, expires);
    buffer_format(out, "\nError report:\n%s\n", notice->report_url);
    if (notice->rejected_url)
        buffer_format(out,
                      "\nThe rejected products in your own columns, to be mended and uploaded "
                      "again:\n%s\n",
                      notice->rejected_url);
    buffer_format(out, "\nThe link%s until %s.\n", notice->rejected_url ? "s work" : " works",
                  expires);
}

void notice_body_append(struct buffer *out, const struct notice *notice)
{
    append_text(out, "Upload ID", notice->upload_id);
    append_text(out, "File Name", notice->file_name);
    append_text(out, "Status", notice->status);
    buffer_format(out, "\nTotal Products: %lld\n", (long long)notice->total);
    append_count(out, "Valid Products", notice->valid, notice->total);
    append_count(out, "Invalid Products", notice->invalid, notice->total);
    if (notice->unchanged) {
        append_count(out, "Of these Unchanged", notice->unchanged, notice->total);
        buffer_text(out,
                    "Unchanged products are in your catalogue already, the same in every field: "
                    "nothing to do.\n");
    }
    append_outcome(out, notice);
    append_warnings(out, notice);
    append_links(out, notice);
}
